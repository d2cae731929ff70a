/** Ranges of bytes and the chunks they lie in. */
import { CHUNK_BYTES } from "./format.ts";

/** Cuts a range into its chunks: bytes `start` to `end` of `chunk` are at `at` in the range. */
export function* partsOf(offset: number, length: number) {
  for (let at = 0; at < length;) {
    const chunk = Math.floor((offset + at) / CHUNK_BYTES);
    const start = (offset + at) % CHUNK_BYTES;
    const end = Math.min(CHUNK_BYTES, start + length - at);
    yield { chunk, start, end, at };
    at += end - start;
  }
}
