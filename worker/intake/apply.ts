/**
 * The heart: one slice of a roster, from bytes to students, problems and the next offset, in one
 * database batch. Between slices nothing is held; what the next one needs is in the database.
 */
import type { Client } from "@libsql/client";
import {
  loadDeferred,
  loadHolders,
  loadProgress,
  loadStudents,
} from "../database/school/slice-reads.ts";
import { StudentIdCollision, writeSlice } from "../database/school/slice-writes.ts";
import type { SliceChanges, UploadProgress } from "../roster/changes.ts";
import { judgeFile } from "../roster/header.ts";
import { type Problem, problem } from "../roster/problems.ts";
import { differs, type Outcomes, type Student } from "../roster/student.ts";
import {
  applyInOrder,
  applyPostponed,
  type Holder,
  type Roll,
  waitingOf,
} from "../roster/student-id-claims.ts";
import type { Row } from "../roster/row.ts";
import { writeSeen } from "../roster/repeated.ts";
import { visible } from "../roster/values/shown.ts";
import { hasRepetition, type Reading, readSlice, warnOfRepetitions } from "../roster/slice.ts";

export interface ApplyOptions {
  database: Client;
  /** The most records taken at a time. */
  sliceRows: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The slice is not the one that is due. */
export class WrongOffset extends Error {}

/**
 * Applies the bytes from `offset` of an upload. Takes whole records only; when it returns, the
 * upload's offset in the database says where to go on. Throws `WrongOffset` or `StaleSlice` when
 * these bytes are not the next ones.
 */
export async function applySlice(
  id: string,
  offset: number,
  bytes: Uint8Array,
  options: ApplyOptions,
): Promise<void> {
  const { database } = options;
  const upload = await loadProgress(database, id);
  if (!upload || upload.nextOffset !== offset || isDone(upload)) throw new WrongOffset();
  if (offset + bytes.length > upload.size) throw new WrongOffset();

  const last = offset + bytes.length === upload.size;
  const judged = upload.hasHeader ? undefined : judgeFile(bytes, last, upload.nextLine);
  const verdict = judged?.verdict;
  if (verdict?.verdict === "rejected") {
    await writeSlice(database, rejectFile(upload, verdict.problem, options));
    return;
  }
  const reading = readSlice(upload, offset, bytes, judged?.end, options);
  // Nothing whole in it: the bridge has to send more at once.
  if (reading.consumed === 0 && !reading.isEnd) return;
  if (verdict?.verdict === "out_of_order") reading.problems.unshift(verdict.problem);
  warnOfRepetitions(reading, upload.seen);

  const changes: SliceChanges = {
    ...reading,
    upload,
    offset,
    bytes,
    nextOffset: offset + reading.consumed,
    state: reading.isEnd ? "completed" : "processing",
    completedAt: reading.isEnd ? new Date(options.now).toISOString() : null,
    seen: reading.rows.length > 0 && !reading.isEnd ? writeSeen(reading.rows) : null,
    students: reading.rows,
    releases: [],
    counted: { added: 0, updated: 0 },
    deferred: [],
    rejectedDeferred: [],
  };
  const isPlain = upload.deferred === 0 && !hasRepetition(reading.rows);
  if (isPlain && await tryPlainly(database, changes)) return;
  await writeSlice(database, await resolved(database, changes, reading));
}

function isDone({ state }: UploadProgress): boolean {
  return state === "completed" || state === "rejected";
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
    completedAt: new Date(now).toISOString(),
    header: null,
    seen: null,
    students: [],
    releases: [],
    counted: { added: 0, updated: 0 },
    read: 0,
    unprocessed: 0,
    problems: [problem],
    bytes: new Uint8Array(),
    rejected: 0,
    rejectedRecords: [],
    deferred: [],
    rejectedDeferred: [],
  };
}

/** Writes the rows as they are; false when StudentIds collide and somebody has to look closer. */
async function tryPlainly(database: Client, changes: SliceChanges): Promise<boolean> {
  try {
    await writeSlice(database, changes);
    return true;
  } catch (error) {
    if (error instanceof StudentIdCollision) return false;
    throw error;
  }
}

/** Looks at what is stored, and settles who gets which StudentId, row by row. */
async function resolved(
  database: Client,
  changes: SliceChanges,
  reading: Reading,
): Promise<SliceChanges> {
  const { upload } = changes;
  const waitingRows = upload.deferred > 0 ? await loadDeferred(database, upload.id) : [];
  const rows = reading.isEnd ? [...waitingRows, ...reading.rows] : reading.rows;
  const keys = [...new Set(rows.map(({ usernameKey }) => usernameKey))];
  const ids = [...new Set(rows.flatMap(({ studentId }) => studentId ?? []))];
  const [stored, holders] = await Promise.all([
    loadStudents(database, upload.schoolId, keys),
    loadHolders(database, upload.schoolId, ids),
  ]);
  const roll: Roll = { students: new Map(stored), holders };
  const counts = { added: 0, updated: 0, unchanged: 0 };
  const postponed = applyInOrder(reading.rows, roll, waitingOf(waitingRows), counts);
  const recordOf = (row: Row) => reading.records.get(row)!;
  if (!reading.isEnd) {
    const deferred = postponed.map((row) => ({ row, record: recordOf(row) }));
    return { ...changes, ...writable(stored, roll.students, counts), deferred };
  }
  const failed = applyPostponed([...waitingRows, ...postponed], roll, counts);
  const isHere = ({ row }: { row: Row }) => reading.records.has(row);
  const failedHere = failed.filter(isHere).map(({ row }) => recordOf(row));
  return {
    ...changes,
    ...writable(stored, roll.students, counts),
    problems: [...reading.problems, ...failed.map(takenProblem)],
    rejected: reading.rejected + failedHere.length,
    rejectedRecords: [...reading.rejectedRecords, ...failedHere],
    rejectedDeferred: failed.filter((failure) => !isHere(failure)).map(({ row }) => row.line),
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

function takenProblem({ row, holder }: { row: Row; holder: Holder }): Problem {
  return problem(
    { line: row.line, username: row.username, column: "StudentId" },
    "student_id_taken",
    `The StudentId of this row belongs to ${
      visible(holder.username, 254)
    }. Each StudentId may belong to one student only; the row was not applied.`,
  );
}
