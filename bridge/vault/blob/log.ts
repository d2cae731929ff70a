/**
 * The entries of one blob on disk: appended, found again, never changed in place. So nothing that is
 * written later, or breaks off half way, can harm what was durable before.
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BlobDamaged, BlobMissing } from "./errors.ts";
import {
  type BlobSecret,
  blobSecret,
  chainAfter,
  CHUNK_BYTES,
  decodePreamble,
  encodeHeader,
  encodePreamble,
  ENTRY_OVERHEAD,
  entryBytes,
  type EntryHeader,
  NO_CHUNK,
  NONCE_BYTES,
  openEntry,
  PREAMBLE_BYTES,
  SALT_BYTES,
  sealEntry,
} from "./format.ts";
import { openNew, writeAt } from "./file-calls.ts";
import { asidePath } from "./files.ts";
import { readAt, replay } from "./replay.ts";
import { type Ahead, readRun, type Run, RUN_CHUNKS, runFrom, shortened } from "./runs.ts";
import { syncFolder } from "../../sync-folder.ts";

/** Which blob: its file, its id and its school's key. */
export interface BlobIdentity {
  path: string;
  id: string;
  schoolKey: Uint8Array;
  random: (bytes: number) => Uint8Array;
  /** An fsync failed. */
  failed?: ((error: Error) => void) | undefined;
}

/** Where the newest bytes of a chunk are; `visible` is less than `length` after a truncation. */
interface ChunkPlace {
  position: number;
  length: number;
  visible: number;
}

const nothing = new Uint8Array(0);
/** When so many bytes of sealed entries wait in memory a write begins; as many may wait behind it. */
const WRITE_BYTES = 4 * CHUNK_BYTES;

export class BlobLog {
  readonly #identity: BlobIdentity;
  readonly #handle: FileHandle;
  readonly #secret: BlobSecret;
  readonly #places = new Map<number, ChunkPlace>();
  #path: string;
  #size = 0;
  /** Where the next entry goes. */
  #end = PREAMBLE_BYTES;
  /** Up to where the file is written; from here to the end the entries are in `#unwritten`. */
  #written = PREAMBLE_BYTES;
  /** Sealed entries by their positions: one write for several of them is twice as fast. */
  readonly #unwritten = new Map<number, Uint8Array[]>();
  /** What the reading thread has yet to read of this file. */
  readonly #inThread = new Set<Promise<unknown>>();
  /** A write that nobody waits for yet. */
  #writing: Promise<void> | undefined;
  /** Did it fail? The next call tries again, and tells. */
  #hasFailed = false;
  #chain: Uint8Array;
  /** The newest entry that is no mark, and the chain after it: no earlier or later state has it. */
  newest: { position: number; chain: Uint8Array };
  #liveBytes = 0;
  /** Up to where an fsync succeeded. */
  #durable = 0;
  /** Did the last fsync cover everything but its own mark? */
  #isSynced = false;
  /** Is the file's name known to survive power loss? An earlier process may have died before it did. */
  #isNamed = false;
  #failure: Error | undefined;

  private constructor(
    identity: BlobIdentity,
    path: string,
    handle: FileHandle,
    secret: BlobSecret,
    chain: Uint8Array,
  ) {
    this.#identity = identity;
    this.#path = path;
    this.#handle = handle;
    this.#secret = secret;
    this.#chain = chain;
    this.newest = { position: 0, chain };
  }

  /** Makes the blob's file; it must not exist. `aside`: under a name to be renamed from later. */
  static async create(identity: BlobIdentity, aside = false): Promise<BlobLog> {
    const path = aside ? asidePath(identity.path) : identity.path;
    const salt = identity.random(SALT_BYTES);
    const secret = blobSecret(identity.id, identity.schoolKey, salt);
    const preamble = encodePreamble(salt, secret);
    const handle = await openNew(path);
    try {
      await writeAt(handle, [preamble], 0);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    return new BlobLog(identity, path, handle, secret, chainAfter(preamble));
  }

  /**
   * Opens the blob's file. To write, a torn tail is cut off; to read, it is only passed over.
   *
   * @throws {BlobMissing} when there is no such file or it was never begun
   * @throws {BlobDamaged} when what was durable is not what was written, or the key is another
   */
  static async open(identity: BlobIdentity, readOnly: boolean): Promise<BlobLog> {
    const { path, id, schoolKey } = identity;
    const handle = await open(path, readOnly ? "r" : "r+").catch((error) => {
      throw error.code === "ENOENT" ? new BlobMissing(id) : error;
    });
    try {
      const { size: fileBytes } = await handle.stat();
      const preamble = await readAt(handle, 0, PREAMBLE_BYTES);
      if (preamble.length < PREAMBLE_BYTES) throw new BlobMissing(id);
      const secret = decodePreamble(preamble, id, schoolKey);
      if ("problem" in secret) throw new BlobDamaged(id, secret.problem);
      const found = await replay(handle, secret, id, preamble, fileBytes);
      if (!readOnly) {
        if (found.end < fileBytes) await handle.truncate(found.end);
        await rm(asidePath(path), { force: true });
      }
      const log = new BlobLog(identity, path, handle, secret, found.chain);
      log.#durable = found.durable;
      log.newest.chain = chainAfter(preamble);
      for (const entry of found.entries) log.#apply(entry, entry.position, entry.next);
      log.#isSynced = log.newest.position < found.durable;
      log.#written = log.#end;
      return log;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Size of the file in bytes of plaintext. */
  get size(): number {
    return this.#size;
  }

  /** Bytes on disk that no chunk needs any more. */
  get deadBytes(): number {
    return this.#end - PREAMBLE_BYTES - this.#liveBytes;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** The numbers of the chunks that are stored, in ascending order. */
  chunks(): number[] {
    return [...this.#places.keys()].sort((a, b) => a - b);
  }

  /** Bytes stored of a chunk; 0 when there are none. */
  chunkLength(chunk: number): number {
    return this.#places.get(chunk)?.visible ?? 0;
  }

  /** @throws {BlobDamaged} when the chunk does not authenticate */
  async readChunk(chunk: number): Promise<Buffer> {
    const place = this.#places.get(chunk);
    if (!place) return Buffer.alloc(0);
    const unwritten = this.#unwritten.get(place.position);
    const sealed = unwritten
      ? Buffer.concat(unwritten)
      : await readAt(this.#handle, place.position, ENTRY_OVERHEAD + place.length);
    return this.#opened(chunk, place, sealed);
  }

  #opened(chunk: number, place: ChunkPlace, sealed: Buffer): Buffer {
    const plain = sealed.length === ENTRY_OVERHEAD + place.length
      ? openEntry(this.#secret, sealed)
      : undefined;
    if (!plain) {
      throw new BlobDamaged(this.#identity.id, `chunk ${chunk} is not what was stored`);
    }
    return plain.subarray(0, place.visible);
  }

  /** Begins to read the chunk and those that lie behind it on the disk, if they are there. */
  readAhead(first: number): Ahead[] {
    const run = runFrom(first, (chunk) => {
      const place = this.#places.get(chunk);
      return place && !this.#unwritten.has(place.position) ? place : undefined;
    });
    const inThread = run.length === RUN_CHUNKS ? this.#readInThread(run) : undefined;
    if (!inThread) return shortened(run).map(([chunk, place]) => this.#readingOf(chunk, place));
    let unread = run.length;
    return run.map(([chunk, place], number): Ahead => ({
      chunk,
      // What cannot be read there is read again here, for what is wrong with it.
      bytes: async () =>
        (await inThread.opened)?.[number]
          ? inThread.bytes(number, place.visible)
          : await this.readChunk(chunk),
      done: () => {
        if (--unread === 0) inThread.done();
      },
    }));
  }

  #readInThread(run: [number, ChunkPlace][]): Run | undefined {
    const reading = readRun(
      run[0]![0],
      this.#handle.fd,
      this.#secret,
      run.map(([, place]) => place),
    );
    if (!reading) return undefined;
    this.#inThread.add(reading.opened);
    void reading.opened.then(() => this.#inThread.delete(reading.opened));
    return reading;
  }

  #readingOf(chunk: number, place: ChunkPlace): Ahead {
    const sealed = readAt(this.#handle, place.position, ENTRY_OVERHEAD + place.length);
    sealed.catch(() => {/* said to who asks for the bytes */});
    return { chunk, bytes: async () => this.#opened(chunk, place, await sealed), done() {} };
  }

  /**
   * Stores a chunk's new bytes and the size the file then has. Throws and changes nothing, or does
   * both, in memory or on disk.
   */
  async appendChunk(chunk: number, plain: Uint8Array, size: number): Promise<void> {
    await this.#makeRoom();
    this.#append(chunk, plain, size);
    this.#isSynced = false;
  }

  /** Stores another size: what is beyond it is gone, what it adds is zeros. */
  async appendSize(size: number): Promise<void> {
    await this.#makeRoom();
    this.#append(NO_CHUNK, nothing, size);
    this.#isSynced = false;
  }

  #append(chunk: number, plain: Uint8Array, size: number): void {
    const header: EntryHeader = {
      chunk,
      length: plain.length,
      size,
      durable: this.#durable,
      chain: this.#chain,
    };
    const head = encodeHeader(header);
    const nonce = this.#identity.random(NONCE_BYTES);
    this.#unwritten.set(this.#end, sealEntry(this.#secret, head, plain, nonce));
    this.#chain = chainAfter(head);
    this.#apply(header, this.#end, this.#chain);
  }

  /** Lets the disk write while the next bytes arrive and are encrypted. */
  async #makeRoom(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#hasFailed) await this.#write();
    if (this.#end - this.#written < WRITE_BYTES) return;
    if (this.#end - this.#written >= 2 * WRITE_BYTES) await this.#writing?.catch(() => {});
    if (this.#hasFailed) await this.#write();
    if (!this.#writing) this.#beginWrite().catch(() => {/* the next call tells */});
  }

  /** Writes what waits in memory. When it throws, all of it waits on and can still be read. */
  async #write(): Promise<void> {
    await this.#writing?.catch(() => {});
    if (this.#unwritten.size > 0) await this.#beginWrite();
  }

  #beginWrite(): Promise<void> {
    this.#writing = this.#writeUnwritten().finally(() => this.#writing = undefined);
    return this.#writing;
  }

  async #writeUnwritten(): Promise<void> {
    const entries = [...this.#unwritten];
    const end = this.#end;
    try {
      await writeAt(this.#handle, entries.flatMap(([, parts]) => parts), this.#written);
    } catch (error) {
      this.#hasFailed = true;
      // Half a write does no harm, the next one goes over it; but it takes room on a full disk.
      await this.#handle.truncate(this.#written).catch(() => {});
      throw error;
    }
    this.#hasFailed = false;
    this.#written = end;
    for (const [position] of entries) this.#unwritten.delete(position);
  }

  #apply(header: EntryHeader, position: number, chain: Uint8Array): void {
    const { chunk, length, size } = header;
    if (chunk !== NO_CHUNK || size !== this.#size) this.newest = { position, chain };
    if (chunk !== NO_CHUNK) {
      this.#drop(chunk);
      this.#places.set(chunk, { position, length, visible: length });
      this.#liveBytes += entryBytes(header);
    }
    if (size < this.#size) {
      for (const [number, place] of this.#places) {
        const room = size - number * CHUNK_BYTES;
        if (room <= 0) this.#drop(number);
        else place.visible = Math.min(place.visible, room);
      }
    }
    this.#size = size;
    this.#end = position + entryBytes(header);
  }

  #drop(chunk: number): void {
    const place = this.#places.get(chunk);
    if (!place) return;
    this.#places.delete(chunk);
    this.#liveBytes -= ENTRY_OVERHEAD + place.length;
  }

  /**
   * Returns when everything appended survives power loss. A failed fsync is final: the kernel may
   * have dropped the pages, and the next fsync would say they are written.
   */
  async sync(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#isSynced && this.#isNamed) return;
    await this.#write();
    try {
      const naming = this.#isNamed ? undefined : syncFolder(dirname(this.#path));
      // Both are waited for, whichever fails.
      const [written, named] = await Promise.allSettled([this.#handle.datasync(), naming]);
      if (written.status === "rejected") throw written.reason;
      if (named.status === "rejected") throw named.reason;
      this.#isNamed = true;
    } catch (error) {
      this.#failure = error as Error;
      this.#identity.failed?.(this.#failure);
      throw error;
    }
    this.#isSynced = true;
    await this.#markSynced();
  }

  /** Tells a later opening what was promised. Without the mark (disk full) all is there as well. */
  async #markSynced(): Promise<void> {
    this.#durable = this.#end;
    this.#append(NO_CHUNK, nothing, this.#size);
    await this.#write().catch(() => {});
  }

  /**
   * Takes the place of the blob's file, which was made `aside`. All of it is durable before; the
   * name is durable after the next {@link sync}.
   */
  async takePlace(): Promise<void> {
    await this.#write();
    await this.#handle.datasync();
    await this.#markSynced();
    await rename(this.#path, this.#identity.path);
    this.#path = this.#identity.path;
  }

  /** Was the file removed while it was open? */
  async isRemoved(): Promise<boolean> {
    return (await this.#handle.stat()).nlink === 0;
  }

  /**
   * Writes what waits in memory, without fsync. The file is let go in any case. After an fsync that
   * failed nothing is kept that came after the one before: it may be in the kernel's memory and not on the
   * disk, and whoever reads it there would promise it.
   */
  async close(): Promise<void> {
    try {
      if (this.#failure) await this.#handle.truncate(this.#durable);
      else await this.#write();
    } catch (error) {
      // All but the mark is there, when it is synced.
      if (!this.#isSynced) throw error;
    } finally {
      await this.#writing?.catch(() => {});
      await Promise.all(this.#inThread);
      await this.#handle.close();
    }
  }
}
