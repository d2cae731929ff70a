/**
 * An independent recount: small rosters made of rows whose fate is known, and what a school's
 * students and a file's counts must be after each of them. It shares no code with the worker.
 */
import { createHash } from "node:crypto";
import type { Random } from "./random.ts";

const header = "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus";

interface Student {
  studentId: string;
  lastName: string;
  firstName: string;
  dob: string;
  onCampus: string;
}

export interface Roster {
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

/** A school's students as they must be. */
export class Model {
  readonly students = new Map<string, Partial<Student>>();

  /** Applies a roster and tells what its report must count. */
  apply(roster: Roster): Counts {
    const counts = { read: roster.rows.length, added: 0, updated: 0, unchanged: 0, rejected: 0 };
    for (const row of roster.rows) {
      if (row === "rejected") {
        counts.rejected++;
        continue;
      }
      const before = this.students.get(row.username);
      const after = { ...before, ...row.student };
      const isSame = before && JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
      if (!before) counts.added++;
      else if (isSame) counts.unchanged++;
      else counts.updated++;
      this.students.set(row.username, after);
    }
    return counts;
  }
}

function sorted(student: Partial<Student>) {
  return Object.entries(student).sort();
}
