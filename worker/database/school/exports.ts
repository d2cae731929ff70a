/**
 * Exports: the rows of verified students as they were when the export was made, and what became of
 * the file. An export is claimed under its school and due time, filled in pieces of `PIECE_ROWS`, and
 * sent on its way when it is whole; whoever finds one that is not whole goes on with it.
 *
 * Which verifications are its own is settled with the claim: those up to the last one there was. So
 * each piece takes the first of them that no export has, in order of verification, and a piece that two
 * workers write at once is written once.
 */
import type { SchoolId } from "../../../shared/protocol.ts";
import { andAll, ofSchools } from "../narrowing.ts";
import type { Page } from "../page.ts";
import type { Client, InStatement, Row } from "@libsql/client";
import { auditIfChanged, type Author } from "../control/audit.ts";
import { deliver } from "./deliveries.ts";
import { tellOfExportMade } from "./occurrences.ts";

/** So many rows are written in one transaction: a remote database ends one that takes 5 s. */
const PIECE_ROWS = 5_000;

export interface StoredExport {
  id: string;
  schoolId: SchoolId;
  /** The file's name in `/outbound`. */
  name: string;
  /** How many rows it has; so far, while it is being made. */
  students: number;
  dueAt: string;
  /** `null` while it is being made. */
  madeAt: string | null;
  deliveredAt: string | null;
  downloadedAt: string | null;
  receipt: { fingerprint: string; address: string } | null;
}

/** The ids and the name that a new export gets; times are ISO 8601 UTC. */
export interface NewExport {
  id: string;
  commandId: string;
  schoolId: SchoolId;
  /** Where it goes. */
  bridge: string;
  dueAt: string;
  name: string;
  now: string;
}

/** An export that has been claimed and is not whole. */
export interface Making {
  id: string;
  schoolId: SchoolId;
  bridge: string;
  commandId: string;
  /** How many rows it has so far. */
  rows: number;
}

export type Begun =
  /** This call claimed it; `making` when more pieces are to come. */
  | { claimed: true; making: Making | undefined }
  /** `taken`: the school has an export of that time. `nothing_new`: and no file is wanted then. */
  | { claimed: false; why: "taken" | "nothing_new" }
  /** Another export of the school is being made; it comes first. */
  | { claimed: false; why: "busy"; making: Making };

/** Verified, not withdrawn, in no export, and the student is active. */
const waits = `export_id IS NULL AND withdrawn_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM students AS inactive WHERE inactive.inactive_since IS NOT NULL
    AND inactive.school_id = verifications.school_id
    AND inactive.username_key = verifications.username_key)`;

/**
 * Claims an export and writes its first piece; with fewer than `PIECE_ROWS` rows it is whole then.
 *
 * @param skipEmpty makes none when nothing waits to be exported
 * @param by who asked for it, for the audit trail; nobody, when it was due
 */
export async function beginExport(
  database: Client,
  created: NewExport,
  { skipEmpty, by }: { skipEmpty: boolean; by?: Author },
): Promise<Begun> {
  const { id, schoolId, bridge, dueAt, name, now, commandId } = created;
  const making: Making = { id, schoolId, bridge, commandId, rows: 0 };
  const results = await database.batch([
    {
      sql: `INSERT INTO exports (school_id, due_at, id, name, created_at, command_id, through)
        SELECT ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM verifications)
        WHERE NOT EXISTS (SELECT 1 FROM exports WHERE school_id = ? AND made_at IS NULL)
          AND (NOT ? OR EXISTS (SELECT 1 FROM verifications WHERE school_id = ? AND ${waits}))
        ON CONFLICT (school_id, due_at) DO NOTHING`,
      args: [schoolId, dueAt, id, name, now, commandId, schoolId, skipEmpty, schoolId],
    },
    ...(by ? [auditIfChanged(by, schoolId, "export.made", { export: id, name })] : []),
    {
      sql: `SELECT id, command_id, students, due_at, made_at FROM exports
        WHERE school_id = ? AND id <> ? AND (due_at = ? OR made_at IS NULL)`,
      args: [schoolId, id, dueAt],
    },
    ...piece(making, now),
  ], "write");
  if (results[0]!.rowsAffected > 0) {
    return { claimed: true, making: stillMaking(making, results.at(-1)!.rows[0]) };
  }
  const others = results[by ? 2 : 1]!.rows;
  if (others.some((row) => row["due_at"] === dueAt)) return { claimed: false, why: "taken" };
  const other = others[0];
  if (!other) return { claimed: false, why: "nothing_new" };
  return { claimed: false, why: "busy", making: { ...readMaking(schoolId, other), bridge } };
}

/** Writes the next piece. @returns the export as it is then; `undefined` when it is whole */
export async function continueExport(
  database: Client,
  making: Making,
  now: string,
): Promise<Making | undefined> {
  const results = await database.batch(piece(making, now), "write");
  return stillMaking(making, results.at(-1)!.rows[0]);
}

/** Exports that a worker began and did not end, oldest first; their bridges are their schools'. */
export async function unfinishedExports(
  database: Client,
  limit: number,
): Promise<Omit<Making, "bridge">[]> {
  const { rows } = await database.execute({
    sql: `SELECT school_id, id, command_id, students FROM exports WHERE made_at IS NULL
      ORDER BY school_id LIMIT ?`,
    args: [limit],
  });
  return rows.map((row) => readMaking(Number(row["school_id"]) as SchoolId, row));
}

/** A piece, and the end when it was the last. Nothing without the claim, and nothing twice. */
function piece(making: Making, now: string): InStatement[] {
  const { id, schoolId, rows } = making;
  return [
    {
      // In order of verification: by its time, and at the same time as they were recorded. `+id`, as
      // only the index of what waits has no rows that earlier pieces took.
      sql: `INSERT INTO export_rows
          (verification_id, export_id, number, username, student_id, verified_at)
        SELECT waiting.id, ?, ? + row_number() OVER (ORDER BY waiting.verified_at, waiting.id),
          coalesce(students.username, waiting.username_key), students.student_id,
          waiting.verified_at
        FROM (SELECT id, school_id, username_key, verified_at FROM verifications
          WHERE school_id = ? AND ${waits} AND +id <= (SELECT through FROM exports
            WHERE id = ? AND made_at IS NULL AND students = ?)
          ORDER BY verified_at, id LIMIT ${PIECE_ROWS}) AS waiting
        LEFT JOIN students ON students.school_id = waiting.school_id
          AND students.username_key = waiting.username_key`,
      args: [id, rows, schoolId, id, rows],
    },
    {
      sql: `UPDATE verifications SET export_id = ? WHERE id IN
        (SELECT verification_id FROM export_rows WHERE export_id = ? AND number > ?)`,
      args: [id, id, rows],
    },
    {
      sql: `UPDATE exports
        SET students = (SELECT coalesce(max(number), 0) FROM export_rows WHERE export_id = ?)
        WHERE id = ? AND made_at IS NULL`,
      args: [id, id],
    },
    {
      // A piece that was not full was the last. One that somebody else had written before was full.
      sql: `UPDATE exports SET made_at = ?
        WHERE id = ? AND made_at IS NULL AND students < ? + ${PIECE_ROWS}`,
      args: [now, id, rows],
    },
    ifChanged(deliver(making, now)),
    tellOfExportMade(id, now),
    { sql: "SELECT students, made_at FROM exports WHERE id = ?", args: [id] },
  ];
}

function stillMaking(making: Making, row: Row | undefined): Making | undefined {
  // Gone with its school, or whole.
  if (!row || row["made_at"] !== null) return undefined;
  return { ...making, rows: Number(row["students"]) };
}

function readMaking(schoolId: SchoolId, row: Row): Omit<Making, "bridge"> {
  return {
    id: String(row["id"]),
    schoolId,
    commandId: String(row["command_id"]),
    rows: Number(row["students"]),
  };
}

/** `statement`, which ends with a condition, only when the one before it changed something. */
function ifChanged(statement: { sql: string; args: unknown }): InStatement {
  return { ...statement, sql: `${statement.sql} AND changes() > 0` } as InStatement;
}

const columns = `id, school_id, name, students, due_at, made_at, delivered_at, downloaded_at,
  downloaded_fingerprint, downloaded_address`;

export async function getExport(database: Client, id: string): Promise<StoredExport | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${columns} FROM exports WHERE id = ?`,
    args: [id],
  });
  return row && readExport(row);
}

/** A school's exports, newest first, after the one that was due at `before`. */
export async function listExports(
  database: Client,
  schoolId: SchoolId,
  before: string | undefined,
  limit: number,
): Promise<StoredExport[]> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM exports WHERE school_id = ? AND due_at < ?
      ORDER BY due_at DESC LIMIT ?`,
    args: [schoolId, before ?? "9999", limit],
  });
  return rows.map(readExport);
}

/** Of several schools, `undefined`: of all, newest first; one row more than the page has. */
export async function listExportsOf(
  database: Client,
  schoolIds: readonly SchoolId[] | undefined,
  { limit, after }: Page<[string, string]>,
): Promise<StoredExport[]> {
  // Later than any instant there is.
  const [dueAt, id] = after ?? ["~", ""];
  const wanted = andAll([ofSchools("school_id", schoolIds)]);
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM exports WHERE (due_at, id) < (?, ?)${wanted.sql}
      ORDER BY due_at DESC, id DESC LIMIT ?`,
    args: [dueAt, id, ...wanted.args, limit + 1],
  });
  return rows.map(readExport);
}

function readExport(row: Row): StoredExport {
  const text = (value: unknown) => value === null ? null : String(value);
  return {
    id: String(row.id),
    schoolId: Number(row.school_id) as SchoolId,
    name: String(row.name),
    students: Number(row.students),
    dueAt: String(row.due_at),
    madeAt: text(row.made_at),
    deliveredAt: text(row.delivered_at),
    downloadedAt: text(row.downloaded_at),
    receipt: row.downloaded_at === null ? null : {
      fingerprint: String(row.downloaded_fingerprint),
      address: String(row.downloaded_address),
    },
  };
}

export interface ExportRow {
  /** Its place in the file, from 1. */
  number: number;
  username: string;
  studentId: string | null;
  verifiedAt: string;
}

/**
 * The rows after a place in the file, in order. They come as one JSON text: a remote database wraps
 * each value of a row in an object of its own, which takes twice as long to read.
 */
export async function exportRows(
  database: Client,
  id: string,
  after: number,
  limit: number,
): Promise<ExportRow[]> {
  const { rows: [page] } = await database.execute({
    sql: `SELECT json_group_array(json_array(number, username, student_id, verified_at)) AS list
      FROM (SELECT number, username, student_id, verified_at FROM export_rows
        WHERE export_id = ? AND number > ? ORDER BY number LIMIT ?)`,
    args: [id, after, limit],
  });
  const list = JSON.parse(String(page!.list)) as [number, string, string | null, string][];
  return list
    .map(([number, username, studentId, verifiedAt]) => ({
      number,
      username,
      studentId,
      verifiedAt,
    }))
    .sort((a, b) => a.number - b.number);
}
