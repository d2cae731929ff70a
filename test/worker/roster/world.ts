/** A database with one school, to which rosters are applied slice by slice. */
import type { Client } from "@libsql/client";
import { randomUUID } from "node:crypto";
import {
  announceUpload,
  rejectedBytes,
  uploadPosition,
} from "../../../worker/database/school/arrivals.ts";
import { uploadById } from "../../../worker/database/school/uploads.ts";
import { rosterLane } from "../../../worker/intake/roster.ts";
import type { Terms } from "../../../worker/roster/terms.ts";
import { reportStream } from "../../../worker/intake/results.ts";

export const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";

export interface UploadResult {
  id: string;
  state: string;
  counts: Record<string, number>;
  /** The report's lines, parsed no further. */
  report: string[];
  rejected: string;
}

export interface UploadOptions {
  sliceBytes?: number;
  sliceRows?: number;
  now?: number;
  /** Done after each slice. */
  between?(): Promise<void>;
  /** It is checked first, on these terms. */
  terms?: Terms;
}

export async function makeSchool(database: Client, settings: object = {}): Promise<number> {
  const { lastInsertRowid } = await database.execute({
    sql:
      "INSERT INTO schools (slug, name, settings, created_at) VALUES (?, 'School', ?, '2026-01-01T00:00:00.000Z')",
    args: [`s-${randomUUID().slice(0, 8)}`, JSON.stringify(settings)],
  });
  return Number(lastInsertRowid);
}

/** Sends a file as the bridge does, and collects what came of it. */
export async function upload(
  database: Client,
  schoolId: number,
  file: string | Uint8Array,
  options: UploadOptions = {},
): Promise<UploadResult> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  const id = randomUUID();
  await announceUpload(
    database,
    {
      lane: "roster",
      parked: null,
      id: id as never,
      schoolId: schoolId as never,
      name: "roster.csv",
      timeCode: "20261121T000000000Z",
      acceptedAt: "2026-11-21T00:00:00.000Z",
      size: bytes.length,
      sha256: "0".repeat(64),
      sender: { fingerprint: "", address: "", client: "" },
    },
    "2026-11-21T00:00:00.000Z",
    options.terms,
  );
  await sendOn(database, { id, schoolId, bytes }, options);
  const { state, rows: counts } = (await uploadById(database, id))!;
  const report = await new Response(await reportStream(database, id)).text();
  const pieces: Uint8Array[] = [];
  for await (const piece of rejectedBytes(database, id)) pieces.push(piece);
  return {
    id,
    state,
    counts: { ...counts },
    report: report.trimEnd().split("\r\n").slice(1),
    rejected: Buffer.concat(pieces).toString("latin1"),
  };
}

/** Sends what is left of a file that was announced, as long as it is wanted. */
export async function sendOn(
  database: Client,
  { id, schoolId, bytes }: { id: string; schoolId: number; bytes: Uint8Array },
  options: UploadOptions = {},
): Promise<void> {
  const {
    sliceBytes = 512 * 1024,
    sliceRows = 5000,
    now = Date.UTC(2026, 10, 21),
    between,
  } = options;
  let length = sliceBytes;
  while (true) {
    const { state, offset, pass } = (await uploadPosition(database, id))!;
    if (!["accepted", "checking", "processing"].includes(state)) break;
    const slice = { id, bridge: "default", school: schoolId, pass, offset };
    await rosterLane.take({ ...slice, bytes: bytes.subarray(offset, offset + length) }, {
      database,
      sliceRows,
      now,
    });
    await between?.();
    // A slice smaller than a record moves nothing; the bridge's are never that small.
    length = (await uploadPosition(database, id))!.offset === offset ? length * 2 : sliceBytes;
  }
}

/** All students of a school, by Username key. */
export async function students(database: Client, schoolId: number) {
  const { rows } = await database.execute({
    sql: "SELECT * FROM students WHERE school_id = ? ORDER BY username_key",
    args: [schoolId],
  });
  return rows.map((row) => {
    const { school_id: _, changed_by: __, ...student } = Object.fromEntries(Object.entries(row));
    return student;
  });
}
