/**
 * The bytes of one file, encrypted at rest, with random access (docs/architecture.md).
 *
 * A blob is a log of encrypted chunks of 64 KiB; the newest entry of a chunk counts. One chunk, the
 * one being written, is kept in memory until the writer moves on, syncs or closes, so that a
 * sequential writer encrypts each chunk once. On disk there is always what a beginning of the calls
 * made of the file, and never a plain byte.
 */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { BlobDamaged, BlobTooLarge } from "./errors.ts";
import { asidePath, blobPath, removeBlob } from "./files.ts";
import { CHUNK_BYTES, LARGEST_SIZE } from "./format.ts";
import { type BlobIdentity, BlobLog } from "./log.ts";
import { partsOf } from "./parts.ts";
import { type Ahead, type ReadOptions, RUN_CHUNKS } from "./runs.ts";

export { BlobDamaged, BlobMissing, BlobTooLarge } from "./errors.ts";
export { listBlobs, newBlobId, removeBlob } from "./files.ts";

export interface BlobOptions {
  /** The largest size the blob may get, in bytes. */
  maxBytes: number;
  /** Open for reading only: a torn tail is left as it is. */
  readOnly?: boolean;
  /** So many bytes more than the live ones may be dead before the blob is compacted. */
  slackBytes?: number;
  random?: (bytes: number) => Uint8Array;
  /** An fsync failed: nothing that came after the one before is kept. */
  failed?: (error: Error) => void;
}

const SLACK_BYTES = 4 * 1024 * 1024;

/** The chunk being written. Only `bytes` up to `length` count. */
interface Working {
  chunk: number;
  bytes: Buffer;
  length: number;
  isDirty: boolean;
}

/**
 * Calls may overlap; they take effect in the order they were made. Bytes given to {@link write} must
 * not be changed until it returns. Of one blob only one may be open for writing at a time.
 */
export class Blob {
  readonly #identity: BlobIdentity;
  readonly #options: BlobOptions;
  #log: BlobLog;
  #size: number;
  #working: Working | undefined;
  /** The chunk that was decrypted last: readers ask for less than a chunk at a time. */
  #decrypted: { chunk: number; bytes: Buffer; done?: () => void } | undefined;
  /** Chunks that are being read before they are asked for, as long as they are asked for in order. */
  readonly #ahead = new Map<number, Ahead>();
  #compactAbove: number;
  /** Of the first `hashed` bytes, as long as they were written one after the other. */
  #hash: { hash: Hash; hashed: number } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(identity: BlobIdentity, options: BlobOptions, log: BlobLog) {
    this.#identity = identity;
    this.#options = options;
    this.#log = log;
    this.#size = log.size;
    this.#compactAbove = options.slackBytes ?? SLACK_BYTES;
    if (log.size === 0) this.#hash = { hash: createHash("sha256"), hashed: 0 };
  }

  /** Makes an empty blob; it is durable after the first {@link sync}. */
  static async create(
    folder: string,
    id: string,
    key: Uint8Array,
    options: BlobOptions,
  ): Promise<Blob> {
    const identity = identityOf(folder, id, key, options);
    return new Blob(identity, options, await BlobLog.create(identity));
  }

  /**
   * @throws {BlobMissing} when there is no such blob, or a crash came before its first bytes
   * @throws {BlobDamaged} when what was durable is not what was written, or `key` is another
   */
  static async open(
    folder: string,
    id: string,
    key: Uint8Array,
    options: BlobOptions,
  ): Promise<Blob> {
    const identity = identityOf(folder, id, key, options);
    return new Blob(identity, options, await BlobLog.open(identity, options.readOnly ?? false));
  }

  /** Makes an empty blob also where an earlier making, that a crash or a full disk stopped, left a file. */
  static async createAnew(
    folder: string,
    id: string,
    key: Uint8Array,
    options: BlobOptions,
  ): Promise<Blob> {
    try {
      return await Blob.create(folder, id, key, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      await removeBlob(folder, id);
      return await Blob.create(folder, id, key, options);
    }
  }

  /**
   * The SHA-256 of all bytes, in hexadecimal, where it is known for nothing: this object wrote them all,
   * one after the other from the first. Otherwise `undefined`, and only reading them can tell.
   */
  get sha256(): string | undefined {
    if (this.#hash?.hashed !== this.#size) return undefined;
    return this.#hash.hash.copy().digest("hex");
  }

  /** Tells this state, as it was synced, from every other one of the blob (docs/vault-format.md). */
  get chain(): string | undefined {
    return Buffer.from(this.#log.newest.chain).toString("hex");
  }

  /** Bytes in the file, after the calls that have taken effect. */
  get size(): number {
    return this.#size;
  }

  /**
   * Up to `length` bytes at `offset`; an empty buffer at or past the end.
   *
   * @throws {BlobDamaged} when the bytes on disk are not what was written
   */
  read(offset: number, length: number, options: ReadOptions = {}): Promise<Buffer> {
    return this.#inOrder(() => this.#read(offset, length, options));
  }

  /**
   * Writes at any offset; a gap before it reads as zeros. When it throws, the bytes written by
   * earlier calls are still there.
   *
   * @throws {BlobTooLarge} before anything of this call is written
   */
  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#inOrder(() => this.#write(offset, bytes));
  }

  /** Cuts the file off, or lengthens it with zeros. Throws and changes nothing, or does it whole. */
  truncate(size: number): Promise<void> {
    return this.#inOrder(() => this.#truncate(size));
  }

  /** Returns when everything written so far, and the blob's name, survive power loss. */
  sync(): Promise<void> {
    return this.#inOrder(async () => {
      await this.#flush();
      await this.#log.sync();
    });
  }

  /** Writes what is in memory to the file, without fsync, and lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#enqueue(async () => {
      try {
        await this.#flush();
      } finally {
        this.#forget();
        await this.#log.close();
      }
    });
    return this.#closing;
  }

  /** Authenticates every chunk on disk: how many there are, and the numbers of the damaged ones. */
  verify(): Promise<{ chunks: number; damaged: number[] }> {
    return this.#inOrder(async () => {
      const chunks = this.#log.chunks();
      const damaged: number[] = [];
      for (const chunk of chunks) {
        await this.#log.readChunk(chunk).catch((error) => {
          if (!(error instanceof BlobDamaged)) throw error;
          damaged.push(chunk);
        });
      }
      return { chunks: chunks.length, damaged };
    });
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing) return Promise.reject(new Error("The blob is closed."));
    return this.#enqueue(work);
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #read(offset: number, length: number, { room, ahead }: ReadOptions): Promise<Buffer> {
    const end = Math.min(offset + length, this.#size);
    if (offset >= end) return Buffer.alloc(0);
    const within = await this.#within(offset, end, ahead);
    // What is written to is copied, and what the next chunk is read into.
    if (within && !this.#decrypted?.done) return within;
    const result = room?.subarray(0, end - offset) ?? Buffer.allocUnsafe(end - offset);
    for (const part of partsOf(offset, end - offset)) {
      const stored = (await this.#plainChunk(part.chunk, ahead)).subarray(part.start, part.end);
      result.set(stored, part.at);
      result.fill(0, part.at + stored.length, part.at + part.end - part.start);
    }
    return result;
  }

  /** Bytes that lie in one stored chunk, without a copy; `undefined` when they do not. */
  async #within(offset: number, end: number, ahead?: boolean): Promise<Buffer | undefined> {
    const chunk = Math.floor(offset / CHUNK_BYTES);
    const start = chunk * CHUNK_BYTES;
    // What is being written changes later, so it is copied.
    if (end > start + CHUNK_BYTES || this.#working?.chunk === chunk) return undefined;
    const stored = await this.#plainChunk(chunk, ahead);
    return end - start <= stored.length ? stored.subarray(offset - start, end - start) : undefined;
  }

  async #plainChunk(chunk: number, mayReadAhead = false): Promise<Buffer> {
    if (this.#working?.chunk === chunk) {
      return this.#working.bytes.subarray(0, this.#working.length);
    }
    if (this.#decrypted?.chunk === chunk) return this.#decrypted.bytes;
    const isInTurn = chunk === (this.#decrypted?.chunk ?? -1) + 1;
    const ahead = isInTurn ? this.#takeAhead(chunk, mayReadAhead) : undefined;
    try {
      const bytes = ahead ? await ahead.bytes() : await this.#log.readChunk(chunk);
      this.#decrypted?.done?.();
      if (!isInTurn) this.#dropAhead();
      this.#decrypted = { chunk, bytes, ...(ahead ? { done: ahead.done } : {}) };
      return bytes;
    } catch (error) {
      ahead?.done();
      throw error;
    }
  }

  /** Who reads in turn has the disk read on while these bytes are sent, once half a run is left. */
  #takeAhead(chunk: number, mayReadAhead: boolean): Ahead | undefined {
    if (mayReadAhead && !this.#ahead.has(chunk)) this.#readAhead(chunk);
    const ahead = this.#ahead.get(chunk);
    this.#ahead.delete(chunk);
    if (mayReadAhead && this.#ahead.size < RUN_CHUNKS / 2) {
      this.#readAhead(Math.max(chunk, ...this.#ahead.keys()) + 1);
    }
    return ahead;
  }

  #readAhead(chunk: number): void {
    for (const ahead of this.#log.readAhead(chunk)) {
      this.#ahead.get(ahead.chunk)?.done();
      this.#ahead.set(ahead.chunk, ahead);
    }
  }

  #dropAhead(): void {
    for (const ahead of this.#ahead.values()) ahead.done();
    this.#ahead.clear();
  }

  /** Forgets what was read of the disk. */
  #forget(): void {
    this.#decrypted?.done?.();
    this.#decrypted = undefined;
    this.#dropAhead();
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#refuseUnlessWritable(offset + bytes.length);
    this.#take(offset, bytes);
    for (const part of partsOf(offset, bytes.length)) {
      const working = await this.#workOn(part.chunk, part.start, part.end);
      if (part.start > working.length) working.bytes.fill(0, working.length, part.start);
      working.bytes.set(bytes.subarray(part.at, part.at + part.end - part.start), part.start);
      working.length = Math.max(working.length, part.end);
      working.isDirty = true;
      // Part by part, so that a crash half way leaves a shorter file and not one that ends in zeros.
      this.#size = Math.max(this.#size, part.chunk * CHUNK_BYTES + part.end);
    }
  }

  #take(offset: number, bytes: Uint8Array): void {
    if (!this.#hash || bytes.length === 0) return;
    if (this.#hash.hashed !== offset) this.#hash = undefined;
    else {
      this.#hash.hash.update(bytes);
      this.#hash.hashed += bytes.length;
    }
  }

  /** Makes a chunk the one being written; what it holds is not read if all of it is overwritten. */
  async #workOn(chunk: number, start: number, end: number): Promise<Working> {
    if (this.#working?.chunk === chunk) return this.#working;
    await this.#flush();
    const isOverwritten = start === 0 && end >= this.#log.chunkLength(chunk);
    const stored = isOverwritten ? Buffer.alloc(0) : await this.#plainChunk(chunk);
    const bytes = this.#working?.bytes ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    bytes.set(stored);
    this.#forget();
    this.#working = { chunk, bytes, length: stored.length, isDirty: false };
    return this.#working;
  }

  async #truncate(size: number): Promise<void> {
    this.#refuseUnlessWritable(size);
    if (size === this.#size) return;
    this.#hash = size === 0 ? { hash: createHash("sha256"), hashed: 0 } : undefined;
    const working = this.#working;
    const kept = working ? Math.min(working.length, size - working.chunk * CHUNK_BYTES) : 0;
    if (size > this.#size) {
      await this.#flush();
      await this.#log.appendSize(size);
    } else if (working?.isDirty && kept > 0) {
      await this.#log.appendChunk(working.chunk, working.bytes.subarray(0, kept), size);
      working.isDirty = false;
    } else {
      await this.#log.appendSize(size);
    }
    this.#size = size;
    this.#forget();
    if (working && kept > 0) working.length = kept;
    else this.#working = undefined;
    await this.#compactIfDue();
  }

  #refuseUnlessWritable(size: number): void {
    if (this.#options.readOnly) throw new Error("The blob is open for reading only.");
    const most = Math.min(this.#options.maxBytes, LARGEST_SIZE);
    if (size > most) throw new BlobTooLarge(most);
  }

  async #flush(): Promise<void> {
    const working = this.#working;
    if (!working?.isDirty) return;
    const { chunk, bytes, length } = working;
    await this.#log.appendChunk(chunk, bytes.subarray(0, length), this.#size);
    working.isDirty = false;
    await this.#compactIfDue();
  }

  /** Writes the live chunks anew when more than half of the file, and some slack, is dead. */
  async #compactIfDue(): Promise<void> {
    const old = this.#log;
    if (old.deadBytes <= old.liveBytes + this.#compactAbove) return;
    const slack = this.#options.slackBytes ?? SLACK_BYTES;
    try {
      // A blob that was removed while open must not come back under its name.
      if (await old.isRemoved()) return;
      this.#log = await compacted(this.#identity, old);
      this.#forget();
      this.#compactAbove = slack;
    } catch {
      // No room, or a damaged chunk: nothing is lost, the blob only stays large. Tried again later.
      this.#compactAbove = old.deadBytes + slack;
      return;
    }
    await old.close().catch(() => {});
  }
}

/** A copy of the live chunks that has taken the place of `old`. */
async function compacted(identity: BlobIdentity, old: BlobLog): Promise<BlobLog> {
  const fresh = await BlobLog.create(identity, true);
  try {
    for (const chunk of old.chunks()) {
      await fresh.appendChunk(chunk, await old.readChunk(chunk), old.size);
    }
    if (fresh.size !== old.size) await fresh.appendSize(old.size);
    await fresh.takePlace();
    return fresh;
  } catch (error) {
    // It throws again when it cannot write what waited; the copy is of no use in any case.
    await fresh.close().catch(() => {});
    await rm(asidePath(identity.path), { force: true });
    throw error;
  }
}

function identityOf(
  folder: string,
  id: string,
  schoolKey: Uint8Array,
  options: BlobOptions,
): BlobIdentity {
  const { random = randomBytes, failed } = options;
  return { path: blobPath(folder, id), id, schoolKey, random, failed };
}
