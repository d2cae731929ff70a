/** What is looked at by the clock: schools that are expected to send, keys that end, rounds. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

/** The setting `expectEvery` of a school, as it is stored. */
export interface Expectation {
  when: string;
  timezone: string;
}

export interface Watch {
  schoolId: SchoolId;
  expectation: Expectation | null;
  /** The expectation as cron; `null` until it was read. */
  cron: string | null;
  timezone: string | null;
  /** Since when a roster counts for the time that comes next. */
  since: string | null;
  /** The time by which one is expected. */
  nextAt: string | null;
  /** Since which time the school is silent; `null` when it is not. */
  silentSince: string | null;
}

/**
 * For the batch that creates or changes a school: a changed `expectEvery` begins to be watched at the
 * next look, and a school that is expected no more is not silent.
 */
export function watchExpectation(slugOrId: string | number): InStatement {
  const which = typeof slugOrId === "string" ? "slug" : "id";
  return {
    sql: `INSERT INTO watches (school_id, expectation, next_at)
          SELECT id, json_extract(settings, '$.expectEvery'),
            CASE WHEN json_extract(settings, '$.expectEvery') IS NOT NULL THEN '' END
          FROM schools WHERE ${which} = ? AND (json_extract(settings, '$.expectEvery') IS NOT NULL
            OR EXISTS (SELECT 1 FROM watches AS w WHERE w.school_id = schools.id))
          ON CONFLICT (school_id) DO UPDATE SET expectation = excluded.expectation,
            cron = NULL, timezone = NULL, since = NULL, next_at = excluded.next_at,
            silent_since = CASE WHEN excluded.expectation IS NOT NULL THEN silent_since END
          WHERE watches.expectation IS NOT excluded.expectation`,
    args: [slugOrId],
  };
}

const columns = "school_id, expectation, cron, timezone, since, next_at, silent_since";

export const dueWatchesQuery = `SELECT ${columns} FROM watches
  WHERE next_at <= ? AND (next_at, school_id) > (?, ?) ORDER BY next_at, school_id LIMIT ?`;

/** Schools whose time has come, those that have waited longest first, after one. */
export async function dueWatches(
  database: Client,
  now: string,
  after: Watch | undefined,
  limit: number,
): Promise<Watch[]> {
  const { rows } = await database.execute({
    sql: dueWatchesQuery,
    args: [now, after?.nextAt ?? "", after?.schoolId ?? 0, limit],
  });
  return rows.map(readWatch);
}

export const watchesAheadQuery = `SELECT ${columns} FROM watches
  WHERE reckoned_at > ? AND next_at IS NOT NULL LIMIT ?`;

/** Watches that were reckoned after `now`, by a clock that ran ahead and was put right. */
export async function watchesAhead(
  database: Client,
  now: string,
  limit: number,
): Promise<Watch[]> {
  const { rows } = await database.execute({ sql: watchesAheadQuery, args: [now, limit] });
  return rows.map(readWatch);
}

export const silentWatchesQuery = `SELECT ${columns} FROM watches
  WHERE silent_since IS NOT NULL AND school_id > ? ORDER BY school_id LIMIT ?`;

/** Schools that are silent, after a school. */
export async function silentWatches(
  database: Client,
  after: number,
  limit: number,
): Promise<Watch[]> {
  const { rows } = await database.execute({ sql: silentWatchesQuery, args: [after, limit] });
  return rows.map(readWatch);
}

/** Moves a watch on, unless its school's setting was changed meanwhile. */
export function moveWatch(before: Watch, after: Watch, now: string): InStatement {
  return {
    sql: `UPDATE watches SET cron = ?, timezone = ?, since = ?, next_at = ?, silent_since = ?,
            reckoned_at = ?
          WHERE school_id = ? AND next_at IS ? AND silent_since IS ?`,
    args: [
      after.cron,
      after.timezone,
      after.since,
      after.nextAt,
      after.silentSince,
      now,
      before.schoolId,
      before.nextAt,
      before.silentSince,
    ],
  };
}

export interface ExpiringKey {
  schoolId: SchoolId;
  fingerprint: string;
  expiresAt: string;
}

export const expiringKeysQuery = `SELECT school_id, fingerprint, expires_at FROM ssh_keys
  WHERE revoked_at IS NULL AND expires_at > ? AND expires_at <= ?
    AND (expires_at, fingerprint) > (?, ?)
  ORDER BY expires_at, fingerprint LIMIT ?`;

/** Keys that are valid now and end by an instant, after one, the next to end first. */
export async function expiringKeys(
  database: Client,
  { now, by }: { now: string; by: string },
  after: ExpiringKey | undefined,
  limit: number,
): Promise<ExpiringKey[]> {
  const { rows } = await database.execute({
    sql: expiringKeysQuery,
    args: [now, by, after?.expiresAt ?? "", after?.fingerprint ?? "", limit],
  });
  return rows.map((row) => ({
    schoolId: Number(row["school_id"]) as SchoolId,
    fingerprint: row["fingerprint"] as string,
    expiresAt: row["expires_at"] as string,
  }));
}

/** The setting `notDownloadedAfterDays` of some schools, where it is set. */
export async function daysToDownload(
  database: Client,
  schoolIds: readonly SchoolId[],
): Promise<Map<SchoolId, number | null>> {
  const { rows } = await database.execute({
    sql: `SELECT id, json_extract(settings, '$.notDownloadedAfterDays') AS days FROM schools
          WHERE id IN (SELECT value FROM json_each(?))`,
    args: [JSON.stringify(schoolIds)],
  });
  return new Map(
    rows.map((row) => [
      Number(row["id"]) as SchoolId,
      row["days"] === null ? null : Number(row["days"]),
    ]),
  );
}

/**
 * Is this round due? Only one worker is told so, until `next`.
 *
 * @param farthest beyond this none is put off: it was a clock that ran ahead which did so
 */
export async function claimRound(
  database: Client,
  name: string,
  { now, next, farthest }: { now: string; next: string; farthest: string },
): Promise<boolean> {
  const { rowsAffected } = await database.execute({
    sql: `INSERT INTO rounds (name, next_at) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at
            WHERE rounds.next_at <= ? OR rounds.next_at > ?`,
    args: [name, next, now, farthest],
  });
  return rowsAffected > 0;
}

function readWatch(row: Row): Watch {
  const expectation = row["expectation"] as string | null;
  return {
    schoolId: Number(row["school_id"]) as SchoolId,
    expectation: expectation === null ? null : JSON.parse(expectation),
    cron: row["cron"] as string | null,
    timezone: row["timezone"] as string | null,
    since: row["since"] as string | null,
    nextAt: row["next_at"] as string | null,
    silentSince: row["silent_since"] as string | null,
  };
}
