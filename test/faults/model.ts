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
      if (row === "rejected") counts.rejected++;
      else {this.#stand(
          row.username,
          countInto(counts, after(this.students.get(row.username), row, upload)),
        );}
    }
    return { read: roster.rows.length, ...counts };
  }

  #stand(username: string, standing: Standing | undefined): void {
    if (standing) this.students.set(username, standing);
    else this.students.delete(username);
  }

  /** Puts back what an upload changed and nothing changed since; who was ever verified is not deleted. */
  revert(upload: string, wasVerified: (username: string) => boolean): PutBack {
    const counts = { restored: 0, removed: 0, madeInactive: 0 };
    for (const [username, student] of this.students) {
      if (student.by.at(-1)!.upload !== upload) continue;
      this.#stand(username, putBackInto(counts, before(student, wasVerified(username))));
    }
    return counts;
  }

  /**
   * Applies a roster while an upload is put back: each student is met by the one first and then by the
   * other. Who was changed by the roster first is among what could not be put back; of the others, what
   * stands in the end must be what one of the two orders comes to.
   */
  race(
    { roster, upload }: { roster: Roster; upload: string },
    { reverted, since }: { reverted: string; since: ReadonlySet<string> },
    wasVerified: (username: string) => boolean,
    isThere: (username: string, standing: Standing | undefined) => boolean,
  ): { counts: Counts; putBack: PutBack } {
    const counts = { added: 0, updated: 0, unchanged: 0, rejected: 0, returned: 0 };
    const putBack = { restored: 0, removed: 0, madeInactive: 0 };
    const rows = new Map<string, { username: string; student: Partial<Student> }>();
    for (const row of roster.rows) {
      if (row === "rejected") counts.rejected++;
      else rows.set(row.username, row);
    }
    for (const username of new Set([...this.students.keys(), ...rows.keys()])) {
      const stood = this.students.get(username);
      const row = rows.get(username);
      const isPutBack = stood?.by.at(-1)?.upload === reverted;
      const isChanged = row !== undefined && after(stood, row, upload).effect !== "unchanged";
      if (isPutBack && !(since.has(username) && isChanged)) {
        const back = before(stood, wasVerified(username));
        putBackInto(putBack, back);
        const isLast = row === undefined || (!isChanged && isThere(username, back.standing));
        if (row && isLast) counts.unchanged++;
        const first = () => countInto(counts, after(back.standing, row!, upload));
        this.#stand(username, isLast ? back.standing : first());
      } else if (row) {
        this.#stand(username, countInto(counts, after(stood, row, upload)));
      }
    }
    return { counts: { read: roster.rows.length, ...counts }, putBack };
  }
}

interface After {
  standing: Standing;
  effect: "added" | "updated" | "unchanged" | "returned";
  isUpdated: boolean;
}

/** What a row makes of a student. */
function after(
  stood: Standing | undefined,
  { student }: { student: Partial<Student> },
  upload: string,
): After {
  const values = { ...stood?.values, ...student };
  if (!stood) {
    const standing = { values, isInactive: false, by: [{ upload, before: undefined }] };
    return { standing, effect: "added", isUpdated: false };
  }
  const isUpdated = JSON.stringify(sorted(stood.values)) !== JSON.stringify(sorted(values));
  if (!isUpdated && !stood.isInactive) return { standing: stood, effect: "unchanged", isUpdated };
  // Not all of him: what stood before that is in the list.
  const before = { values: stood.values, isInactive: stood.isInactive };
  const by = [...stood.by, { upload, before }];
  const effect = stood.isInactive ? "returned" : "updated";
  return { standing: { values, isInactive: false, by }, effect, isUpdated };
}

/** Students who return are counted beside what their rows count otherwise. */
function countInto(counts: Omit<Counts, "read">, { standing, effect, isUpdated }: After): Standing {
  counts[effect]++;
  if (effect === "returned") counts[isUpdated ? "updated" : "unchanged"]++;
  return standing;
}

/** A student without the upload that changed him last. */
function before(
  student: Standing,
  wasVerified: boolean,
): { standing: Standing | undefined; effect: keyof PutBack | undefined } {
  const last = student.by.at(-1)!;
  if (last.before) {
    const { values, isInactive } = last.before;
    return { standing: { values, isInactive, by: student.by.slice(0, -1) }, effect: "restored" };
  }
  if (!wasVerified) return { standing: undefined, effect: "removed" };
  return {
    standing: { ...student, isInactive: true },
    effect: student.isInactive ? undefined : "madeInactive",
  };
}

function putBackInto(counts: PutBack, back: ReturnType<typeof before>): Standing | undefined {
  if (back.effect) counts[back.effect]++;
  return back.standing;
}

function sorted(student: Partial<Student>) {
  return Object.entries(student).sort();
}
