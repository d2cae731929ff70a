/**
 * An upload between announcement and end, as the bridge asks for it, and its rejected records.
 */
import type { Client } from "@libsql/client";
import type { UploadAnnouncement, UploadPosition, UploadState } from "../../../shared/protocol.ts";

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

const PAGE = 1000;

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
