/**
 * Reading what an upload came to: its counts, its problems and its rejected records, page by page.
 */
import type { Client, Row } from "@libsql/client";
import type { UploadAnnouncement, UploadPosition, UploadState } from "../../shared/protocol.ts";
import type { Problem } from "../roster/problems.ts";
import type { Counts } from "../roster/report.ts";

/** Registers an announced upload; one that is known already stays as it is. False: no such school. */
export async function announceUpload(
  database: Client,
  upload: UploadAnnouncement,
): Promise<boolean> {
  const { sender } = upload;
  const { rowsAffected } = await database.execute({
    sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256,
            fingerprint, address, client, accepted_at)
          SELECT ?, id, ?, ?, 'accepted', ?, ?, ?, ?, ?, ? FROM schools WHERE id = ?
          ON CONFLICT (id) DO NOTHING`,
    args: [
      upload.id,
      upload.name,
      upload.timeCode,
      upload.size,
      upload.sha256,
      sender.fingerprint,
      sender.address,
      sender.client,
      upload.acceptedAt,
      upload.schoolId,
    ],
  });
  return rowsAffected > 0 || (await uploadPosition(database, upload.id)) !== undefined;
}

/** Where the upload stands; `undefined`: there is none of that id. */
export async function uploadPosition(
  database: Client,
  id: string,
): Promise<UploadPosition | undefined> {
  const { rows } = await database.execute({
    sql: "SELECT state, next_offset, rejected FROM uploads WHERE id = ?",
    args: [id],
  });
  const row = rows[0];
  return row && {
    state: row["state"] as UploadState,
    offset: Number(row["next_offset"]),
    rejected: Number(row["rejected"]),
  };
}

/** Name, time code, state and counts of an upload. */
export async function uploadCounts(database: Client, id: string): Promise<
  { name: string; timeCode: string; state: UploadState; counts: Counts } | undefined
> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${uploadColumns} FROM uploads WHERE id = ?`,
    args: [id],
  });
  return row && {
    name: row["name"] as string,
    timeCode: row["time_code"] as string,
    state: row["state"] as UploadState,
    counts: countsOf(row),
  };
}

/** How far an upload is: bytes done of all, and its counts so far. */
export async function uploadProgress(database: Client, id: string): Promise<
  { state: UploadState; bytes: number; size: number; rows: Counts } | undefined
> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT ${uploadColumns} FROM uploads WHERE id = ?`,
    args: [id],
  });
  return row && {
    state: row["state"] as UploadState,
    bytes: Number(row["next_offset"]),
    size: Number(row["size"]),
    rows: countsOf(row),
  };
}

const uploadColumns =
  "name, time_code, state, size, next_offset, read, added, updated, unchanged, rejected, warnings, unprocessed";

function countsOf(row: Row): Counts {
  return {
    read: Number(row["read"]),
    added: Number(row["added"]),
    updated: Number(row["updated"]),
    unchanged: Number(row["unchanged"]),
    rejected: Number(row["rejected"]),
    warnings: Number(row["warnings"]),
    unprocessed: Number(row["unprocessed"]),
  };
}

const PAGE = 1000;

/** All problems of an upload in file order, a page at a time. */
export async function* problemPages(database: Client, id: string): AsyncGenerator<Problem[]> {
  let line = -1, number = -1;
  while (true) {
    const { rows } = await database.execute({
      sql: `SELECT line, number, username, column_name, severity, code, message FROM problems
            WHERE upload_id = ? AND (line, number) > (?, ?) ORDER BY line, number LIMIT ${PAGE}`,
      args: [id, line, number],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => ({
      line: Number(row["line"]),
      username: row["username"] as string,
      column: row["column_name"] as string,
      severity: row["severity"] as Problem["severity"],
      code: row["code"] as Problem["code"],
      message: row["message"] as string,
    }));
    line = Number(last["line"]);
    number = Number(last["number"]);
    if (rows.length < PAGE) return;
  }
}

/** The header and the rejected records, byte for byte, in file order. */
export async function* rejectedBytes(database: Client, id: string): AsyncGenerator<Uint8Array> {
  const { rows: [upload] } = await database.execute({
    sql: "SELECT header FROM uploads WHERE id = ?",
    args: [id],
  });
  if (upload?.["header"]) yield new Uint8Array(upload["header"] as ArrayBuffer);
  let offset = -1;
  while (true) {
    const { rows } = await database.execute({
      sql: `SELECT offset, bytes FROM rejected_records WHERE upload_id = ? AND offset > ?
            ORDER BY offset LIMIT ${PAGE}`,
      args: [id, offset],
    });
    for (const row of rows) yield new Uint8Array(row["bytes"] as ArrayBuffer);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    offset = Number(last["offset"]);
  }
}
