/**
 * The server's own keys: made on the first start, kept in files that only their owner can read.
 * Clients remember them, so none is ever replaced: a new one is put beside it, and the old one retired.
 */
import { generateKeyPair } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import { makeSecretFile } from "../secret-file.ts";
import type { HostKey } from "./host-keys.ts";
import { fingerprint } from "./public-key.ts";

const RSA_BITS = 3072;

/** A file with a host key, or a folder of such (`*.key`), and when it is retired. */
export interface HostKeyFile {
  file: string;
  /** Milliseconds since the epoch. */
  retiresAt?: number | undefined;
}

/**
 * Reads all host keys. One that is missing is made, but not the first of several: clients know it.
 *
 * @param now milliseconds since the epoch
 * @throws Error with one sentence for the operator
 */
export async function loadHostKeys(files: readonly HostKeyFile[], now: number): Promise<HostKey[]> {
  const keys: HostKey[] = [];
  for (const { file, retiresAt } of await filesOf(files)) {
    const isFirstOfSeveral = keys.length === 0 && files.length > 1;
    const key = isFirstOfSeveral ? await load(file) : await loadOrMakeHostKey(file);
    if (key === undefined) {
      throw new Error(
        `${file} is not there, and clients know the key that was in it; only a further one is made when it is missing.`,
      );
    }
    keys.push({ key, retiresAt });
  }
  if (keys.every(({ retiresAt }) => retiresAt !== undefined && retiresAt <= now)) {
    throw new Error("every host key is retired; name one that is not.");
  }
  return keys;
}

async function filesOf(files: readonly HostKeyFile[]): Promise<HostKeyFile[]> {
  const all: HostKeyFile[] = [];
  for (const { file, retiresAt } of files) {
    const isFolder = await stat(file).then((found) => found.isDirectory(), () => false);
    const names = isFolder ? (await readdir(file)).filter((name) => name.endsWith(".key")) : [];
    if (isFolder && names.length === 0) throw new Error(`the folder ${file} has no *.key file.`);
    if (!isFolder) all.push({ file, retiresAt });
    for (const name of names.sort()) all.push({ file: join(file, name), retiresAt });
  }
  return all;
}

/**
 * Reads the private host key in `file`, or makes one there (mode 0600, written whole or not at all).
 *
 * @returns the key as PEM or in OpenSSH's format
 * @throws Error with one sentence for the operator: readable by others, no private key, encrypted
 */
export async function loadOrMakeHostKey(
  file: string,
  kind: "rsa" | "ed25519" = "rsa",
): Promise<string> {
  return await load(file) ?? await make(file, kind);
}

async function load(file: string): Promise<string | undefined> {
  let key: string;
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `The host key ${file} has mode ${(mode & 0o777).toString(8).padStart(4, "0")}: ` +
          `others can read or change it. It must be 0600 (chmod 600 ${file}).`,
      );
    }
    key = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error || Array.isArray(parsed) || !parsed.isPrivateKey()) {
    throw new Error(
      `The host key ${file} is not a private key without a passphrase (PEM or OpenSSH). ` +
        "Put one there, or move the file away to have a new one made.",
    );
  }
  return key;
}

/** Of two starts at once one wins and both use its key. */
async function make(file: string, kind: "rsa" | "ed25519"): Promise<string> {
  makeSecretFile(file, await generate(kind));
  return (await load(file))!;
}

async function generate(kind: "rsa" | "ed25519"): Promise<string> {
  if (kind === "ed25519") {
    // Of 256 keys that ssh2 makes it cannot read one back.
    for (;;) {
      const key = ssh2.utils.generateKeyPairSync("ed25519").private;
      if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
    }
  }
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return privateKey;
}

/** The fingerprint clients show for a host key, as `ssh-keygen -l` prints it. */
export function hostKeyFingerprint(key: string | Buffer): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error || Array.isArray(parsed)) throw new Error("not a private key");
  return fingerprint(parsed.getPublicSSH());
}
