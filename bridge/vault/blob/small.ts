/**
 * A blob that is small enough to be kept in the catalog: most rosters of a small school, and all
 * reports without problems. Its bytes are in memory while it is open, and sealed when it is synced. As
 * soon as it grows past a chunk it becomes a file like any other blob.
 *
 * Sealed it is what the file would be: the preamble and, unless it is empty, one entry.
 */
import { createHash } from "node:crypto";
import { BlobDamaged } from "./errors.ts";
import {
  blobSecret,
  chainAfter,
  CHUNK_BYTES,
  decodeHeader,
  decodePreamble,
  encodeHeader,
  encodePreamble,
  entryBytes,
  HEADER_BYTES,
  NONCE_BYTES,
  openEntry,
  PREAMBLE_BYTES,
  SALT_BYTES,
  sealEntry,
} from "./format.ts";
import type { Blob } from "./blob.ts";
import type { ReadOptions } from "./runs.ts";

/** The most bytes of a blob that is kept in the catalog. */
export const SMALL_BYTES = CHUNK_BYTES;

/** What a small blob needs of its surroundings. */
export interface SmallBlobHome {
  id: string;
  schoolKey: Uint8Array;
  random(bytes: number): Uint8Array;
  /** Keeps the sealed bytes; durable with whatever the catalog does next. */
  put(sealed: Uint8Array): void;
  /** The file is durable and has taken the place of the sealed bytes. */
  remove(): void;
  /** Makes the file of this blob, empty. */
  makeFile(): Promise<Blob>;
}

const nothing = Buffer.alloc(0);

/** What an open blob does, be it in a file or in the catalog; see {@link Blob}. */
export type OpenBlob = Pick<
  Blob,
  "size" | "sha256" | "chain" | "read" | "write" | "truncate" | "sync" | "close" | "verify"
>;

export class SmallBlob implements OpenBlob {
  readonly #home: SmallBlobHome;
  #bytes: Buffer;
  #size: number;
  #isKept: boolean;
  #isDirty = false;
  /** The file, from when it grows too large. */
  #file: Promise<Blob> | undefined;
  #large: Blob | undefined;

  private constructor(home: SmallBlobHome, bytes: Buffer, isKept: boolean) {
    this.#home = home;
    this.#bytes = bytes;
    this.#size = bytes.length;
    this.#isKept = isKept;
  }

  static create(home: SmallBlobHome): SmallBlob {
    return new SmallBlob(home, nothing, false);
  }

  /** @throws {BlobDamaged} when the bytes are not what was sealed, or the key is another */
  static open(home: SmallBlobHome, sealed: Buffer): SmallBlob {
    return new SmallBlob(home, unsealed(home, sealed), true);
  }

  get size(): number {
    return this.#large?.size ?? this.#size;
  }

  get sha256(): string | undefined {
    if (this.#file) return this.#large?.sha256;
    return createHash("sha256").update(this.#bytes.subarray(0, this.#size)).digest("hex");
  }

  /** In the catalog there is no earlier state. */
  get chain(): string | undefined {
    return this.#large?.chain;
  }

  async read(offset: number, length: number, options?: ReadOptions): Promise<Buffer> {
    if (this.#file) return await (await this.#file).read(offset, length, options);
    return Buffer.from(this.#bytes.subarray(offset, Math.min(offset + length, this.#size)));
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const end = offset + bytes.length;
    if (this.#file || end > SMALL_BYTES) return await (await this.#toFile()).write(offset, bytes);
    if (bytes.length === 0) return;
    this.#lengthen(Math.max(end, this.#size));
    this.#bytes.set(bytes, offset);
    this.#isDirty = true;
  }

  async truncate(size: number): Promise<void> {
    if (this.#file || size > SMALL_BYTES) return await (await this.#toFile()).truncate(size);
    if (size === this.#size) return;
    this.#lengthen(Math.max(size, this.#size));
    this.#bytes.fill(0, size, this.#size);
    this.#size = size;
    this.#isDirty = true;
  }

  /** Bytes past the size are zeros at all times, so that a gap reads as zeros. */
  #lengthen(size: number): void {
    if (size > this.#bytes.length) {
      const longer = Buffer.alloc(Math.min(SMALL_BYTES, Math.max(size, 2 * this.#bytes.length)));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#size = size;
  }

  /** Without waiting for the disk: it is durable with whatever the catalog does next. */
  async sync(): Promise<void> {
    if (!this.#file) return this.#keep();
    await (await this.#file).sync();
    if (this.#isKept) this.#home.remove();
    this.#isKept = false;
  }

  #keep(): void {
    if (this.#isKept && !this.#isDirty) return;
    this.#home.put(sealed(this.#home, this.#bytes.subarray(0, this.#size)));
    this.#isKept = true;
    this.#isDirty = false;
  }

  async close(): Promise<void> {
    if (!this.#file) {
      if (this.#isDirty) this.#keep();
      return;
    }
    await (await this.#file.catch(() => undefined))?.close();
  }

  async verify(): Promise<{ chunks: number; damaged: number[] }> {
    if (this.#file) return await (await this.#file).verify();
    return { chunks: this.#size > 0 ? 1 : 0, damaged: [] }; // it was authenticated when it was opened
  }

  /** Calls that came meanwhile wait here, and go on in the order they came. */
  #toFile(): Promise<Blob> {
    this.#file ??= this.#makeFile().catch((error) => {
      // Such as a full disk: what was written before is still here.
      this.#file = undefined;
      throw error;
    });
    return this.#file;
  }

  async #makeFile(): Promise<Blob> {
    const file = await this.#home.makeFile();
    try {
      if (this.#size > 0) await file.write(0, this.#bytes.subarray(0, this.#size));
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    this.#large = file;
    this.#bytes = nothing;
    return file;
  }
}

function sealed({ id, schoolKey, random }: SmallBlobHome, plain: Uint8Array): Uint8Array {
  const salt = random(SALT_BYTES);
  const secret = blobSecret(id, schoolKey, salt);
  const preamble = encodePreamble(salt, secret);
  if (plain.length === 0) return preamble;
  const size = plain.length;
  const head = encodeHeader({
    chunk: 0,
    length: size,
    size,
    durable: 0,
    chain: chainAfter(preamble),
  });
  return Buffer.concat([preamble, ...sealEntry(secret, head, plain, random(NONCE_BYTES))]);
}

function unsealed({ id, schoolKey }: SmallBlobHome, sealed: Buffer): Buffer {
  if (sealed.length < PREAMBLE_BYTES) throw new BlobDamaged(id, "it does not begin as a blob");
  const preamble = sealed.subarray(0, PREAMBLE_BYTES);
  const secret = decodePreamble(preamble, id, schoolKey);
  if ("problem" in secret) throw new BlobDamaged(id, secret.problem);
  if (sealed.length === PREAMBLE_BYTES) return nothing;
  const entry = sealed.subarray(PREAMBLE_BYTES);
  const header = entry.length > HEADER_BYTES ? decodeHeader(entry, PREAMBLE_BYTES) : undefined;
  const isWhole = header && entryBytes(header) === entry.length && header.size === header.length &&
    chainAfter(preamble).equals(header.chain);
  const plain = isWhole ? openEntry(secret, entry) : undefined;
  if (!plain) throw new BlobDamaged(id, "it is not what was stored");
  return plain;
}
