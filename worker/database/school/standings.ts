/**
 * How the students stand of whom rows of an upload are: who has which StudentId and, where a row takes
 * effect, what is stored of its student.
 */
import type { Client } from "@libsql/client";
import type { UploadProgress } from "../../roster/changes.ts";
import type { Student } from "../../roster/student.ts";
import { listOf, namesByKey, studentsByKey, studentsOf, together } from "./student-columns.ts";

type Of = Pick<UploadProgress, "id" | "schoolId">;

/** Against what rows are looked at. In all of it ?1 is the upload, ?2 the school. */
export interface Standings {
  /** An expression: the StudentId of the student with a Username key. */
  studentIdOf(usernameKey: string): string;
  /** A query of who has the StudentIds of the JSON ?3: some columns of theirs. */
  holders(columns: string): string;
  /** Queries of the students with the keys of the JSON ?3, whole and by name. */
  students: string;
  names: string;
}

/** The students themselves. */
export const stored: Standings = {
  studentIdOf: (usernameKey) =>
    `(SELECT student_id FROM students WHERE school_id = ?2 AND username_key = ${usernameKey})`,
  holders: (columns) =>
    `SELECT ${columns} FROM students
      WHERE school_id = ?2 AND student_id IN (SELECT value FROM json_each(?3))`,
  students: studentsByKey,
  names: namesByKey,
};

/** What is stored of the students with these keys. */
export async function loadStudents(
  database: Client,
  { id, schoolId }: Of,
  usernameKeys: Iterable<string>,
  { students }: Standings = stored,
): Promise<Map<string, Student>> {
  const keys = JSON.stringify([...new Set(usernameKeys)]);
  return studentsOf(await database.execute({ sql: students, args: [id, schoolId, keys] }));
}

/** So many are asked for at a time. */
const PAGE = 5_000;

/** The Usernames of students, by their keys. */
export async function loadNames(
  database: Client,
  of: Of,
  usernameKeys: Iterable<string>,
  { names }: Standings,
): Promise<Map<string, string>> {
  return await loadPairs(database, of, names, usernameKeys);
}

/** Who has these StudentIds: Username keys by StudentId. */
export async function loadHolders(
  database: Client,
  of: Of,
  studentIds: Iterable<string>,
  { holders }: Standings,
): Promise<Map<string, string>> {
  const columns = ["student_id", "username_key"];
  const query = together(columns, holders(columns.join(", ")));
  return await loadPairs(database, of, query, studentIds);
}

async function loadPairs(
  database: Client,
  { id, schoolId }: Of,
  sql: string,
  texts: Iterable<string>,
): Promise<Map<string, string>> {
  const all = [...texts];
  const found = new Map<string, string>();
  for (let at = 0; at < all.length; at += PAGE) {
    const some = JSON.stringify(all.slice(at, at + PAGE));
    const pairs = await database.execute({ sql, args: [id, schoolId, some] });
    for (const [key, value] of listOf(pairs) as [string, string][]) found.set(key, value);
  }
  return found;
}
