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
  let expanded = 0;
  try {
    for await (const piece of gunzip) {
      expanded += piece.length;
      yield piece;
    }
  } catch (error) {
    throw failed ?? unreadable(error as NodeJS.ErrnoException, expanded);
  }
  await onlyZerosFrom(source, gunzip.bytesWritten);
}

/** Errors of zlib have codes; anything else is not the file's fault. */
function unreadable(error: NodeJS.ErrnoException, expanded: number): Error {
  if (!error.code?.startsWith("Z_")) return error;
  if (error.code === "Z_BUF_ERROR") {
    return new Unreadable("damaged", "The compressed file is cut off: its end is missing.");
  }
  return new Unreadable(
    "damaged",
    expanded === 0
      ? "The file is not compressed with gzip, or its first bytes are damaged."
      : "The compressed file is damaged, or something stands behind its end.",
  );
}

/** gzip itself allows zeros behind the last member: tapes and some transfers fill up with them. */
async function onlyZerosFrom(source: Source, start: number): Promise<void> {
  for await (const piece of piecesOf(source, start)) {
    if (piece.every((byte) => byte === 0)) continue;
    throw new Unreadable("damaged", "Something stands behind the end of the compressed file.");
  }
}
