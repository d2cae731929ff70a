/** How the tests of the CSV scanner scan, and what they say of what was found. */
import {
  type CsvRecord,
  isMalformed,
  type MalformedRecord,
  scan,
} from "../../../shared/csv/csv.ts";

export type Found = CsvRecord | MalformedRecord;

export const encoder = new TextEncoder();
export const bytesOf = (text: string) => encoder.encode(text);

/** Each character one byte: for bytes that are not UTF-8. */
export const rawBytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

export const scanText = (text: string, columns?: number) =>
  scan(bytesOf(text), { line: 1, last: true, columns }).records;

/** `2:a|b` for a record, `3:quote_bare` for a malformed one. */
export const brief = (records: readonly Found[]) =>
  records.map((record) =>
    `${record.line}:${isMalformed(record) ? record.reason : record.fields.join("|")}`
  );

/** Scans a file in slices that end at the cuts, giving what is unconsumed again with the next. */
export function scanInSlices(
  file: Uint8Array,
  cuts: readonly number[],
  options: { columns?: number; maxRecords?: number } = {},
) {
  const records: Found[] = [];
  let offset = 0;
  let line = 1;
  let insideLine = false;
  let largestTail = 0;
  for (const cut of [...cuts, file.length]) {
    const last = cut === file.length;
    for (;;) {
      const slice = file.subarray(offset, cut);
      const found = scan(slice, { line, last, insideLine, ...options });
      for (const record of found.records) {
        records.push({ ...record, start: record.start + offset, end: record.end + offset });
      }
      offset += found.consumed;
      line = found.nextLine;
      insideLine = found.insideLine;
      const isFull = found.records.length === options.maxRecords;
      if (!isFull) largestTail = Math.max(largestTail, cut - offset);
      if (!isFull || offset === cut) break;
    }
  }
  return { records, offset, line, largestTail };
}
