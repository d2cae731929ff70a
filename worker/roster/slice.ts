/**
 * A slice of a roster read: its bytes cut into whole records, and these checked, before the database
 * is asked about them.
 */
import { type CsvRecord, isMalformed, type MalformedRecord, scan } from "../../shared/csv/csv.ts";
import {
  type KeptRecord,
  LISTED_PROBLEMS,
  type RejectedName,
  type UploadProgress,
} from "./changes.ts";
import type { HeaderEnd } from "./header.ts";
import { arranged, byPosition, type Layout } from "./layout.ts";
import { isCorrectable, malformedProblem } from "./malformed.ts";
import type { Problem } from "./problems.ts";
import { isBlankRow, type Row, type RowReader, rowReader } from "./row.ts";
import { usernameKey } from "./values/username.ts";

/** What the records of a slice come to, before anybody asked the database about them. */
export interface Reading {
  rows: Row[];
  /** Of each row in `rows`, where its record is. */
  records: Map<Row, KeptRecord>;
  /** As many as can be listed still. */
  problems: Problem[];
  /** How many further ones there are, and how many of them are warnings. */
  more: { problems: number; warnings: number };
  rejected: number;
  rejectedRecords: KeptRecord[];
  /** Whom the rejected records name, so far as they can be read. */
  rejectedNames: RejectedName[];
  read: number;
  unprocessed: number;
  header: Uint8Array | null;
  /** Where the columns stand. */
  layout: Layout;
  /** Bytes. */
  consumed: number;
  nextLine: number;
  insideLine: boolean;
  isEnd: boolean;
}

export interface ReadingOptions {
  /** So many records are read at the most; blank ones and those beyond the row limit do not count. */
  sliceRows: number;
  /** Milliseconds since the epoch. */
  now: number;
  /** Lets others have their turn, between one window and the next. */
  pause(): Promise<void>;
}

/** What is scanned in one go: some 20 ms at the most. More than a record and its line end can have. */
const WINDOW_BYTES = 128 * 1024;

/** So many records in one go: those of very short lines are many, and all are there at once. */
const WINDOW_RECORDS = 2_000;

/**
 * Scans and checks the records of a slice.
 * @param header how far the header row goes in these bytes, when it is in them
 * @param layout where the columns stand
 */
export async function readSlice(
  upload: UploadProgress,
  offset: number,
  bytes: Uint8Array,
  { header, layout }: { header: HeaderEnd | undefined; layout: Layout },
  { sliceRows, now, pause }: ReadingOptions,
): Promise<Reading> {
  const last = offset + bytes.length === upload.size;
  const { consumed, nextLine } = header ?? { consumed: 0, nextLine: upload.nextLine };
  const reading: Reading = {
    rows: [],
    records: new Map(),
    problems: [],
    more: { problems: 0, warnings: 0 },
    rejected: 0,
    rejectedRecords: [],
    rejectedNames: [],
    read: 0,
    unprocessed: 0,
    header: header?.isWhole ? bytes.slice(0, consumed) : null,
    layout,
    consumed,
    nextLine,
    insideLine: upload.insideLine,
    isEnd: false,
  };
  const today = new Date(now).toISOString().slice(0, 10);
  const readRow = rowReader(upload.settings, { today, placements: upload.placements });
  const taker = new RecordTaker(upload, { bytes, layout, sliceRows, readRow, reading });
  // Blank lines and no header yet: there can be no rows.
  let isOpen = upload.hasHeader || header?.isWhole === true;
  while (isOpen && reading.consumed < bytes.length) {
    const start = reading.consumed;
    const end = Math.min(start + WINDOW_BYTES, bytes.length);
    const found = scan(bytes.subarray(start, end), {
      line: reading.nextLine,
      last: last && end === bytes.length,
      columns: layout.width,
      insideLine: reading.insideLine,
      maxRecords: WINDOW_RECORDS,
      // Which columns of another layout have to be seen for a row not to be blank, only reading tells.
      tally: taker.isBeyond && layout === byPosition,
    });
    reading.unprocessed += found.tallied;
    isOpen = found.consumed > 0;
    reading.consumed = start + found.consumed;
    reading.nextLine = found.nextLine;
    reading.insideLine = found.insideLine;
    const left = found.records.find((record) => !taker.take(record, start));
    if (left !== undefined) {
      // The slice is full before this record, which the next one starts with.
      reading.consumed = start + left.start;
      reading.nextLine = left.line;
      reading.insideLine = false;
      break;
    }
    if (reading.consumed < bytes.length) await pause();
  }
  reading.isEnd = last && reading.consumed === bytes.length;
  return reading;
}

interface Taking {
  bytes: Uint8Array;
  layout: Layout;
  sliceRows: number;
  readRow: RowReader;
  reading: Reading;
}

/** Takes the records of a slice one after the other. */
class RecordTaker {
  readonly #bytes: Uint8Array;
  readonly #layout: Layout;
  readonly #readRow: RowReader;
  readonly #reading: Reading;
  /** So many problems can be listed still. */
  readonly #listable: number;
  /** So many rows may still come before the school's limit. */
  #room: number;
  /** The record under way is beyond the limit: so is the rest of its line. */
  #isBeyond: boolean;
  /** So many records may still be read in this slice. */
  #left: number;

  constructor(upload: UploadProgress, { bytes, layout, sliceRows, readRow, reading }: Taking) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#readRow = readRow;
    this.#reading = reading;
    this.#listable = Math.max(0, LISTED_PROBLEMS - upload.problems);
    this.#room = upload.settings.rowLimit - upload.read;
    this.#isBeyond = upload.unprocessed > 0;
    this.#left = sliceRows;
  }

  /** Is the rest of the file beyond the school's limit? */
  get isBeyond(): boolean {
    return this.#isBeyond;
  }

  /** False, and the record is not taken, when the slice is full. */
  take(record: CsvRecord | MalformedRecord, windowStart: number): boolean {
    const reading = this.#reading;
    const isRow = !isMalformed(record);
    const fields = isRow ? arranged(record.fields, this.#layout) : [];
    if (isRow && isBlankRow(fields)) return true;
    // The next piece of a line that is too long is neither another record nor another problem.
    if (!isRow && record.continued) return true;
    this.#isBeyond ||= this.#room <= 0;
    if (this.#isBeyond) {
      reading.unprocessed++;
      return true;
    }
    if (this.#left === 0) return false;
    this.#left--;
    this.#room--;
    reading.read++;
    const kept = { start: windowStart + record.start, end: windowStart + record.end };
    if (isRow) {
      this.#takeRow(fields, record.line, kept);
    } else {
      const isKept = isCorrectable(record, this.#bytes, kept);
      const named = arranged(record.fields ?? [], this.#layout);
      this.#reject(named, kept, [malformedProblem(record, this.#layout)], isKept);
    }
    return true;
  }

  #takeRow(fields: readonly string[], line: number, kept: KeptRecord): void {
    const { row, problems } = this.#readRow(fields, line);
    if (row === undefined) return this.#reject(fields, kept, problems, true);
    const reading = this.#reading;
    this.#find(problems);
    reading.rows.push(row);
    reading.records.set(row, kept);
  }

  /** Of a file that is wrong everywhere, the problems that are only counted need not be kept. */
  #find(problems: readonly Problem[]): void {
    const { problems: listed, more } = this.#reading;
    for (const problem of problems) {
      if (listed.length < this.#listable) {
        listed.push(problem);
        continue;
      }
      more.problems++;
      if (problem.severity === "warning") more.warnings++;
    }
  }

  #reject(
    fields: readonly string[],
    kept: KeptRecord,
    problems: readonly Problem[],
    isKept: boolean,
  ): void {
    this.#reading.rejected++;
    this.#reading.rejectedNames.push(nameIn(fields));
    this.#find(problems);
    if (isKept) this.#reading.rejectedRecords.push(kept);
  }
}

/** Bytes that are no text name nobody; what cannot be seen is no part of a name. */
function nameIn([username = "", studentId = ""]: readonly string[]): RejectedName {
  const text = (value: string) =>
    value.includes("\ufffd") ? "" : value.replace(/[\p{Cf}\p{Cc}]/gu, "").trim();
  return { usernameKey: usernameKey(text(username)), studentId: text(studentId) };
}
