/**
 * What happened that somebody may want to be told of (SPEC section 10). A statement of this file goes
 * into the batch of the change, so that there is one with the other or neither. Occurrences are kept
 * for 90 days after they were told.
 */
import type { Client, InStatement, InValue } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

/** Every kind of occurrence, with what it means. */
export const kinds = {
  "upload.accepted": "a file was announced by the bridge and waits for its turn",
  "upload.checking": "its rows are compared with the students; nothing of it is applied yet",
  "upload.processing": "the first of its rows are being processed",
  "upload.completed": "its rows were processed and its report is there",
  "upload.rejected": "the whole file was rejected; its report says why",
  "upload.held": "a rule of the school holds it until an administrator decides",
  "upload.parked": "a fault keeps it from going on until an administrator decides",
  "upload.released": "it was held, and an administrator lets it go on; it is checked again",
  "upload.retried": "it was parked, and an administrator has it tried again",
  "upload.discarded": "it was given up, by an administrator or at the end of a pause",
  "upload.reverted": "what it changed was put back",
  "export.made": "verified students were put into a file",
  "export.delivered": "the file is in the school's /outbound",
  "export.downloaded": "the school has read the file to its end",
  "export.not_downloaded": "the school has not read the file for the days that it is given",
  "key.added": "an SSH key was added",
  "key.revoked": "an SSH key was revoked",
  "key.expiring": "an SSH key ends within 30, 7 or 1 days",
  "school.silent": "no roster was applied by the time one was expected",
  "school.heard": "a roster was applied again after the school was silent",
} as const;
export type Kind = keyof typeof kinds;

export interface Happening {
  kind: Kind;
  schoolId: SchoolId;
  /** The id of what it happened to: of an upload, an export; a key's fingerprint. */
  subject: string;
  /** ISO 8601 UTC. */
  at: string;
  /** Counts, codes and ids; never a row's values. */
  facts?: Record<string, unknown>;
  /** What is told one time only; the kind and the subject, unless it can happen again to the subject. */
  once?: string;
}

const insert = "INSERT INTO occurrences (school_id, kind, subject, once, at, facts)";
/** A batch that is sent again tells nothing again. */
const orNothing = "ON CONFLICT (school_id, once) DO NOTHING";

/** For the batch of a change: it happened. */
export function tell(happening: Happening): InStatement {
  return { sql: `${insert} VALUES (?, ?, ?, ?, ?, ?) ${orNothing}`, args: values(happening) };
}

/** Directly after the statement of the change: it happened, if that changed something. */
export function tellIfChanged(happening: Happening): InStatement {
  return {
    sql: `${insert} SELECT ?, ?, ?, ?, ?, ? WHERE changes() > 0 ${orNothing}`,
    args: values(happening),
  };
}

function values({ kind, schoolId, subject, at, facts, once }: Happening): InValue[] {
  return [schoolId, kind, subject, once ?? `${kind}:${subject}`, at, JSON.stringify(facts ?? {})];
}

/** For the batch of a change to an upload whose school the caller does not know. */
export function tellOfUpload(
  kind: Extract<Kind, `upload.${string}`>,
  id: string,
  at: string,
  { facts = {}, once = `${kind}:${id}` }: Pick<Happening, "facts" | "once"> = {},
): InStatement {
  return {
    sql: `${insert} SELECT school_id, ?, id, ?, ?, ? FROM uploads WHERE id = ? ${orNothing}`,
    args: [kind, once, at, JSON.stringify(facts), id],
  };
}

/** For the batch that makes an export, after it: nothing while it is not whole. */
export function tellOfExportMade(id: string, at: string): InStatement {
  return {
    sql: `${insert} SELECT school_id, 'export.made', id, 'export.made:' || id, ?, '{}'
      FROM exports WHERE id = ? AND made_at IS NOT NULL ${orNothing}`,
    args: [at, id],
  };
}

/** For the batch that records what the bridge has done, after `recordDeliveries`. */
export function tellOfDeliveries(commandIds: readonly string[]): InStatement {
  return {
    sql: `${insert} SELECT exports.school_id, 'export.delivered', exports.id,
        'export.delivered:' || exports.id, delivered_at, '{}'
      FROM json_each(?) CROSS JOIN commands ON commands.id = value
        CROSS JOIN exports ON exports.id = json_extract(command, '$.exportId')
      WHERE delivered_at IS NOT NULL ${orNothing}`,
    args: [JSON.stringify(commandIds)],
  };
}

/** For the batch that records the bridge's events, after `recordDownloads`. */
export function tellOfDownloads(exportIds: readonly string[]): InStatement {
  return {
    sql: `${insert} SELECT exports.school_id, 'export.downloaded', exports.id,
        'export.downloaded:' || exports.id, downloaded_at,
        CASE WHEN EXISTS (SELECT 1 FROM occurrences AS earlier
            WHERE earlier.school_id = exports.school_id
              AND earlier.once = 'export.not_downloaded:' || exports.id)
          THEN '{"late":true}' ELSE '{}' END
      FROM json_each(?) CROSS JOIN exports ON exports.id = value
      WHERE downloaded_at IS NOT NULL ${orNothing}`,
    args: [JSON.stringify(exportIds)],
  };
}

export interface Occurrence {
  number: number;
  schoolId: SchoolId;
  kind: Kind;
  subject: string;
  at: string;
  facts: Record<string, unknown>;
}

export const untoldQuery = `SELECT number, school_id, kind, subject, at, facts FROM occurrences
  WHERE told_at IS NULL AND number > ? ORDER BY number LIMIT ?`;

/** What nobody was told of yet, after a number, in the order in which it happened. */
export async function untold(
  database: Client,
  after: number,
  limit: number,
): Promise<Occurrence[]> {
  const { rows } = await database.execute({ sql: untoldQuery, args: [after, limit] });
  return rows.map((row) => ({
    number: Number(row["number"]),
    schoolId: Number(row["school_id"]) as SchoolId,
    kind: row["kind"] as Kind,
    subject: row["subject"] as string,
    at: row["at"] as string,
    facts: JSON.parse(row["facts"] as string),
  }));
}

export async function markTold(
  database: Client,
  numbers: readonly number[],
  now: string,
): Promise<void> {
  await database.execute({
    sql: "UPDATE occurrences SET told_at = ? WHERE number IN (SELECT value FROM json_each(?))",
    args: [now, JSON.stringify(numbers)],
  });
}

/** Forgets what was told before an instant; so many at a time. */
export async function trimOccurrences(
  database: Client,
  before: string,
  limit: number,
): Promise<void> {
  await database.execute({
    sql: `DELETE FROM occurrences WHERE number IN
      (SELECT number FROM occurrences WHERE told_at < ? LIMIT ?)`,
    args: [before, limit],
  });
}

/** What happened to one thing, such as an upload, as far back as occurrences are kept. */
export async function occurrencesOf(
  database: Client,
  schoolId: SchoolId,
  subject: string,
): Promise<{ at: string; kind: string; facts: Record<string, unknown> }[]> {
  const { rows } = await database.execute({
    sql: `SELECT at, kind, facts FROM occurrences WHERE school_id = ? AND subject = ?
          ORDER BY number LIMIT 100`,
    args: [schoolId, subject],
  });
  return rows.map((row) => ({
    at: row["at"] as string,
    kind: row["kind"] as string,
    facts: JSON.parse(row["facts"] as string),
  }));
}
