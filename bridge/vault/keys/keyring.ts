/**
 * The keyring holds the master key and never gives it away: it wraps the schools' keys and unwraps
 * them again. By default it is a file; in production it is an HSM.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { makeSecretFile } from "../../secret-file.ts";

export interface Keyring {
  /** Encrypts a key. Only the same `context` unwraps it: a wrapped key cannot be put elsewhere. */
  wrap(plain: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws {KeyringError} when the key, its context or the master key is not the one it was wrapped with. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws {KeyringAway} when nothing can be wrapped or unwrapped now */
  check(): Promise<void>;
  /** Lets go of whatever holds the master key. */
  close(): void;
}

/** The keyring cannot be asked now; what it was asked for can be had when it is back. */
export class KeyringAway extends Error {
  override readonly name = "KeyringAway";
}

/** One sentence for the operator: which key file or wrapped key is wrong, and what is expected. */
export class KeyringError extends Error {
  override readonly name = "KeyringError";
}

const MASTER_KEY_BYTES = 32;
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A keyring whose master key is `file`: 32 random bytes, mode 0600. Where there is none it is made only
 * if it `mayBeNew`: nothing that an earlier key had wrapped opens with another.
 *
 * @throws {KeyringError} when others may read the file, it is not 32 bytes long, or it is missing
 */
export async function fileKeyring(
  file: string,
  { mayBeNew = true } = {},
): Promise<Keyring> {
  const found = await readMasterKey(file);
  if (!found && !mayBeNew) {
    throw new KeyringError(
      `The master key file ${file} is missing, and only it opens the keys of the schools that are stored. Restore it from a backup; no new one was made.`,
    );
  }
  const masterKey = found ?? (await makeMasterKey(file));
  return {
    wrap: async (plain, context) => wrapWith(masterKey, plain, context),
    unwrap: async (wrapped, context) => unwrapWith(masterKey, wrapped, context),
    // The key was read when it was opened.
    check: async () => {},
    close: () => {},
  };
}

/** Wrapped: format byte, nonce, ciphertext, tag. */
function wrapWith(masterKey: Buffer, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce);
  cipher.setAAD(authenticated(context));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, ciphertext, cipher.getAuthTag()]);
}

function unwrapWith(masterKey: Buffer, wrapped: Uint8Array, context: string): Uint8Array {
  const bytes = Buffer.from(wrapped);
  if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) {
    throw new KeyringError(
      `The wrapped key "${context}" is ${bytes.length} bytes in a form this keyring does not know; it must be restored from a backup.`,
    );
  }
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", masterKey, nonce);
  decipher.setAAD(authenticated(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const ciphertext = bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new KeyringError(
      `The wrapped key "${context}" does not open with this master key: the master key is another one, or the wrapped key was changed.`,
    );
  }
}

function authenticated(context: string): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), Buffer.from(context, "utf8")]);
}

async function readMasterKey(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new KeyringError(`The master key file ${file} cannot be read (${error.code}).`);
  });
  if (!handle) return undefined;
  try {
    // Asked of the open file, so that what is checked is what is read.
    const stats = await handle.stat();
    if (!stats.isFile()) throw new KeyringError(`The master key ${file} is not a regular file.`);
    const mode = stats.mode & 0o777;
    if (mode & 0o077) {
      throw new KeyringError(
        `The master key file ${file} has mode 0${
          mode.toString(8)
        }, so others may use it; it must be 0600 (chmod 600).`,
      );
    }
    if (stats.size !== MASTER_KEY_BYTES) {
      throw new KeyringError(
        `The master key file ${file} has ${stats.size} bytes; it must have exactly ${MASTER_KEY_BYTES}. Restore it from a backup: no other key opens what is stored.`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Of two starts at once one wins and both use its key. */
async function makeMasterKey(file: string): Promise<Buffer> {
  makeSecretFile(file, randomBytes(MASTER_KEY_BYTES));
  return (await readMasterKey(file))!;
}
