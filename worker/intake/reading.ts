/** The next slice of a roster, read: what its records come to before anybody asked about them. */
import { instant } from "../context.ts";
import type { LoadedProgress } from "../database/school/slice-reads.ts";
import type { SliceChanges, UploadProgress } from "../roster/changes.ts";
import { type HeaderVerdict, judgeFile } from "../roster/header.ts";
import type { Problem } from "../roster/problems.ts";
import { namesOf } from "../roster/repeated.ts";
import { type Reading, readSlice } from "../roster/slice.ts";
import type { LaneOptions, Slice } from "./lane.ts";

/** Rows that were read, and what they come to when no StudentId collides. */
export interface NextRows {
  reading: Reading;
  changes: SliceChanges;
}

/** The whole file is rejected: `changes` says so. */
interface Rejected {
  reading?: undefined;
  changes: SliceChanges;
}

/** @returns `undefined` when there is nothing whole in it */
export async function readNext(
  upload: LoadedProgress,
  { offset, bytes }: Pick<Slice, "offset" | "bytes">,
  options: LaneOptions,
): Promise<NextRows | Rejected | undefined> {
  const last = offset + bytes.length === upload.size;
  const judged = upload.hasHeader
    ? undefined
    : judgeFile(bytes, last, upload.nextLine, upload.settings);
  const verdict = judged?.verdict;
  if (verdict?.verdict === "rejected") {
    return { changes: rejectFile(upload, verdict.problem, options) };
  }
  const layout = verdict?.layout ?? upload.layout;
  const reading = await readSlice(upload, offset, bytes, { header: judged?.end, layout }, {
    ...options,
    pause,
  });
  if (reading.consumed === 0 && !reading.isEnd) return undefined;
  return { reading, changes: changesOf(upload, offset, bytes, reading, verdict, options) };
}

/** Others get their turn: requests, health, other schools' slices. */
export function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, 0));
}

/** What a slice comes to when no StudentId collides. */
function changesOf(
  upload: LoadedProgress,
  offset: number,
  bytes: Uint8Array,
  reading: Reading,
  verdict: HeaderVerdict | undefined,
  { now }: LaneOptions,
): SliceChanges {
  const { index, warnings, isRepeatedHere } = namesOf(reading.rows, upload.seen);
  const isCheck = upload.stored.pass === "check";
  // A check ends with a decision, a snapshot with those who leave.
  const isDone = reading.isEnd && !isCheck && !upload.isLeaving;
  const ofHeader = verdict?.problem === undefined ? [] : [verdict.problem];
  return {
    ...reading,
    upload,
    offset,
    bytes,
    nextOffset: offset + reading.consumed,
    state: isDone ? "completed" : isCheck ? "checking" : "processing",
    at: instant(now),
    completedAt: isDone ? instant(now) : null,
    isRepeatedHere,
    seen: reading.isEnd || reading.rows.length === 0 ? null : index,
    problems: [...ofHeader, ...reading.problems, ...warnings],
    students: reading.rows,
    named: null,
    passOn: false,
    counted: { added: 0, updated: 0 },
    deferred: [],
  };
}

/** Nothing of the file is applied; the problem is the whole report. */
function rejectFile(upload: UploadProgress, problem: Problem, { now }: LaneOptions): SliceChanges {
  return {
    upload,
    offset: upload.nextOffset,
    nextOffset: upload.size,
    nextLine: 1,
    insideLine: false,
    state: "rejected",
    at: instant(now),
    completedAt: instant(now),
    header: null,
    layout: upload.layout,
    isRepeatedHere: false,
    seen: null,
    students: [],
    named: null,
    passOn: false,
    counted: { added: 0, updated: 0 },
    read: 0,
    unprocessed: 0,
    problems: [problem],
    more: { problems: 0, warnings: 0 },
    bytes: new Uint8Array(),
    rejected: 0,
    rejectedNames: [],
    rejectedRecords: [],
    deferred: [],
  };
}
