/**
 * Buffers for what is long: the bytes of a READ on their way to the client, a WRITE that came in pieces.
 * They are used again and again, since new ones have to be collected: V8 looks through its whole heap
 * for every few megabytes of them.
 */
import { LONGEST_PACKET } from "./packets.ts";

/** So many are kept for all sessions together: 4 MiB. */
const MOST_KEPT = 16;

const kept: Buffer[] = [];
const ours = new WeakSet<ArrayBufferLike>();

/** A buffer of {@link LONGEST_PACKET} bytes, with anything in it. */
export function takeBuffer(): Buffer {
  const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(LONGEST_PACKET);
  ours.add(buffer.buffer);
  return buffer;
}

/**
 * To be called once nobody reads these bytes any more: the buffer that they are in can be taken again,
 * if it was taken here. One that never comes back is collected.
 */
export function giveBack({ buffer }: Buffer): void {
  if (!ours.delete(buffer)) return;
  if (kept.length < MOST_KEPT) kept.push(Buffer.from(buffer as ArrayBuffer));
}
