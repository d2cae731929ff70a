/**
 * An upload between announcement and end, as the bridge asks for it, and its rejected records.
 */
import type { Client, InStatement, Row } from "@libsql/client";
import type {
  SchoolId,
  UploadAnnouncement,
  UploadId,
  UploadState,
} from "../../../shared/protocol.ts";
import { archiveProblem } from "../../roster/archive.ts";
import type { Terms } from "../../roster/terms.ts";
import { beginCheck } from "./checks.ts";
import { type Happening, tellIfChanged } from "./occurrences.ts";
import { rejectUnread } from "./unreadable.ts";

/**
 * Registers an announced upload of a school of the bridge's; one that is known already stays as it is,
 * unless the bridge tells that it cannot go on with it.
 *
 * @param terms it begins with a check on these; else it is applied at once
 * @returns where it stands; `undefined`: that id is of another school
 */
export async function announceUpload(
  database: Client,
  upload: UploadAnnouncement,
  now: string,
  terms?: Terms,
): Promise<StoredPosition | undefined> {
  const { id, schoolId, sender, packed, unreadable, parked } = upload;
  const results = await database.batch([
    {
      sql: `INSERT INTO uploads (id, school_id, lane, name, time_code, state, pass, size, sha256,
              fingerprint, address, client, accepted_at, packed)
            VALUES (?, ?, ?, ?, ?, 'accepted', ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      args: [
        upload.id,
        upload.schoolId,
        upload.lane,
        upload.name,
        upload.timeCode,
        terms ? "check" : "apply",
        upload.size,
        upload.sha256 ?? "",
        sender?.fingerprint ?? "",
        sender?.address ?? "",
        sender?.client ?? "",
        upload.acceptedAt,
        packed ? JSON.stringify(packed) : null,
      ],
    },
    tellIfChanged({ kind: "upload.accepted", schoolId, subject: id, at: now }),
    ...(terms ? [beginCheck(id, schoolId, terms)] : []),
    ...(packed ? [sizeKnown(upload)] : []),
    ...(unreadable ? rejectUnread(upload, archiveProblem(unreadable), now) : []),
    ...(parked ? [park(upload), tellIfChanged(parkedAt(upload, now))] : []),
    { sql: `${positionQuery} AND school_id = ?`, args: [id, schoolId] },
  ], "write");
  const row = results.at(-1)!.rows[0];
  return row && readPosition(row);
}

/** A packed file that was parked at first was announced before anybody knew what it expands to. */
function sizeKnown({ id, schoolId, size, packed }: UploadAnnouncement): InStatement {
  return {
    sql: `UPDATE uploads SET size = ?, packed = ?
          WHERE id = ? AND school_id = ? AND packed IS NULL AND next_offset = 0`,
    args: [size, JSON.stringify(packed), id, schoolId],
  };
}

/** Told each time: it may have been tried again meanwhile. */
function parkedAt({ id, schoolId, parked }: UploadAnnouncement, at: string): Happening {
  const once = `upload.parked:${id}:${at}`;
  return { kind: "upload.parked", schoolId, subject: id, at, once, facts: { because: parked } };
}

function park({ id, schoolId, parked }: UploadAnnouncement): InStatement {
  return {
    sql: `UPDATE uploads SET state = 'parked', held_because = ?
          WHERE id = ? AND school_id = ? AND state IN ('accepted', 'checking', 'processing')`,
    args: [parked!, id, schoolId],
  };
}

/** Where an upload stands, with what its results are named by. */
export interface StoredPosition {
  id: UploadId;
  schoolId: SchoolId;
  lane: string;
  name: string;
  timeCode: string;
  state: UploadState;
  pass: string;
  offset: number;
  rejected: number;
  heldBecause: string | null;
}

const positionQuery =
  `SELECT id, school_id, lane, name, time_code, state, pass, next_offset, held_because,
    coalesce((SELECT rejected FROM rosters WHERE upload_id = uploads.id), 0) AS rejected
  FROM uploads WHERE id = ?`;

/** Where the upload stands; `undefined`: there is none of that id. */
export async function uploadPosition(
  database: Client,
  id: string,
): Promise<StoredPosition | undefined> {
  const { rows: [row] } = await database.execute({ sql: positionQuery, args: [id] });
  return row && readPosition(row);
}

export function readPosition(row: Row): StoredPosition {
  return {
    id: row["id"] as UploadId,
    schoolId: Number(row["school_id"]) as SchoolId,
    lane: row["lane"] as string,
    name: row["name"] as string,
    timeCode: row["time_code"] as string,
    state: row["state"] as UploadState,
    pass: row["pass"] as string,
    offset: Number(row["next_offset"]),
    rejected: Number(row["rejected"]),
    heldBecause: row["held_because"] as string | null,
  };
}

/** So many pieces are read at a time, each of at most 64 KiB. */
const PAGE = 250;

/** The header and the rejected records, byte for byte, in file order. */
export async function* rejectedBytes(database: Client, id: string): AsyncGenerator<Uint8Array> {
  const { rows: [roster] } = await database.execute({
    sql: "SELECT header FROM rosters WHERE upload_id = ?",
    args: [id],
  });
  if (roster?.["header"]) yield new Uint8Array(roster["header"] as ArrayBuffer);
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
