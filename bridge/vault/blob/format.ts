/**
 * The form of a blob on disk, and its cryptography.
 *
 *     blob  = magic (8) salt (32) check (16) entry*
 *     entry = header (36) nonce (12) ciphertext tag (16)
 *
 * Both the blob's AES-256-GCM key and `check`, which tells a wrong key from damaged bytes, come from
 * HKDF-SHA256(school key, salt, blob's id): the bytes of one blob mean nothing in another. A header
 * is authenticated with its entry and carries a hash of the header before it: one entry that
 * authenticates vouches for the number, order and headers of all before it.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  timingSafeEqual,
} from "node:crypto";

/** A chunk has at most so many bytes of plaintext; all but the last of a blob are this long. */
export const CHUNK_BYTES = 64 * 1024;
/** The chunk number of an entry that carries no chunk, only a size or a mark. */
export const NO_CHUNK = 0xffff_ffff;
/** The largest size that an entry's header can tell, in bytes. */
export const LARGEST_SIZE = NO_CHUNK * CHUNK_BYTES;

const MAGIC = Buffer.from("rbblob01", "latin1");
export const SALT_BYTES = 32;
const CHECK_BYTES = 16;
export const PREAMBLE_BYTES = MAGIC.length + SALT_BYTES + CHECK_BYTES;

export const HEADER_BYTES = 36;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CHAIN_AT = 20;
export const ENTRY_OVERHEAD = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/** What seals and opens the entries of one blob. */
export interface BlobSecret {
  readonly key: Buffer;
  readonly check: Buffer;
}

export interface EntryHeader {
  /** Number of the chunk, or `NO_CHUNK`. */
  chunk: number;
  /** Bytes of plaintext; 0 exactly when there is no chunk. */
  length: number;
  /** Size of the whole file after this entry. */
  size: number;
  /** Everything before this position was fsynced when the entry was appended. */
  durable: number;
  /** {@link chainAfter} what stands before this entry. */
  chain: Uint8Array;
}

export function blobSecret(id: string, schoolKey: Uint8Array, salt: Uint8Array): BlobSecret {
  const derived = Buffer.from(
    hkdfSync("sha256", schoolKey, salt, `rosterbridge blob ${id}`, 32 + CHECK_BYTES),
  );
  return { key: derived.subarray(0, 32), check: derived.subarray(32) };
}

/** The first bytes of a blob. */
export function encodePreamble(salt: Uint8Array, secret: BlobSecret): Buffer {
  return Buffer.concat([MAGIC, salt, secret.check]);
}

/** Reads the first bytes of a blob; a sentence part says why they are not good. */
export function decodePreamble(
  bytes: Buffer,
  id: string,
  schoolKey: Uint8Array,
): BlobSecret | { problem: string } {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { problem: "it does not begin as a blob" };
  }
  const secret = blobSecret(
    id,
    schoolKey,
    bytes.subarray(MAGIC.length, MAGIC.length + SALT_BYTES),
  );
  return timingSafeEqual(secret.check, bytes.subarray(MAGIC.length + SALT_BYTES, PREAMBLE_BYTES))
    ? secret
    : { problem: "its first bytes do not fit its key" };
}

/** How long an entry is on disk. */
export function entryBytes(header: EntryHeader): number {
  return ENTRY_OVERHEAD + header.length;
}

/** Reads an entry's header; `undefined` when no entry at this position can begin so. */
export function decodeHeader(bytes: Buffer, position: number): EntryHeader | undefined {
  const header: EntryHeader = {
    chunk: bytes.readUInt32BE(0),
    length: bytes.readUInt32BE(4),
    size: bytes.readUIntBE(8, 6),
    durable: bytes.readUIntBE(14, 6),
    chain: bytes.subarray(CHAIN_AT, HEADER_BYTES),
  };
  const { chunk, length, size, durable } = header;
  const plausible = chunk === NO_CHUNK
    ? length === 0
    : length > 0 && length <= CHUNK_BYTES && chunk * CHUNK_BYTES + length <= size;
  return plausible && durable <= position ? header : undefined;
}

export function encodeHeader(header: EntryHeader): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt32BE(header.chunk, 0);
  bytes.writeUInt32BE(header.length, 4);
  bytes.writeUIntBE(header.size, 8, 6);
  bytes.writeUIntBE(header.durable, 14, 6);
  bytes.set(header.chain, CHAIN_AT);
  return bytes;
}

/** What the next entry's header carries: a hash of this header, or of the preamble. */
export function chainAfter(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest().subarray(0, HEADER_BYTES - CHAIN_AT);
}

/** Encrypts an entry; its bytes in the order they are written. `nonce` is new for every entry. */
export function sealEntry(
  secret: BlobSecret,
  head: Uint8Array,
  plain: Uint8Array,
  nonce: Uint8Array,
): Uint8Array[] {
  const cipher = createCipheriv("aes-256-gcm", secret.key, nonce);
  cipher.setAAD(head);
  const ciphertext = cipher.update(plain);
  cipher.final(); // GCM is a stream mode: nothing is left over
  return [head, nonce, ciphertext, cipher.getAuthTag()];
}

/** Decrypts a whole entry; `undefined` when it does not authenticate. */
export function openEntry(secret: Pick<BlobSecret, "key">, bytes: Buffer): Buffer | undefined {
  const head = bytes.subarray(0, HEADER_BYTES);
  const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", secret.key, nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(head);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = decipher.update(bytes.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
