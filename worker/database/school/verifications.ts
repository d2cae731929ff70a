/**
 * Verifications: a reviewer's word that a student's records are complete. Set-based: one statement
 * carries all Usernames through `json_each`.
 */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Client, Row } from "@libsql/client";
import type { Page } from "../page.ts";
import { auditCounted, type Author } from "../control/audit.ts";

/**
 * For the queries of students: `LEFT JOIN verifications … ` as written here, with the students' table
 * under the name `students`; then `standing.verified_at` is a student's `verifiedAt` or null.
 */
export const joinStanding = `LEFT JOIN verifications AS standing
  ON standing.school_id = students.school_id
  AND standing.username_key = students.username_key
  AND standing.withdrawn_at IS NULL`;

export interface Verify {
  schoolId: SchoolId;
  /** The keys of Usernames, each once, in the order in which they were verified. */
  usernameKeys: string[];
  /** ISO 8601 UTC, to the millisecond; never in the future. */
  verifiedAt: string;
  reviewer: string;
}

/** Where each of the asked usernames stood; those in neither list are newly verified. */
export interface Verified {
  unknown: Set<string>;
  alreadyVerified: Set<string>;
}

/** Verifies every known student who is not verified yet, with one line in the audit trail. */
export async function verifyStudents(
  database: Client,
  verify: Verify,
  by: Author,
): Promise<Verified> {
  const keys = JSON.stringify(verify.usernameKeys);
  const [stood] = await database.batch([
    {
      sql: `SELECT asked.value AS username_key, students.username_key IS NULL AS unknown
        FROM json_each(?) AS asked
        LEFT JOIN students
          ON students.school_id = ? AND students.username_key = asked.value
        ${joinStanding}
        WHERE students.username_key IS NULL OR standing.id IS NOT NULL`,
      args: [keys, verify.schoolId],
    },
    {
      sql: `INSERT INTO verifications (school_id, username_key, verified_at, reviewer, recorded_at)
        SELECT students.school_id, students.username_key, ?, ?, ?
        FROM json_each(?) AS asked
        CROSS JOIN students
          ON students.school_id = ? AND students.username_key = asked.value
        ${joinStanding}
        WHERE standing.id IS NULL
        ORDER BY asked.key`,
      args: [verify.verifiedAt, verify.reviewer, by.at, keys, verify.schoolId],
    },
    auditCounted(by, verify.schoolId, "students.verified", {
      counted: "students",
      reviewer: verify.reviewer,
      verifiedAt: verify.verifiedAt,
      // Thousands of names are found in the verifications themselves, by reviewer and time.
      ...(verify.usernameKeys.length <= 20 ? { asked: verify.usernameKeys } : {}),
    }),
  ], "write");
  const found: Verified = { unknown: new Set(), alreadyVerified: new Set() };
  for (const row of stood!.rows) {
    const key = String(row.username_key);
    (row.unknown ? found.unknown : found.alreadyVerified).add(key);
  }
  return found;
}

export interface Withdraw {
  schoolId: SchoolId;
  usernameKey: string;
  reviewer: string;
}

/**
 * Withdraws a student's standing verification. What was exported of it stays in that file; what was
 * not is never exported.
 *
 * @returns the export that has it, `null` for none; `undefined`: the student was not verified
 */
export async function withdrawVerification(
  database: Client,
  withdraw: Withdraw,
  by: Author,
): Promise<{ exportId: string | null } | undefined> {
  const [withdrawn] = await database.batch([
    {
      sql: `UPDATE verifications SET withdrawn_at = ?, withdrawn_by = ?
        WHERE school_id = ? AND username_key = ? AND withdrawn_at IS NULL RETURNING export_id`,
      args: [by.at, withdraw.reviewer, withdraw.schoolId, withdraw.usernameKey],
    },
    auditCounted(by, withdraw.schoolId, "students.verification_withdrawn", {
      counted: "students",
      reviewer: withdraw.reviewer,
      username: withdraw.usernameKey,
    }),
  ], "write");
  const row = withdrawn!.rows[0];
  return row && { exportId: row["export_id"] as string | null };
}

/** `waiting` for the next export, `exported`, or `withdrawn`, whether or not it had been exported. */
export const verificationStates = ["waiting", "exported", "withdrawn"] as const;
export type VerificationState = (typeof verificationStates)[number];

export interface Verification {
  /** Orders the list: the later one was recorded later. */
  id: number;
  username: string;
  state: VerificationState;
  verifiedAt: string;
  reviewer: string;
  recordedAt: string;
  withdrawnAt: string | null;
  withdrawnBy: string | null;
  /** The export it is in, also when it was withdrawn since. */
  exportId: string | null;
}

const conditions: Record<VerificationState, string> = {
  waiting: "AND v.export_id IS NULL AND v.withdrawn_at IS NULL",
  exported: "AND v.export_id IS NOT NULL AND v.withdrawn_at IS NULL",
  withdrawn: "AND v.withdrawn_at IS NOT NULL",
};

/** Newest first; one row more than the page has. */
export async function listVerifications(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[number]>,
  state?: VerificationState,
): Promise<Verification[]> {
  const { rows } = await database.execute({
    sql: `SELECT v.id, coalesce(students.username, v.username_key) AS username, v.verified_at,
        v.reviewer, v.recorded_at, v.withdrawn_at, v.withdrawn_by, v.export_id
      FROM verifications AS v
      LEFT JOIN students ON students.school_id = v.school_id
        AND students.username_key = v.username_key
      WHERE v.school_id = ? AND v.id < ? ${state ? conditions[state] : ""}
      ORDER BY v.id DESC LIMIT ?`,
    args: [schoolId, after?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1],
  });
  return rows.map(readVerification);
}

function readVerification(row: Row): Verification {
  const text = (column: string) => row[column] as string | null;
  const [withdrawnAt, exportId] = [text("withdrawn_at"), text("export_id")];
  return {
    id: Number(row["id"]),
    username: String(row["username"]),
    state: withdrawnAt ? "withdrawn" : exportId ? "exported" : "waiting",
    verifiedAt: String(row["verified_at"]),
    reviewer: String(row["reviewer"]),
    recordedAt: String(row["recorded_at"]),
    withdrawnAt,
    withdrawnBy: text("withdrawn_by"),
    exportId,
  };
}
