/**
 * The heart: one slice of a roster, from bytes to students, problems and the next offset, in one
 * database batch. Between slices nothing is held; what the next one needs is in the database.
 *
 * A slice costs two round trips to the database, one that reads and one that writes. Where StudentIds
 * collide it is one more, and the rows that have to wait for the end of the file are settled after the
 * last slice, in a batch of their own.
 */
import type { Client } from "@libsql/client";
import type { StoredPosition } from "../database/school/arrivals.ts";
import { type LoadedProgress, loadProgress, loadStanding } from "../database/school/slice-reads.ts";
import { StudentIdCollision, writeSlice } from "../database/school/slice-writes.ts";
import type { SliceChanges, UploadProgress } from "../roster/changes.ts";
import { type HeaderVerdict, judgeFile } from "../roster/header.ts";
import type { Problem } from "../roster/problems.ts";
import { namesOf } from "../roster/repeated.ts";
import { type Reading, readSlice } from "../roster/slice.ts";
import { differs, type Outcomes, type Student } from "../roster/student.ts";
import { applyInOrder, type Roll } from "../roster/student-id-claims.ts";
import { type LaneOptions, type Slice, type Taken, WrongOffset } from "./lane.ts";
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
  const reached = await apply(upload, slice, options);
  return {
    position: { ...upload.stored, ...reached },
    consumed: reached.offset - slice.offset,
  };
}

/** Is it the upload's next slice, from the bridge of its school? */
function isNext(upload: LoadedProgress, { bridge, pass, offset, bytes }: Slice): boolean {
  const { stored, state, nextOffset, size } = upload;
  const isUnderWay = state === "accepted" || state === "processing";
  return isUnderWay && upload.bridge === bridge && stored.pass === pass &&
    nextOffset === offset && offset + bytes.length <= size;
}

async function apply(
  upload: UploadProgress,
  { offset, bytes }: Slice,
  options: ApplyOptions,
): Promise<Reached> {
  const { database } = options;
  // All is read, and the worker ended before it settled the rows that wait.
  if (upload.deferred > 0 && offset === upload.size) return await settle(upload, options);

  const last = offset + bytes.length === upload.size;
  const judged = upload.hasHeader
    ? undefined
    : judgeFile(bytes, last, upload.nextLine, upload.settings);
  const verdict = judged?.verdict;
  if (verdict?.verdict === "rejected") {
    return await write(database, rejectFile(upload, verdict.problem, options));
  }
  const layout = verdict?.layout ?? upload.layout;
  const reading = await readSlice(upload, offset, bytes, { header: judged?.end, layout }, {
    ...options,
    pause,
  });
  // Nothing whole in it: the bridge has to send more at once.
  if (reading.consumed === 0 && !reading.isEnd) return positionOf(upload);
  const changes = changesOf(upload, offset, bytes, reading, verdict, options);
  const isPlain = upload.deferred === 0 && !changes.isRepeatedHere;
  await pause();
  if (isPlain && await isWritten(database, changes)) return positionAfter(changes);
  const resolved = await resolve(database, changes, reading);
  const position = await write(database, resolved);
  if (!reading.isEnd || resolved.state === "completed") return position;
  return await settle({
    ...upload,
    nextOffset: upload.size,
    rejected: position.rejected,
    problems: upload.problems + resolved.problems.length + resolved.more.problems,
  }, options);
}

/** Others get their turn: requests, health, other schools' slices. */
function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, 0));
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
  const completedAt = new Date(options.now).toISOString();
  const failed = await settleWaiting(options.database, upload, { completedAt, pause });
  return { state: "completed", offset: upload.size, rejected: upload.rejected + failed };
}

/** What a slice comes to when no StudentId collides. */
function changesOf(
  upload: UploadProgress,
  offset: number,
  bytes: Uint8Array,
  reading: Reading,
  verdict: HeaderVerdict | undefined,
  { now }: ApplyOptions,
): SliceChanges {
  const { index, warnings, isRepeatedHere } = namesOf(reading.rows, upload.seen);
  const ofHeader = verdict?.problem === undefined ? [] : [verdict.problem];
  return {
    ...reading,
    upload,
    offset,
    bytes,
    nextOffset: offset + reading.consumed,
    state: reading.isEnd ? "completed" : "processing",
    at: new Date(now).toISOString(),
    completedAt: reading.isEnd ? new Date(now).toISOString() : null,
    isRepeatedHere,
    seen: reading.isEnd || reading.rows.length === 0 ? null : index,
    problems: [...ofHeader, ...reading.problems, ...warnings],
    students: reading.rows,
    releases: [],
    counted: { added: 0, updated: 0 },
    deferred: [],
  };
}

/** Nothing of the file is applied; the problem is the whole report. */
function rejectFile(upload: UploadProgress, problem: Problem, { now }: ApplyOptions): SliceChanges {
  return {
    upload,
    offset: upload.nextOffset,
    nextOffset: upload.size,
    nextLine: 1,
    insideLine: false,
    state: "rejected",
    at: new Date(now).toISOString(),
    completedAt: new Date(now).toISOString(),
    header: null,
    layout: upload.layout,
    isRepeatedHere: false,
    seen: null,
    students: [],
    releases: [],
    counted: { added: 0, updated: 0 },
    read: 0,
    unprocessed: 0,
    problems: [problem],
    more: { problems: 0, warnings: 0 },
    bytes: new Uint8Array(),
    rejected: 0,
    rejectedRecords: [],
    deferred: [],
  };
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

/** Looks at what is stored, and settles who gets which StudentId, row by row. */
async function resolve(
  database: Client,
  changes: SliceChanges,
  reading: Reading,
): Promise<SliceChanges> {
  const { upload } = changes;
  const standing = await loadStanding(database, upload, reading.rows);
  const roll: Roll = { students: new Map(standing.students), holders: standing.holders };
  const outcomes = { added: 0, updated: 0, unchanged: 0 };
  const postponed = applyInOrder(reading.rows, roll, standing.waiting, outcomes);
  const isWaiting = upload.deferred + postponed.length > 0;
  return {
    ...changes,
    ...writable(standing.students, roll.students, outcomes),
    ...(isWaiting ? { state: "processing", completedAt: null } : {}),
    deferred: postponed.map((row) => ({ row, record: reading.records.get(row)! })),
  };
}

/** The students that changed, and what the database's own counting of them leaves out. */
function writable(
  before: ReadonlyMap<string, Student>,
  after: ReadonlyMap<string, Student>,
  { added, updated }: Outcomes,
): Pick<SliceChanges, "students" | "releases" | "counted"> {
  const students: Student[] = [];
  const releases: string[] = [];
  let addedByDatabase = 0;
  for (const [key, student] of after) {
    const stored = before.get(key);
    if (stored && !differs(stored, student)) continue;
    students.push(student);
    if (!stored) addedByDatabase++;
    else if (stored.studentId && stored.studentId !== student.studentId) releases.push(key);
  }
  const updatedByDatabase = students.length - addedByDatabase;
  return {
    students,
    releases,
    counted: { added: added - addedByDatabase, updated: updated - updatedByDatabase },
  };
}
