/**
 * Reading a record that has a quotation mark somewhere: the careful half of the scanner.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

export interface QuotedReading {
  /**
   * - `closed`: a well-formed record;
   * - `bare`: a quotation mark where none may stand, on the record's first line;
   * - `crossed`: the same on a later line, so that the value which crosses the line end is to blame;
   * - `open`: the text, or what may be looked at, ends inside a quoted value.
   */
  outcome: "closed" | "bare" | "crossed" | "open";
  /** The fields read before anything was found wrong. */
  fields: string[];
  /** How many of them end on the record's first physical line; -1: all. */
  fieldsOnFirstLine: number;
  /** With `closed`: where the LF is that ends the record, or the text's length. */
  end: number;
}

/**
 * Reads the record that starts at `start`.
 * @param firstLf where the first physical line's LF is, or the text's length
 * @param reach how many characters a quoted value may be followed for
 */
export function readQuotedRecord(
  text: string,
  start: number,
  firstLf: number,
  reach: number,
): QuotedReading {
  const fields: string[] = [];
  let fieldsOnFirstLine = -1;
  for (let at = start;;) {
    let after: number;
    if (text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at, start + reach);
      if (fieldsOnFirstLine === -1 && (close === -1 || close > firstLf)) {
        fieldsOnFirstLine = fields.length;
      }
      if (close === -1) return { outcome: "open", fields, fieldsOnFirstLine, end: start };
      after = close + 1;
      const end = lineEndAt(text, after);
      if (end === -1 && text.charCodeAt(after) !== COMMA) {
        return wrong(fields, fieldsOnFirstLine, start);
      }
      const value = text.slice(at + 1, close);
      fields.push(value.includes('"') ? value.replaceAll('""', '"') : value);
      if (end !== -1) return { outcome: "closed", fields, fieldsOnFirstLine, end };
    } else {
      // No jump here: a jump to a comma that is far away would be made for each line again.
      after = at;
      let code = text.charCodeAt(after);
      while (code !== COMMA && code !== LF && code !== QUOTE && after < text.length) {
        code = text.charCodeAt(++after);
      }
      if (code === QUOTE) return wrong(fields, fieldsOnFirstLine, start);
      const endsInCr = code === LF && after > at && text.charCodeAt(after - 1) === CR;
      fields.push(text.slice(at, endsInCr ? after - 1 : after));
      if (code !== COMMA) return { outcome: "closed", fields, fieldsOnFirstLine, end: after };
    }
    at = after + 1;
  }
}

/**
 * How many fields the record that starts at `start` has: the number that `readQuotedRecord` would read;
 * 0 when it is malformed by a quotation mark, and `undefined` when it is open.
 */
export function countQuotedFields(text: string, start: number, reach: number): number | undefined {
  for (let at = start, count = 1;; count++) {
    let after = at;
    if (text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at, start + reach);
      if (close === -1) return undefined;
      after = close + 1;
      if (lineEndAt(text, after) !== -1) return count;
      if (text.charCodeAt(after) !== COMMA) return 0;
    } else {
      let code = text.charCodeAt(after);
      while (code !== COMMA && code !== LF && code !== QUOTE && after < text.length) {
        code = text.charCodeAt(++after);
      }
      if (code === QUOTE) return 0;
      if (code !== COMMA) return count;
    }
    at = after + 1;
  }
}

function wrong(fields: string[], fieldsOnFirstLine: number, end: number): QuotedReading {
  return fieldsOnFirstLine === -1
    ? { outcome: "bare", fields, fieldsOnFirstLine, end }
    : { outcome: "crossed", fields, fieldsOnFirstLine, end };
}

/** The quote that closes the value opened at `open`; -1 when there is none before `limit`. */
function closingQuote(text: string, open: number, limit: number): number {
  for (let at = open + 1;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1 || quote > limit) return -1;
    if (text.charCodeAt(quote + 1) !== QUOTE) return quote;
    at = quote + 2;
  }
}

/** Where the LF is of a line end (LF, CR LF or the text's end) that starts at `at`; -1: none does. */
function lineEndAt(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const code = text.charCodeAt(at);
  if (code === LF) return at;
  return code === CR && text.charCodeAt(at + 1) === LF ? at + 1 : -1;
}

/**
 * Does a quoted value go over a line end and hold as many commas as a row has? Then its closing
 * quotation mark is missing, and the one that ended it is a later row's, which lacks its opening one:
 * the rows between are no part of a value.
 */
export function holdsRow(value: string, columns: number): boolean {
  if (columns < 2 || !value.includes("\n")) return false;
  let commas = 0;
  for (let at = value.indexOf(","); at !== -1; at = value.indexOf(",", at + 1)) {
    if (++commas === columns - 1) return true;
  }
  return false;
}
