/**
 * The check pass: one slice of a roster read against today's students, and what it would come to
 * written down; no student is touched. At its end it is decided what becomes of the file: it is done, it
 * is held, or the bridge sends it once more, to be applied.
 *
 * A slice costs one round trip more than one that is applied: the students are read in one statement,
 * which answers only with those that would change. Where StudentIds collide it is up to three more: who is
 * there, how they stand, and what is known of those whose rows take effect.
 */
import type { Client } from "@libsql/client";
import { instant } from "../context.ts";
import {
  compareRows,
  type Comparison,
  keysStored,
  standingsSoFar,
} from "../database/school/checked-students.ts";
import { writeCheckedSlice, writeCheckSettled } from "../database/school/check-writes.ts";
import { type LoadedProgress, loadProgress, loadStanding } from "../database/school/slice-reads.ts";
import { loadStudents } from "../database/school/standings.ts";
import type { SliceChanges } from "../roster/changes.ts";
import type { Row } from "../roster/row.ts";
import { differs, studentAfter, takeEffect } from "../roster/student.ts";
import { postponed } from "../roster/student-id-claims.ts";
import { finishCheck } from "./check-end.ts";
import { type LaneOptions, type Slice, type Taken, WrongOffset } from "./lane.ts";
import { type NextRows, pause, readNext } from "./reading.ts";
import { type Ground, settleWaiting } from "./settle.ts";

/**
 * Checks a slice of a roster. Takes whole records only.
 * @returns where to go on: after the last slice, what was decided
 * @throws `WrongOffset` or `StaleSlice` when these bytes are not the next ones
 */
export async function checkSlice(slice: Slice, options: LaneOptions): Promise<Taken> {
  const upload = await loadProgress(options.database, slice.id, slice.school);
  if (!upload || !isNext(upload, slice)) throw new WrongOffset();
  const { state, nextOffset, rejected } = await check(upload, slice, options);
  const position = { ...upload.stored, state, offset: nextOffset, rejected };
  if (state !== "checking" || nextOffset < upload.size) {
    return { position, consumed: nextOffset - slice.offset };
  }
  const decided = await finishCheck(upload, options);
  return { position: { ...position, ...decided }, consumed: slice.bytes.length };
}

/** Is it the upload's next slice, from the bridge of its school? */
function isNext(upload: LoadedProgress, { bridge, pass, offset, bytes }: Slice): boolean {
  const { stored, state, nextOffset, size } = upload;
  return (state === "accepted" || state === "checking") && upload.bridge === bridge &&
    stored.pass === pass && nextOffset === offset && offset + bytes.length <= size;
}

/** Where a slice left the upload. */
type Reached = Pick<LoadedProgress, "state" | "nextOffset" | "rejected">;

async function check(
  upload: LoadedProgress,
  { offset, bytes }: Slice,
  options: LaneOptions,
): Promise<Reached> {
  const { database } = options;
  if (offset === upload.size && offset > 0) {
    // All is read, and the worker ended before it settled or decided.
    return upload.deferred > 0 ? await settle(upload, options) : upload;
  }
  const next = await readNext(upload, { offset, bytes }, options);
  // Nothing whole in it: the bridge has to send more at once.
  if (next === undefined) return upload;
  if (next.reading === undefined) {
    await writeCheckedSlice(database, next.changes, null);
    return reachedBy(next.changes);
  }
  await pause();
  const changes = await compare(upload, next, database);
  const named = upload.terms!.isSnapshot ? next.reading.rows.map((row) => row.usernameKey) : null;
  await writeCheckedSlice(database, changes, named);
  const reached = reachedBy(changes);
  if (!next.reading.isEnd || upload.deferred + changes.deferred.length === 0) return reached;
  return await settle({
    ...upload,
    ...reached,
    problems: upload.problems + changes.problems.length + changes.more.problems,
  }, options);
}

function reachedBy({ upload, state, nextOffset, rejected }: SliceChanges): Reached {
  return { state, nextOffset, rejected: upload.rejected + rejected };
}

/** What the rows of a slice would change. */
async function compare(
  upload: LoadedProgress,
  { reading, changes }: NextRows,
  database: Client,
): Promise<SliceChanges> {
  const { rows } = reading;
  if (rows.length === 0) return { ...changes, students: [] };
  const additionsOnly = upload.terms!.additionsUntil !== null;
  const isRepeated = changes.problems.some(({ code }) => code === "username_repeated");
  if (upload.deferred === 0 && !isRepeated && !wantsTwice(rows)) {
    const comparison = await compareRows(database, upload, rows, additionsOnly);
    if (!comparison.collides) return { ...changes, ...plainly(comparison) };
  }
  return await inOrder(upload, { reading, changes }, database, additionsOnly);
}

/** Do two rows want one StudentId? */
function wantsTwice(rows: readonly Row[]): boolean {
  const ids = rows.flatMap(({ studentId }) => studentId ?? []);
  return new Set(ids).size < ids.length;
}

/** No row concerns another one's. */
function plainly({ differences }: Comparison): Pick<SliceChanges, "students" | "counted"> {
  const counted = { added: 0, updated: 0 };
  const students = differences.map(({ row, before }) => {
    const after = studentAfter(before ?? undefined, row);
    if (before === null) counted.added++;
    else if (differs(before, after)) counted.updated++;
    return after;
  });
  return { students, counted };
}

/** Looks at what is stored and at what the file so far leaves, row by row. */
async function inOrder(
  upload: LoadedProgress,
  { reading, changes }: NextRows,
  database: Client,
  additionsOnly: boolean,
): Promise<SliceChanges> {
  const keys = reading.rows.map(({ usernameKey }) => usernameKey);
  const { stored, inactive } = await keysStored(database, upload, keys);
  const rows = additionsOnly
    ? reading.rows.filter(({ usernameKey }) => !stored.has(usernameKey))
    : reading.rows;
  const { waiting, ...roll } = await loadStanding(database, upload, rows, standingsSoFar);
  const waitingRows = postponed(rows, roll, waiting);
  const effective = rows.filter((row) => !waitingRows.has(row));
  const named = effective.map(({ usernameKey }) => usernameKey);
  const before = await loadStudents(database, upload, named, standingsSoFar);
  const { after, outcomes } = takeEffect(effective, before);
  return {
    ...changes,
    students: [...after.values()].filter((student) => {
      const key = student.usernameKey;
      return !before.has(key) || inactive.has(key) || differs(before.get(key)!, student);
    }),
    counted: outcomes,
    deferred: [...waitingRows].map((row) => ({ row, record: reading.records.get(row)! })),
  };
}

/** What the file so far leaves, in place of the students. */
const checked: Ground = {
  standings: standingsSoFar,
  write: writeCheckSettled,
};

async function settle(upload: LoadedProgress, options: LaneOptions): Promise<Reached> {
  const completedAt = instant(options.now);
  const failed = await settleWaiting(options.database, upload, {
    completedAt,
    pause,
    ground: checked,
  });
  return { state: "checking", nextOffset: upload.size, rejected: upload.rejected + failed };
}
