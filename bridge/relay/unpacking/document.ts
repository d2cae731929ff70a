/**
 * A document that was renamed to .zip. Excel, Word, LibreOffice and Numbers keep theirs as a ZIP
 * archive of many files, told by their names.
 */
import { piecesOf, type Source, Unreadable } from "./archive.ts";

/** An OpenDocument archive begins with a file that says what it is, as it stands. */
const MIMETYPE_WITHIN_BYTES = 128;

/**
 * Why it is no archive that somebody packed; `undefined` when it looks like one.
 * @param names of all files in it
 */
export async function documentIn(
  source: Source,
  names: readonly string[],
): Promise<Unreadable | undefined> {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^\[Content_Types\]\.xml$/)) {
    if (has(/^xl\//)) return workbook("an Excel workbook (.xlsx)");
    return document(has(/^word\//) ? "a Word document (.docx)" : "a document of Microsoft Office");
  }
  if (has(/^mimetype$/) && has(/^content\.xml$/)) {
    const start = await startOf(source);
    return start.includes("opendocument.spreadsheet")
      ? workbook("an OpenDocument spreadsheet (.ods)")
      : document("an OpenDocument document, such as an .odt");
  }
  // Numbers, Pages and Keynote differ in nothing that is seen from outside.
  if (has(/(^|\/)Index(\.zip|\/[^/]+\.iwa)$/)) {
    return workbook("a spreadsheet of Numbers (.numbers), or another document of Apple's");
  }
}

function workbook(kind: string): Unreadable {
  return new Unreadable("workbook", renamed(kind));
}

function document(kind: string): Unreadable {
  return new Unreadable("document", renamed(kind));
}

function renamed(kind: string): string {
  return `This is ${kind}, with the name of a ZIP archive.`;
}

async function startOf(source: Source): Promise<string> {
  const pieces: Uint8Array[] = [];
  const end = Math.min(MIMETYPE_WITHIN_BYTES, source.size);
  for await (const piece of piecesOf(source, 0, end)) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}
