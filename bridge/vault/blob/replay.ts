/**
 * Reading a blob's entries back when it is opened, and deciding where its sound part ends.
 *
 * After a crash the tail may be torn: the last entry is half written, or, after power loss, any of
 * the entries since the last fsync is garbage. All of that was never promised to anyone, and is
 * dropped. What was fsynced is never dropped: when it is not what was written, that is damage.
 */
import type { FileHandle } from "node:fs/promises";
import { BlobDamaged } from "./errors.ts";
import {
  type BlobSecret,
  chainAfter,
  decodeHeader,
  ENTRY_OVERHEAD,
  entryBytes,
  type EntryHeader,
  HEADER_BYTES,
  NO_CHUNK,
  openEntry,
  PREAMBLE_BYTES,
} from "./format.ts";

/** So much is read at once. */
const WINDOW_BYTES = 1024 * 1024;

export interface FoundEntry extends EntryHeader {
  position: number;
  /** The chain that the entry after it carries. */
  next: Uint8Array;
}

export interface Replay {
  /** The sound entries in their order. */
  entries: FoundEntry[];
  /** Where the sound part ends and the next entry goes. */
  end: number;
  /** The chain that the next entry carries. */
  chain: Uint8Array;
  /** Everything before this position is known to have been fsynced. */
  durable: number;
}

/**
 * Finds the sound entries of a blob of `fileBytes` bytes. Only entries that were not yet fsynced are
 * decrypted, save the newest: it vouches for the headers of all the others.
 *
 * @throws {BlobDamaged} when an entry's header was changed after it was fsynced.
 */
export async function replay(
  handle: FileHandle,
  secret: BlobSecret,
  id: string,
  preamble: Buffer,
  fileBytes: number,
): Promise<Replay> {
  const entries = await followChain(handle, preamble, fileBytes);
  const durable = await durablePosition(handle, secret, entries);
  const sound: FoundEntry[] = [];
  for (const entry of entries) {
    if (entry.position >= durable && !(await readEntry(handle, secret, entry))) break;
    sound.push(entry);
  }
  const last = sound.at(-1);
  const end = last ? last.position + entryBytes(last) : PREAMBLE_BYTES;
  if (end < fileBytes && (await isVouchedBeyond(handle, secret, end, fileBytes))) {
    throw new BlobDamaged(id, `the entry at byte ${end} was stored whole and cannot be read now`);
  }
  return { entries: sound, end, chain: last?.next ?? chainAfter(preamble), durable };
}

/**
 * The entries whose headers continue the chain, as far as they are there whole. What lies between the
 * headers is read too: a wait for each of them takes many times as long.
 */
async function followChain(
  handle: FileHandle,
  preamble: Buffer,
  fileBytes: number,
): Promise<FoundEntry[]> {
  const entries: FoundEntry[] = [];
  const window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, fileBytes));
  let there: Buffer = window.subarray(0, 0);
  let start = PREAMBLE_BYTES;
  let chain = chainAfter(preamble);
  for (let position = PREAMBLE_BYTES; position + ENTRY_OVERHEAD <= fileBytes;) {
    if (position + HEADER_BYTES > start + there.length) {
      start = position;
      there = await readInto(handle, start, window.subarray(0, fileBytes - start));
    }
    const head = there.subarray(position - start, position - start + HEADER_BYTES);
    const header = head.length === HEADER_BYTES ? decodeHeader(head, position) : undefined;
    if (!header || !chain.equals(header.chain)) break;
    if (position + entryBytes(header) > fileBytes) break;
    chain = chainAfter(head);
    // The window is read into again.
    entries.push({ ...header, chain: Buffer.from(header.chain), position, next: chain });
    position += entryBytes(header);
  }
  return entries;
}

/** Up to where the file was fsynced, as its newest entry that authenticates says. */
async function durablePosition(
  handle: FileHandle,
  secret: BlobSecret,
  entries: FoundEntry[],
): Promise<number> {
  for (const entry of entries.toReversed()) {
    if (await readEntry(handle, secret, entry)) return entry.durable;
  }
  return 0;
}

/** How the header of an entry without a chunk begins: its number, and no bytes. */
const MARK = Buffer.alloc(8);
MARK.writeUInt32BE(NO_CHUNK);

/** Is there, behind bytes that cannot be read, an entry which says that they were fsynced? */
async function isVouchedBeyond(
  handle: FileHandle,
  secret: BlobSecret,
  end: number,
  fileBytes: number,
): Promise<boolean> {
  const overlap = ENTRY_OVERHEAD - 1;
  for (let start = end; start < fileBytes; start += WINDOW_BYTES) {
    const bytes = await readAt(handle, start, WINDOW_BYTES + overlap);
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
      const entry = bytes.subarray(at, at + ENTRY_OVERHEAD);
      if (entry.length < ENTRY_OVERHEAD || !openEntry(secret, entry)) continue;
      const header = decodeHeader(entry, start + at);
      if (header && header.durable > end) return true;
    }
  }
  return false;
}

/** Reads and decrypts the entry; `undefined` when it does not authenticate. */
export async function readEntry(
  handle: FileHandle,
  secret: BlobSecret,
  entry: { position: number; length: number },
): Promise<Buffer | undefined> {
  const bytes = await readAt(handle, entry.position, ENTRY_OVERHEAD + entry.length);
  return bytes.length === ENTRY_OVERHEAD + entry.length ? openEntry(secret, bytes) : undefined;
}

/** Fewer bytes than asked for at the end of the file. */
export async function readAt(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Buffer> {
  return await readInto(handle, position, Buffer.allocUnsafe(length));
}

/** Fills the buffer; what it returns is the part that was filled. */
export async function readInto(
  handle: FileHandle,
  position: number,
  bytes: Buffer,
): Promise<Buffer> {
  const { length } = bytes;
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
