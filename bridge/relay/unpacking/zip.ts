/**
 * A ZIP archive with one file in it. Folders, and what macOS puts beside the files of every archive it
 * makes, do not count.
 */
import { Readable } from "node:stream";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { piecesOf, type Source, Unreadable } from "./archive.ts";
import { crc32 } from "./crc32.ts";
import { documentIn } from "./document.ts";

/** More entries than this are not looked at, whatever they are. */
const MOST_ENTRIES = 1000;
const [STORED, DEFLATED] = [0, 8];
/** Of several files so many are named, each with so many characters. */
const [MOST_NAMES, LONGEST_SHOWN] = [3, 60];

/**
 * The expanded bytes of the one file, piece by piece.
 *
 * @param takes is it a name that the file may have, without its folders?
 * @throws {Unreadable}, and whatever reading the source throws
 */
export async function* expandZip(
  source: Source,
  takes: (name: string) => boolean,
): AsyncGenerator<Uint8Array> {
  const reader = new SourceReader(source);
  let archive: ZipFile | undefined;
  try {
    archive = await fromRandomAccessReaderPromise(reader, source.size, {
      lazyEntries: true,
      autoClose: false,
    });
    const entry = await onlyEntry(archive, source);
    judge(entry, takes);
    yield* checked(await archive.openReadStreamPromise(entry), entry);
  } catch (error) {
    throw reader.failed ?? unreadable(error);
  } finally {
    archive?.close();
  }
}

async function onlyEntry(archive: ZipFile, source: Source): Promise<Entry> {
  const found: Entry[] = [];
  if (archive.entryCount > MOST_ENTRIES) throw tooMany(archive.entryCount, []);
  for await (const entry of archive.eachEntry()) {
    if (!isAside(entry.fileName)) found.push(entry);
  }
  const [entry, second] = found;
  if (entry === undefined) throw new Unreadable("entries", "There is no file in the archive.");
  if (second !== undefined) {
    const names = found.map((entry) => entry.fileName);
    throw await documentIn(source, names) ?? tooMany(found.length, found);
  }
  return entry;
}

function tooMany(count: number, found: readonly Entry[]): Unreadable {
  const names = found.slice(0, MOST_NAMES).map((entry) => shown(entry.fileName));
  if (names.length > 0 && names.length < count) names.push("…");
  const which = names.length > 0 ? ` (${names.join(", ")})` : "";
  return new Unreadable(
    "entries",
    `There are ${count} files in the archive${which}; exactly one may be.`,
  );
}

/** A name as whoever made the archive finds it, in one line. */
function shown(name: string): string {
  const characters = [...name.replace(/\s+/g, " ")];
  const isLong = characters.length > LONGEST_SHOWN;
  return `'${characters.slice(0, LONGEST_SHOWN).join("")}${isLong ? "..." : ""}'`;
}

/** Folders, and what macOS adds: `__MACOSX/._roster.csv`, `.DS_Store`. */
function isAside(name: string): boolean {
  return name.endsWith("/") || name.startsWith("__MACOSX/") || /(^|\/)\.DS_Store$/.test(name);
}

function judge(entry: Entry, takes: (name: string) => boolean): void {
  if ((entry.generalPurposeBitFlag & 1) !== 0) {
    throw new Unreadable("encrypted", "The file in the archive is encrypted with a password.");
  }
  const name = entry.fileName.replace(/^.*\//s, "");
  if (!takes(name)) {
    throw new Unreadable(
      "entry_name",
      `The file in the archive is called ${shown(name)}; its name must end in .csv.`,
    );
  }
  if (![STORED, DEFLATED].includes(entry.compressionMethod)) {
    const method = `compressed in a way (method ${entry.compressionMethod}) that is not read here`;
    throw new Unreadable("method", `The file in the archive is ${method}; "deflate" is.`);
  }
}

/** The library looks at the size, and not at the checksum. */
async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  entry: Entry,
): AsyncGenerator<Uint8Array> {
  let crc = 0;
  for await (const piece of pieces) {
    crc = crc32(piece, crc);
    yield piece;
  }
  if (crc !== entry.crc32) {
    throw new Unreadable("damaged", "The file in the archive is damaged: its checksum is another.");
  }
}

/** Only the library and zlib fail here, and only for what stands in the archive. */
function unreadable(error: unknown): unknown {
  if (error instanceof Unreadable) return error;
  const leadsOut = /^(?:invalid relative path|absolute path): (.*)$/s;
  const name = leadsOut.exec((error as Error).message)?.[1];
  if (name !== undefined) {
    return new Unreadable(
      "entry_name",
      `A file in the archive is called ${shown(name)}; its name must not lead out of the archive.`,
    );
  }
  return new Unreadable("damaged", "The archive is damaged, or it is not a ZIP archive.");
}

/** The source as the library reads it; what failed at it is kept, as the library makes it its own. */
class SourceReader extends RandomAccessReader {
  failed: unknown;
  readonly #source: Source;

  constructor(source: Source) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    // A damaged archive may name bytes that are not there: the library says so of what is missing.
    const stream = Readable.from(piecesOf(this.#source, start, Math.min(end, this.#source.size)));
    stream.once("error", (error) => this.failed ??= error);
    return stream;
  }
}
