/** What administrators did. An entry goes into the batch of the change it tells of. */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Client, InStatement } from "@libsql/client";
import { andAll, ofSchools } from "../narrowing.ts";
import type { Page } from "../page.ts";

/** Who changes something, and when (ISO 8601 UTC). */
export interface Author {
  actor: string;
  at: string;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  /** The school's slug, also when it is gone; `null` when none is meant. */
  school: string | null;
  detail: unknown;
}

/** For the batch of a change that is no school's. */
export function auditOfAll(
  by: Author,
  action: string,
  detail: Record<string, unknown>,
): InStatement {
  return {
    sql: "INSERT INTO audit (at, school_id, actor, action, detail) VALUES (?, NULL, ?, ?, ?)",
    args: [by.at, by.actor, action, JSON.stringify(detail)],
  };
}

/** For the batch of a change to the school of `schoolId`. */
export function auditEntry(
  by: Author,
  schoolId: SchoolId,
  action: string,
  detail: Record<string, unknown>,
): InStatement {
  return {
    sql: "INSERT INTO audit (at, school_id, actor, action, detail) VALUES (?, ?, ?, ?, ?)",
    args: [by.at, schoolId, by.actor, action, JSON.stringify(detail)],
  };
}

/** The same, directly after the statement of the change: nothing, if that changed nothing. */
export function auditIfChanged(
  by: Author,
  schoolId: SchoolId,
  action: string,
  detail: Record<string, unknown>,
): InStatement {
  return {
    sql: `INSERT INTO audit (at, school_id, actor, action, detail)
          SELECT ?, ?, ?, ?, ? WHERE changes() > 0`,
    args: [by.at, schoolId, by.actor, action, JSON.stringify(detail)],
  };
}

/** The same, with how many rows were changed as `counted` in its detail. */
export function auditCounted(
  by: Author,
  schoolId: SchoolId,
  action: string,
  { counted, ...detail }: { counted: string } & Record<string, unknown>,
): InStatement {
  return {
    sql: `INSERT INTO audit (at, school_id, actor, action, detail)
          SELECT ?, ?, ?, ?, json_set(?, ?, changes()) WHERE changes() > 0`,
    args: [by.at, schoolId, by.actor, action, JSON.stringify(detail), `$.${counted}`],
  };
}

/** Which entries are wanted; all that are given must hold. */
export interface AuditFilter {
  /** A slug. */
  school?: string | undefined;
  action?: string | undefined;
  actor?: string | undefined;
  /** ISO 8601 UTC to the millisecond: entries of that moment and later. */
  since?: string | undefined;
  /** The same: entries before that moment. */
  until?: string | undefined;
  /** Only of these schools, whatever else is asked for; `undefined`: of all, and of none. */
  only?: readonly SchoolId[] | undefined;
}

/** Newest first; one row more than the page has. */
export async function listAudit(
  database: Client,
  { limit, after }: Page<[id: number]>,
  { school, action, actor, since, until, only }: AuditFilter = {},
): Promise<AuditEntry[]> {
  const named = school === undefined ? undefined : await schoolsNamed(database, school);
  const wanted = andAll([
    ofSchools("a.school_id", named),
    ["a.action = ?", action],
    ["a.actor = ?", actor],
    ["a.at >= ?", since],
    ["a.at < ?", until],
    ofSchools("a.school_id", only),
  ]);
  const { rows } = await database.execute({
    sql: `SELECT a.id, a.at, a.actor, a.action, a.detail,
            coalesce(s.slug, f.slug) AS slug
          FROM audit a LEFT JOIN schools s ON s.id = a.school_id
            LEFT JOIN former_schools f ON f.id = a.school_id
          WHERE a.id < ?${wanted.sql}
          ORDER BY a.id DESC LIMIT ?`,
    args: [after?.[0] ?? Number.MAX_SAFE_INTEGER, ...wanted.args, limit + 1],
  });
  return rows.map((row) => ({
    id: Number(row["id"]),
    at: row["at"] as string,
    actor: row["actor"] as string,
    action: row["action"] as string,
    school: row["slug"] as string | null,
    detail: JSON.parse(row["detail"] as string),
  }));
}

/** The school of a slug, and those that had it and are gone. */
async function schoolsNamed(database: Client, slug: string): Promise<SchoolId[]> {
  const { rows } = await database.execute({
    sql: `SELECT id FROM schools WHERE slug = ?1
          UNION ALL SELECT id FROM former_schools WHERE slug = ?1`,
    args: [slug],
  });
  return rows.map((row) => Number(row["id"]) as SchoolId);
}

/** That an administrator wanted a file removed. */
export interface Asked {
  path: string;
  actor: string;
  at: string;
}

/** Newest first. */
export async function removalsAsked(
  database: Client,
  schoolId: SchoolId,
  paths: readonly string[],
): Promise<Asked[]> {
  if (paths.length === 0) return [];
  const { rows } = await database.execute({
    sql: `SELECT detail ->> '$.path' AS path, actor, at FROM audit
          WHERE school_id = ? AND action = 'file.removal_asked'
            AND detail ->> '$.path' IN (SELECT value FROM json_each(?))
          ORDER BY id DESC`,
    args: [schoolId, JSON.stringify(paths)],
  });
  return rows.map((row) => ({
    path: row["path"] as string,
    actor: row["actor"] as string,
    at: row["at"] as string,
  }));
}

/** What administrators did to an upload, in their order; asked as the index of such entries has it. */
export async function auditOfUpload(
  database: Client,
  schoolId: SchoolId,
  upload: string,
): Promise<AuditEntry[]> {
  const { rows } = await database.execute({
    sql: `SELECT id, at, actor, action, detail FROM audit
          WHERE school_id = ? AND substr(action, 1, 7) = 'upload.'
            AND coalesce(detail ->> '$.upload', detail ->> '$.id') = ? ORDER BY id`,
    args: [schoolId, upload],
  });
  return rows.map((row) => ({
    id: Number(row["id"]),
    at: row["at"] as string,
    actor: row["actor"] as string,
    action: row["action"] as string,
    school: null,
    detail: JSON.parse(row["detail"] as string),
  }));
}
