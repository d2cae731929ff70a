/** A gzip file (RFC 1952): one member or several, with nothing behind them but zeros. */
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { piecesOf, type Source, Unreadable } from "./archive.ts";

/**
 * The expanded bytes, piece by piece.
 * @throws {Unreadable}, and whatever reading the source throws
 */
export async function* expandGzip(source: Source): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const packed = Readable.from(piecesOf(source));
  let failed: unknown;
  packed.once("error", (error) => failed ??= error);
  // What goes wrong is thrown by the loop below.
  pipeline(packed, gunzip, () => {});
  try {
    yield* gunzip;
  } catch (error) {
    throw failed ?? await unreadable(error as NodeJS.ErrnoException, source);
  }
  await onlyZerosFrom(source, gunzip.bytesWritten);
}

/** Errors of zlib have codes; anything else is not the file's fault. */
async function unreadable(error: NodeJS.ErrnoException, source: Source): Promise<Error> {
  if (!error.code?.startsWith("Z_")) return error;
  if (error.code === "Z_BUF_ERROR") {
    return new Unreadable("damaged", "The compressed file is cut off: its end is missing.");
  }
  return new Unreadable(
    "damaged",
    await beginsAsGzip(source)
      ? "The compressed file is damaged, or something stands behind its end."
      : "The file is not compressed with gzip, or its first bytes are damaged.",
  );
}

async function beginsAsGzip(source: Source): Promise<boolean> {
  const [first, second] = await source.read(0, 2);
  return first === 0x1f && second === 0x8b;
}

/** gzip itself allows zeros behind the last member: tapes and some transfers fill up with them. */
async function onlyZerosFrom(source: Source, start: number): Promise<void> {
  for await (const piece of piecesOf(source, start)) {
    if (piece.every((byte) => byte === 0)) continue;
    throw new Unreadable("damaged", "Something stands behind the end of the compressed file.");
  }
}
