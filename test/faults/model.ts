/**
 * An independent recount: small rosters made of rows whose fate is known, and what a school's
 * students and a file's counts must be after each of them. It shares no code with the worker.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Random } from "./random.ts";

const header = "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus";

interface Student {
  studentId: string;
  lastName: string;
  firstName: string;
  dob: string;
  onCampus: string;
}

/** A student as he must stand, and what stood before each upload that changed him and still counts. */
export interface Standing {
  values: Partial<Student>;
  isInactive: boolean;
  by: { upload: string; before: Pick<Standing, "values" | "isInactive"> | undefined }[];
}

export interface Roster {
  /** As they are sent. */
  bytes: Buffer;
  sha256: string;
  rows: ({ username: string; student: Partial<Student> } | "rejected")[];
  /** The header and the rejected records. */
  rejected: string;
}

export interface Counts {
  read: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  /** Students who were inactive, however their rows count otherwise. */
  returned: number;
}

const names = ["García", "O'Brien", "Smith, Jr.", 'Lee "LJ"', "李", "Müller\nvon Berg"];

/** A roster of some rows over a small population, so that files overlap. */
export function makeRoster(random: Random, rowCount: number, population: number): Roster {
  const rows: Roster["rows"] = [];
  const lines: string[] = [];
  const rejected: string[] = [];
  // Each Username once: what repeated ones do has its own tests.
  const numbers = [...Array(population).keys()];
  for (let i = 0; i < rowCount; i++) {
    const [number] = numbers.splice(random.below(numbers.length), 1) as [number];
    const end = random.chance(0.5) ? "\r\n" : "\n";
    const username = `s${number}@college.edu`;
    if (random.chance(0.05)) {
      const line = random.pick([
        `${username},,,,,,,,2`,
        `${username},,,,,31/12/2004,,,1`,
        `,,,,,,,,1`,
        `${username},,"unclosed,,,,,,1`,
        `${username},,,,,,,1`,
      ]) + end;
      rows.push("rejected");
      rejected.push(line);
      lines.push(line);
      continue;
    }
    const lastName = random.pick(names);
    const student: Partial<Student> = {
      studentId: `S${number}`,
      ...(random.chance(0.8) ? { lastName: lastName.replace("\n", " ") } : {}),
      ...(random.chance(0.8) ? { firstName: random.pick(["Ana", "Zoë", "Sam"]) } : {}),
      ...(random.chance(0.5) ? { dob: "2004-09-30" } : {}),
      onCampus: random.pick(["0", "1"]),
    };
    const quote = (text: string) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const dob = student.dob ? "09/30/2004" : "";
    lines.push(
      [
        username,
        student.studentId!,
        quote(student.lastName ?? ""),
        student.firstName ?? "",
        "",
        dob,
        "",
        "",
        student.onCampus!,
      ].join(",") + end,
    );
    rows.push({ username, student });
  }
  const bytes = Buffer.from(`${header}\r\n${lines.join("")}`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, sha256, rows, rejected: `${header}\r\n${rejected.join("")}` };
}

/** The same roster as a file of gzip. */
export function packed(roster: Roster): Roster {
  const bytes = gzipSync(roster.bytes);
  return { ...roster, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** What a revert must answer. */
export interface PutBack {
  restored: number;
  removed: number;
  madeInactive: number;
}

/** A school's students as they must be. */
export class Model {
  readonly students = new Map<string, Standing>();

  active(): string[] {
    return [...this.students].flatMap(([name, { isInactive }]) => isInactive ? [] : [name]);
  }

  /** Applies a roster and tells what its report must count. */
  apply(roster: Roster, upload: string): Counts {
    const counts = { added: 0, updated: 0, unchanged: 0, rejected: 0, returned: 0 };
    for (const row of roster.rows) {
      if (row === "rejected") {
        counts.rejected++;
        continue;
      }
      const before = this.students.get(row.username);
      const values = { ...before?.values, ...row.student };
      if (!before) {
        counts.added++;
        const by = [{ upload, before: undefined }];
        this.students.set(row.username, { values, isInactive: false, by });
        continue;
      }
      const isSame = JSON.stringify(sorted(before.values)) === JSON.stringify(sorted(values));
      if (isSame) counts.unchanged++;
      else counts.updated++;
      if (before.isInactive) counts.returned++;
      else if (isSame) continue;
      const by = [...before.by, { upload, before }];
      this.students.set(row.username, { values, isInactive: false, by });
    }
    return { read: roster.rows.length, ...counts };
  }

  /** Puts back what an upload changed and nothing changed since; who was ever verified is not deleted. */
  revert(upload: string, wasVerified: (username: string) => boolean): PutBack {
    const counts = { restored: 0, removed: 0, madeInactive: 0 };
    for (const [username, student] of this.students) {
      const last = student.by.at(-1)!;
      if (last.upload !== upload) continue;
      if (last.before) {
        counts.restored++;
        const { values, isInactive } = last.before;
        this.students.set(username, { values, isInactive, by: student.by.slice(0, -1) });
      } else if (!wasVerified(username)) {
        counts.removed++;
        this.students.delete(username);
      } else {
        if (!student.isInactive) counts.madeInactive++;
        this.students.set(username, { ...student, isInactive: true });
      }
    }
    return counts;
  }
}

function sorted(student: Partial<Student>) {
  return Object.entries(student).sort();
}
