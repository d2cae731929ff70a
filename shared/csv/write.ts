/**
 * Writing CSV (RFC 4180, CRLF): what `stringify` of `@std/csv` writes for an array of strings, with
 * three values quoted that it leaves bare, so that every reader gives back what was written: one with
 * a CR, one with U+FEFF, and a lone value of nothing but spaces.
 */

/**
 * A record with its line end. What `scan` reads back is the same fields, for any text without NUL.
 *
 * @example writeRecord(["ana@x.edu", 'Lee "LJ"']) // ana@x.edu,"Lee ""LJ"""\r\n
 */
export function writeRecord(fields: readonly string[]): string {
  // A line with nothing but spaces would be read as a blank line.
  if (fields.length === 1 && /^ *$/.test(fields[0]!)) return `"${fields[0]}"\r\n`;
  let text = "";
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    if (i > 0) text += ",";
    text += /[",\r\n\ufeff]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  }
  return text + "\r\n";
}
