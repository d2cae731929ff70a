/**
 * A slice of a roster read: its bytes cut into whole records, and these checked, before the database
 * is asked about them.
 */
import { type CsvRecord, isMalformed, type MalformedRecord, scan } from "../../shared/csv/csv.ts";
import type { KeptRecord, UploadProgress } from "./changes.ts";
import { COLUMNS } from "./columns.ts";
import type { HeaderEnd } from "./header.ts";
import { malformedProblem } from "./malformed.ts";
import { type Problem, problem } from "./problems.ts";
import { type Row, rowReader } from "./row.ts";
import { findSeen } from "./repeated.ts";

/** What the records of a slice come to, before anybody asked the database about them. */
export interface Reading {
  rows: Row[];
  /** Of each row in `rows`, where its record is. */
  records: Map<Row, KeptRecord>;
  problems: Problem[];
  rejected: number;
  rejectedRecords: KeptRecord[];
  read: number;
  unprocessed: number;
  header: Uint8Array | null;
  consumed: number;
  nextLine: number;
  insideLine: boolean;
  isEnd: boolean;
}

/**
 * Scans and checks the records of a slice.
 * @param header how far the header row goes in these bytes, when it is in them
 */
export function readSlice(
  upload: UploadProgress,
  offset: number,
  bytes: Uint8Array,
  header: HeaderEnd | undefined,
  { sliceRows, now }: { sliceRows: number; now: number },
): Reading {
  const last = offset + bytes.length === upload.size;
  const { consumed: start, nextLine: line } = header ?? { consumed: 0, nextLine: upload.nextLine };
  // Blank lines and no header yet: there can be no rows.
  const maxRecords = upload.hasHeader || header?.isWhole ? sliceRows : 0;
  const found = scan(bytes.subarray(start), {
    line,
    last,
    columns: COLUMNS.length,
    maxRecords,
    insideLine: upload.insideLine,
  });
  const consumed = start + found.consumed;
  const reading: Reading = {
    rows: [],
    records: new Map(),
    problems: [],
    rejected: 0,
    rejectedRecords: [],
    read: 0,
    unprocessed: 0,
    header: header?.isWhole ? bytes.slice(0, start) : null,
    consumed,
    nextLine: found.nextLine,
    insideLine: found.insideLine,
    isEnd: last && consumed === bytes.length,
  };
  const today = new Date(now).toISOString().slice(0, 10);
  const readRow = rowReader(upload.settings, { today, placements: upload.placements });
  // Once a row was beyond the limit all others are, even the rest of a line that goes on here.
  let room = upload.unprocessed > 0 ? -1 : upload.settings.rowLimit - upload.read;
  for (const record of found.records) {
    const isNew = !isMalformed(record) || !record.continued;
    if (isNew && room-- <= 0) reading.unprocessed++;
    if (room < 0) continue;
    if (isNew) reading.read++;
    take(record, start, readRow, reading);
  }
  return reading;
}

function take(
  record: CsvRecord | MalformedRecord,
  start: number,
  readRow: ReturnType<typeof rowReader>,
  reading: Reading,
): void {
  const kept = { start: start + record.start, end: start + record.end };
  if (isMalformed(record)) {
    reading.rejectedRecords.push(kept);
    if (record.continued) return;
    reading.rejected++;
    reading.problems.push(malformedProblem(record));
    return;
  }
  const { row, problems } = readRow(record.fields, record.line);
  reading.problems.push(...problems);
  if (row) {
    reading.rows.push(row);
    reading.records.set(row, kept);
  } else {
    reading.rejected++;
    reading.rejectedRecords.push(kept);
  }
}

export function hasRepetition(rows: readonly Row[]): boolean {
  return new Set(rows.map(({ usernameKey }) => usernameKey)).size < rows.length;
}

/** Warns of each Username that an earlier line of the file has. */
export function warnOfRepetitions(reading: Reading, seen: readonly Uint8Array[]): void {
  const lines = findSeen(reading.rows, seen);
  const warnings: Problem[] = [];
  const here = new Map<string, number>();
  for (const { usernameKey, username, line } of reading.rows) {
    const earlier = here.get(usernameKey) ?? lines.get(usernameKey);
    here.set(usernameKey, line);
    if (earlier === undefined) continue;
    warnings.push(problem(
      { line, username, column: "Username" },
      "username_repeated",
      `This Username is already in line ${earlier} of this file. Rows are read in their order, so the later row wins.`,
    ));
  }
  reading.problems.push(...warnings);
}
