/**
 * A file that was sent packed, and what can be wrong with it. What is packed how is said by the lane
 * that takes the file; nothing of an archive is written anywhere, and its names are only shown.
 */

/** Bytes to be read at random: a blob. */
export interface Source {
  size: number;
  /** @param options `room`: where they may be put */
  read(offset: number, length: number, options?: { room: Buffer }): Promise<Uint8Array>;
}

/** How far a file may expand. */
export interface ExpansionLimits {
  /** Bytes. */
  maxBytes: number;
  /** So many times its packed size, beyond the first {@link FREE_BYTES}. */
  maxRatio: number;
}

/** A small file of nothing but repetition harms nobody, whatever its ratio. */
export const FREE_BYTES = 1024 * 1024;

/** Why a packed file cannot be read: a word for programs, which the worker knows. */
export type UnreadableCode =
  | "damaged"
  | "document"
  | "encrypted"
  | "entries"
  | "entry_name"
  | "method"
  | "too_large"
  | "workbook";

/** No trying again will open it; `message` is a sentence for people. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  constructor(readonly code: UnreadableCode, message: string) {
    super(message);
  }
}

const PIECE_BYTES = 128 * 1024;

/** The bytes from `start` to `end`, piece by piece. */
export async function* piecesOf(
  source: Source,
  start = 0,
  end = source.size,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const piece = await source.read(at, Math.min(PIECE_BYTES, end - at));
    if (piece.length === 0) throw new Error(`a read of ${end - at} bytes at ${at} gave none`);
    yield piece;
    at += piece.length;
  }
}
