/**
 * Reading CSV (RFC 4180, SPEC section 4): a scanner that can stop and go on at any byte of a file.
 *
 * What the scanner promises: the records, their lines and their byte ranges depend on the file alone,
 * never on how it was cut into slices; a malformed record costs exactly the physical line it starts
 * on; and the work is proportional to the bytes, whatever the bytes are.
 *
 * It decodes a slice once and jumps from comma to comma. Everything is decided within whole physical
 * lines, so a slice that ends inside a line, a quoted value or a character needs no special case: the
 * tail is left unconsumed.
 */
import { isUtf8, Jumps, type LineEnd, Lines } from "./lines.ts";
import { countQuotedFields, holdsRow, readQuotedRecord } from "./quoted.ts";

export { holdsRow };

/** A record's content, without its line end, may have so many bytes. */
export const RECORD_BYTES = 64 * 1024;

/**
 * Why a record is malformed:
 * - `quote_bare`: a quotation mark inside a value that does not start with one, or text after the
 *   closing one;
 * - `quote_unclosed`: a quoted value that does not end properly within its line, the lines after it
 *   or 64 KiB, or that ends but has swallowed a row by then, see {@link holdsRow};
 * - `field_count`: more or fewer fields than `columns`;
 * - `not_utf8`: bytes that are not UTF-8;
 * - `nul_byte`: a NUL, which no text has;
 * - `record_too_long`: a physical line of more than 64 KiB.
 */
export type MalformedReason =
  | "quote_bare"
  | "quote_unclosed"
  | "field_count"
  | "not_utf8"
  | "nul_byte"
  | "record_too_long";

export interface CsvRecord {
  /** The physical line it starts on. */
  line: number;
  /** Its bytes in the given slice, line end included; a byte-order mark belongs to the first record. */
  start: number;
  end: number;
  fields: string[];
}

export interface MalformedRecord {
  line: number;
  start: number;
  end: number;
  reason: MalformedReason;
  /** `field_count`: how many fields there are; a quote: the column, from 1, where it was found. */
  found?: number;
  /** The fields as far as they could be read; with `not_utf8`, U+FFFD stands for unreadable bytes. */
  fields?: string[];
  /**
   * The next piece of a `record_too_long` line, which comes in pieces of 64 KiB. To be kept with the
   * line's other bytes; it is not another record and not another problem.
   */
  continued?: true;
}

export interface ScanOptions {
  /** The physical line of the first byte. Line 1 is the start of the file, where a BOM may stand. */
  line: number;
  /** No bytes follow these. */
  last: boolean;
  /** How many fields a record must have; without it any number will do. */
  columns?: number;
  /** Stop after so many records, malformed ones included. */
  maxRecords?: number;
  /** The slice starts inside a line that is too long, as the last scan's `insideLine` said. */
  insideLine?: boolean;
  /**
   * Records are only counted, so far as they need not be looked at for that: those that are malformed
   * or certainly not blank are in `tallied`, the others in `records`.
   */
  tally?: boolean;
}

export interface Scan {
  /** In file order. */
  records: (CsvRecord | MalformedRecord)[];
  /** With `tally`: how many further ones there were. */
  tallied: number;
  /** How many bytes are done with; the rest is to be given again with what follows it. */
  consumed: number;
  /** The physical line after the consumed bytes. */
  nextLine: number;
  /** The consumed bytes end inside a line that is too long: pass it on to the next scan. */
  insideLine: boolean;
}

export function isMalformed(record: CsvRecord | MalformedRecord): record is MalformedRecord {
  return "reason" in record;
}

/** Bytes after which any record's length is known to be too great: content, and CR LF. */
const WINDOW = RECORD_BYTES + 2;

/**
 * What is decoded at once. Engines keep longer strings apart from the others, at twice the cost; as a
 * slice can be cut anywhere, it is cut here too.
 */
const BLOCK_BYTES = 48 * 1024;

/**
 * Scans a slice of a file. Unless `last`, bytes whose verdict could change with what follows stay
 * unconsumed: at most 64 KiB and a line end. Blank lines are skipped, and counted as lines.
 */
export function scan(bytes: Uint8Array, options: ScanOptions): Scan {
  const { columns, maxRecords = Infinity, tally = false } = options;
  const records: (CsvRecord | MalformedRecord)[] = [];
  const state: Scan = {
    records,
    tallied: 0,
    consumed: 0,
    nextLine: options.line,
    insideLine: options.insideLine ?? false,
  };
  let size = BLOCK_BYTES;
  while (state.consumed < bytes.length && records.length < maxRecords) {
    const start = state.consumed;
    const end = Math.min(start + size, bytes.length);
    const last = options.last && end === bytes.length;
    scanBlock(new Lines(bytes.subarray(start, end), start, state.nextLine, last), {
      state,
      last,
      columns,
      maxRecords,
      tally,
    });
    if (state.consumed > start) size = BLOCK_BYTES;
    else if (end < bytes.length) size *= 2;
    else break;
  }
  return state;
}

/** Scans a block and brings `state` forward. */
function scanBlock(lines: Lines, options: {
  state: Scan;
  last: boolean;
  columns: number | undefined;
  maxRecords: number;
  tally: boolean;
}): void {
  const { state, last, columns, maxRecords, tally } = options;
  const { records } = state;
  const size = lines.bytes.length;
  const reader = new RecordReader(lines, columns);
  while (records.length < maxRecords && lines.start < size) {
    const undecided = !last && size - lines.start < WINDOW;
    if (state.insideLine) {
      if (!lines.ended && !last && size - lines.start < RECORD_BYTES) break;
      const reachesEnd = lines.endByte < lines.start + RECORD_BYTES;
      records.push({ ...takePiece(lines), continued: true });
      if (reachesEnd) lines.next();
      state.insideLine = !reachesEnd;
    } else if (!lines.ended && undecided) {
      break;
    } else if (lines.contentBytes(lines.endByte) > RECORD_BYTES) {
      records.push(takePiece(lines));
      state.insideLine = true;
    } else if (lines.isBlank()) {
      lines.next();
    } else if (tally && reader.isCounted()) {
      state.tallied++;
      lines.next();
    } else {
      const record = reader.read(undecided);
      if (record === undefined) break;
      records.push(record);
      lines.next();
    }
  }
  state.consumed = lines.origin + lines.start;
  state.nextLine = lines.line;
}

/** The next 64 KiB, or what is left, of a line that is too long. */
function takePiece(lines: Lines): MalformedRecord {
  const { origin, line, start, endByte, bytes } = lines;
  const end = Math.min(start + RECORD_BYTES, endByte + 1, bytes.length);
  lines.start = end;
  return { line, start: origin + start, end: origin + end, reason: "record_too_long" };
}

/** Reads the records of a block, one after the other. */
class RecordReader {
  readonly #nextComma: Jumps;
  readonly #countedComma: Jumps;
  readonly #nextQuote: Jumps;
  readonly #nextNul: Jumps;
  readonly #nextReplacement: Jumps | undefined;

  constructor(readonly lines: Lines, readonly columns: number | undefined) {
    this.#nextComma = new Jumps(lines.text, ",");
    this.#countedComma = new Jumps(lines.text, ",");
    this.#nextQuote = new Jumps(lines.text, '"');
    this.#nextNul = new Jumps(lines.text, "\0");
    this.#nextReplacement = lines.valid ? undefined : new Jumps(lines.text, "\ufffd");
  }

  /**
   * Reads the record at the current line, and extends that to the record's last line unless the
   * record is malformed. Undefined: a quoted value is open at the end of the bytes and `undecided`.
   */
  read(undecided: boolean): CsvRecord | MalformedRecord | undefined {
    const { lines } = this;
    if (this.#nextQuote.from(lines.textStart) >= lines.endText) {
      return this.#checked(this.#splitAtCommas(), undefined);
    }
    const reading = readQuotedRecord(lines.text, lines.textStart, lines.endText, WINDOW);
    if (reading.outcome === "open" && undecided) return undefined;
    if (reading.outcome === "closed") {
      if (reading.end <= lines.endText) return this.#checked(reading.fields, undefined);
      const end = lines.endAt(reading.end, WINDOW);
      if (lines.contentBytes(end.byte) <= RECORD_BYTES && !this.#swallowsRow(reading.fields)) {
        return this.#checked(reading.fields, end);
      }
    }
    const bare = reading.outcome === "bare";
    const before = bare ? reading.fields : reading.fields.slice(0, reading.fieldsOnFirstLine);
    const reason = bare ? "quote_bare" : "quote_unclosed";
    return malformed(lines, reason, before, before.length + 1);
  }

  /**
   * Is the current line, and that line alone, a record that is not blank, or a malformed one? False also
   * where only reading it can tell.
   */
  isCounted(): boolean {
    const { lines, columns } = this;
    if (columns === undefined) return false;
    if (this.#nextQuote.from(lines.textStart) >= lines.endText) {
      const first = lines.text.charCodeAt(lines.textStart);
      return isInk(first) || this.#commas() !== columns - 1;
    }
    const count = countQuotedFields(lines.text, lines.textStart, WINDOW);
    return count !== undefined && count !== columns;
  }

  #commas(): number {
    const { textStart, textEnd } = this.lines;
    let count = 0;
    // With jumps of their own, as a line that is counted may have to be read after all.
    for (let at = this.#countedComma.from(textStart); at < textEnd; count++) {
      at = this.#countedComma.from(at + 1);
    }
    return count;
  }

  #swallowsRow(fields: readonly string[]): boolean {
    const { columns } = this;
    return columns !== undefined && fields.some((value) => holdsRow(value, columns));
  }

  /** Checks what has nothing to do with quotes; `end` is where a record of several lines ends. */
  #checked(fields: string[], end: LineEnd | undefined): CsvRecord | MalformedRecord {
    const { lines, columns } = this;
    const { origin, line, start, textStart } = lines;
    const textEnd = end?.text ?? lines.endText;
    const byteEnd = Math.min((end?.byte ?? lines.endByte) + 1, lines.bytes.length);
    if (this.#nextNul.from(textStart) < textEnd) return malformed(lines, "nul_byte", fields);
    if (
      this.#nextReplacement !== undefined && this.#nextReplacement.from(textStart) < textEnd &&
      !isUtf8(lines.bytes.subarray(start, byteEnd))
    ) {
      return malformed(lines, "not_utf8", fields);
    }
    if (columns !== undefined && fields.length !== columns) {
      return malformed(lines, "field_count", fields, fields.length);
    }
    if (end !== undefined) lines.extendTo(end);
    return { line, start: origin + start, end: origin + byteEnd, fields };
  }

  #splitAtCommas(): string[] {
    const { text, textEnd } = this.lines;
    const fields = new Array<string>(this.columns ?? 0);
    let count = 0;
    let from = this.lines.textStart;
    for (;;) {
      const comma = this.#nextComma.from(from);
      if (comma >= textEnd) break;
      fields[count++] = text.slice(from, comma);
      from = comma + 1;
    }
    fields[count++] = text.slice(from, textEnd);
    if (count < fields.length) fields.length = count;
    return fields;
  }
}

/** An ASCII character that is seen, so that what begins with it is not blank. */
function isInk(code: number): boolean {
  return code > 0x2c && code < 0x7f;
}

function malformed(
  lines: Lines,
  reason: MalformedReason,
  fields: string[],
  found?: number,
): MalformedRecord {
  const { origin, line } = lines;
  const start = origin + lines.start;
  const end = origin + Math.min(lines.endByte + 1, lines.bytes.length);
  return found === undefined
    ? { line, start, end, reason, fields }
    : { line, start, end, reason, found, fields };
}
