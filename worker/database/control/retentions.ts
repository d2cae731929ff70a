/**
 * For how many days a school keeps what is done with, where its administrator asked for an end of it, in
 * words. A school without a row keeps everything.
 */
import type { Client, InStatement, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { auditEntry, auditIfChanged, type Author } from "./audit.ts";

export interface Retention {
  days: number;
  /** Why, as the administrator said it. */
  reason: string;
  actor: string;
  at: string;
}

/** A school whose files are to be looked at, and which bridge has them. */
export interface DueRetention extends Retention {
  schoolId: SchoolId;
  bridge: string;
  nextAt: string;
}

const columns = "r.days, r.reason, r.actor, r.at";

export async function retentionOf(
  database: Client,
  schoolId: SchoolId,
): Promise<Retention | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM retentions AS r WHERE r.school_id = ?`,
    args: [schoolId],
  });
  return rows[0] && readRetention(rows[0]);
}

/** From now on; what is old enough already is removed at the next look. */
export async function setRetention(
  database: Client,
  schoolId: SchoolId,
  { days, reason }: Pick<Retention, "days" | "reason">,
  by: Author,
): Promise<void> {
  await database.batch([
    {
      sql: `INSERT INTO retentions (school_id, days, reason, actor, at, next_at)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (school_id) DO UPDATE SET days = excluded.days, reason = excluded.reason,
              actor = excluded.actor, at = excluded.at, next_at = excluded.next_at`,
      args: [schoolId, days, reason, by.actor, by.at, by.at],
    },
    auditEntry(by, schoolId, "retention.set", { days, reason }),
  ], "write");
}

/** From now on everything is kept again. */
export async function endRetention(
  database: Client,
  schoolId: SchoolId,
  by: Author,
): Promise<void> {
  await database.batch([
    { sql: "DELETE FROM retentions WHERE school_id = ?", args: [schoolId] },
    auditIfChanged(by, schoolId, "retention.ended", {}),
  ], "write");
}

export const dueRetentionsQuery = `SELECT r.school_id, r.next_at, s.bridge, ${columns}
  FROM retentions AS r JOIN schools AS s ON s.id = r.school_id
  WHERE r.next_at <= ? AND s.deleted_at IS NULL ORDER BY r.next_at LIMIT ?`;

export async function dueRetentions(
  database: Client,
  now: string,
  limit: number,
): Promise<DueRetention[]> {
  const { rows } = await database.execute({ sql: dueRetentionsQuery, args: [now, limit] });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    bridge: row["bridge"] as string,
    nextAt: row["next_at"] as string,
    ...readRetention(row),
  }));
}

/** One of several workers has it: whose look moves the time on. */
export async function claimRetention(
  database: Client,
  { schoolId, nextAt }: DueRetention,
  next: string,
): Promise<boolean> {
  const { rowsAffected } = await database.execute(nextLook(schoolId, nextAt, next));
  return rowsAffected === 1;
}

/** When it is looked at next, unless it was changed meanwhile. */
export function nextLook(schoolId: SchoolId, before: string, next: string): InStatement {
  return {
    sql: "UPDATE retentions SET next_at = ? WHERE school_id = ? AND next_at = ?",
    args: [next, schoolId, before],
  };
}

function readRetention(row: Row): Retention {
  return {
    days: Number(row["days"]),
    reason: row["reason"] as string,
    actor: row["actor"] as string,
    at: row["at"] as string,
  };
}
