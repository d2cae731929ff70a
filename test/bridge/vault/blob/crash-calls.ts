/** The calls of a crash test: the same for a seed in the child that makes them and in the model. */

const CHUNK = 64 * 1024;
const MAX_BYTES = 12 * CHUNK;
export const CRASH_OPTIONS = { maxBytes: MAX_BYTES, slackBytes: 2 * CHUNK };

export type CrashCall =
  | { type: "write"; offset: number; bytes: Buffer }
  | { type: "truncate"; size: number }
  | { type: "sync" };

/** mulberry32: numbers from 0 to 1 that only depend on the seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs of writes one after the other, overwriting, truncation, and a sync now and then; for ever. */
export function* crashCalls(seed: number): Generator<CrashCall> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  let offset = 0;
  for (;;) {
    const choice = random();
    if (choice < 0.1) {
      yield { type: "sync" };
    } else if (choice < 0.15) {
      yield { type: "truncate", size: below(MAX_BYTES) };
    } else {
      if (choice < 0.4) offset = below(MAX_BYTES);
      const length = 1 + below(Math.min(CHUNK, MAX_BYTES - offset));
      yield { type: "write", offset, bytes: Buffer.alloc(length, 1 + below(255)) };
      offset = (offset + length) % MAX_BYTES;
    }
  }
}

/** What a file holds after a call; `before` is not changed. */
export function afterCall(before: Buffer, call: CrashCall): Buffer {
  if (call.type === "sync") return before;
  if (call.type === "truncate") {
    return Buffer.concat([before, Buffer.alloc(MAX_BYTES)], call.size);
  }
  const { offset, bytes } = call;
  const size = Math.max(before.length, offset + bytes.length);
  const after = Buffer.concat([before, Buffer.alloc(MAX_BYTES)], size);
  after.set(bytes, offset);
  return after;
}
