/**
 * The heart: one slice of a roster, from bytes to students, problems and the next offset, in one
 * database batch. Between slices nothing is held that another process would miss; what the next one
 * needs is in the database.
 *
 * A slice costs two round trips to the database, one that reads and one that writes. Where StudentIds
 * collide it is one more, and another where several of its rows are of one student; the rows that have
 * to wait for the end of the file are settled after the last slice, in a batch of their own.
 */
import type { Client } from "@libsql/client";
import { instant } from "../context.ts";
import type { StoredPosition } from "../database/school/arrivals.ts";
import { keysThereBefore } from "../database/school/checked-students.ts";
import { leave } from "../database/school/leaving.ts";
import { type LoadedProgress, loadProgress, loadStanding } from "../database/school/slice-reads.ts";
import { StudentIdCollision, writeSlice } from "../database/school/slice-writes.ts";
import { loadStudents } from "../database/school/standings.ts";
import type { UploadState } from "../../shared/protocol.ts";
import type { SliceChanges, UploadProgress } from "../roster/changes.ts";
import type { Row } from "../roster/row.ts";
import type { Reading } from "../roster/slice.ts";
import { countedBeyond, giveTogether, takeEffect } from "../roster/student.ts";
import { postponed } from "../roster/student-id-claims.ts";
import { type LaneOptions, type Slice, type Taken, WrongOffset } from "./lane.ts";
import { type NextRows, pause, readNext } from "./reading.ts";
import { settleWaiting } from "./settle.ts";

export type ApplyOptions = LaneOptions;

/** How far an upload is. */
type Reached = Pick<StoredPosition, "state" | "offset" | "rejected">;

/**
 * Applies a slice of a roster. Takes whole records only.
 * @returns where to go on
 * @throws `WrongOffset` or `StaleSlice` when these bytes are not the next ones
 */
export async function applySlice(slice: Slice, options: ApplyOptions): Promise<Taken> {
  const upload = await loadProgress(options.database, slice.id, slice.school);
  if (!upload || !isNext(upload, slice)) throw new WrongOffset();
  let reached = await apply(upload, slice, options);
  if (upload.isLeaving && reached.state === "processing" && reached.offset === upload.size) {
    reached = { ...reached, state: await leaveAll(options.database, upload, options.now) };
  }
  return {
    position: { ...upload.stored, ...reached },
    consumed: reached.offset - slice.offset,
  };
}

/** Makes inactive whom the file does not name, so many at a time. */
async function leaveAll(
  database: Client,
  upload: UploadProgress,
  now: number,
): Promise<UploadState> {
  const at = instant(now);
  let state = await leave(database, upload, at);
  while (state === "processing") {
    await pause();
    state = await leave(database, upload, at);
  }
  return state;
}

/** Is it the upload's next slice, from the bridge of its school? */
function isNext(upload: LoadedProgress, { bridge, pass, offset, bytes }: Slice): boolean {
  const { stored, state, nextOffset, size } = upload;
  const isUnderWay = state === "accepted" || state === "processing";
  return isUnderWay && upload.bridge === bridge && stored.pass === pass &&
    nextOffset === offset && offset + bytes.length <= size;
}

async function apply(
  upload: LoadedProgress,
  { offset, bytes }: Slice,
  options: ApplyOptions,
): Promise<Reached> {
  const { database } = options;
  if (offset === upload.size && offset > 0) {
    // All is read, and the worker ended before it settled the rows that wait.
    return upload.deferred > 0 ? await settle(upload, options) : positionOf(upload);
  }
  const next = await readNext(upload, { offset, bytes }, options);
  // Nothing whole in it: the bridge has to send more at once.
  if (next === undefined) return positionOf(upload);
  if (next.reading === undefined) return await write(database, next.changes);
  const { reading, changes } = upload.terms?.additionsUntil
    ? await additionsOf(next, database)
    : next;
  const isPlain = upload.deferred === 0 && !changes.isRepeatedHere;
  await pause();
  if (isPlain && await isWritten(database, changes)) return positionAfter(changes);
  const resolved = await writeResolved(database, changes, reading);
  const position = positionAfter(resolved);
  if (!reading.isEnd || upload.deferred + resolved.deferred.length === 0) return position;
  return await settle({
    ...upload,
    nextOffset: upload.size,
    rejected: position.rejected,
    problems: upload.problems + resolved.problems.length + resolved.more.problems,
  }, options);
}

/** Only the rows of students who were not there before the file. */
async function additionsOf({ reading, changes }: NextRows, database: Client): Promise<NextRows> {
  const keys = reading.rows.map(({ usernameKey }) => usernameKey);
  const others = await keysThereBefore(database, changes.upload, keys);
  const rows = reading.rows.filter(({ usernameKey }) => !others.has(usernameKey));
  return { reading: { ...reading, rows }, changes: { ...changes, students: rows } };
}

function positionOf({ state, nextOffset, rejected }: UploadProgress): Reached {
  return { state, offset: nextOffset, rejected };
}

function positionAfter({ upload, state, nextOffset, rejected }: SliceChanges): Reached {
  return { state, offset: nextOffset, rejected: upload.rejected + rejected };
}

async function write(database: Client, changes: SliceChanges): Promise<Reached> {
  await writeSlice(database, changes);
  return positionAfter(changes);
}

async function settle(upload: UploadProgress, options: ApplyOptions): Promise<Reached> {
  const completedAt = instant(options.now);
  const failed = await settleWaiting(options.database, upload, { completedAt, pause });
  const state = upload.isLeaving ? "processing" : "completed";
  return { state, offset: upload.size, rejected: upload.rejected + failed };
}

/** Writes the rows as they are; false when StudentIds collide and somebody has to look closer. */
async function isWritten(database: Client, changes: SliceChanges): Promise<boolean> {
  try {
    await writeSlice(database, changes);
    return true;
  } catch (error) {
    if (error instanceof StudentIdCollision) return false;
    throw error;
  }
}

/** Whoever gives StudentIds back meanwhile makes a slice look again; it gives up after so many times. */
const MOST_LOOKS = 10;

/** Writes what the rows come to one by one; looks again when a StudentId was taken meanwhile. */
async function writeResolved(
  database: Client,
  changes: SliceChanges,
  reading: Reading,
): Promise<SliceChanges> {
  for (let looks = 1; looks < MOST_LOOKS; looks++) {
    const resolved = await resolve(database, changes, reading);
    if (await isWritten(database, resolved)) return resolved;
  }
  throw new StudentIdCollision();
}

/** Looks at who has which StudentId, and settles row by row who gets which. */
async function resolve(
  database: Client,
  changes: SliceChanges,
  { rows, records }: Reading,
): Promise<SliceChanges> {
  const { upload } = changes;
  const { waiting, ...roll } = await loadStanding(database, upload, rows);
  const waitingRows = postponed(rows, roll, waiting);
  const effective = rows.filter((row) => !waitingRows.has(row));
  const isWaiting = upload.deferred + waitingRows.size > 0;
  return {
    ...changes,
    students: [...giveTogether(effective).values()],
    passOn: true,
    counted: await countSeveral(database, upload, effective),
    named: effective.map(({ usernameKey }) => usernameKey),
    ...(isWaiting ? { state: "processing", completedAt: null } : {}),
    deferred: [...waitingRows].map((row) => ({ row, record: records.get(row)! })),
  };
}

/** Of students with several rows, what the database's own counting leaves out. */
async function countSeveral(
  database: Client,
  upload: UploadProgress,
  rows: readonly Row[],
): Promise<SliceChanges["counted"]> {
  const several = keysTwice(rows);
  if (several.size === 0) return { added: 0, updated: 0 };
  const students = await loadStudents(database, upload, several);
  const ofSeveral = rows.filter(({ usernameKey }) => several.has(usernameKey));
  return countedBeyond(takeEffect(ofSeveral, students), students);
}

function keysTwice(rows: readonly Row[]): Set<string> {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const { usernameKey } of rows) (once.has(usernameKey) ? twice : once).add(usernameKey);
  return twice;
}
