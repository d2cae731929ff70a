/**
 * The server's own key: made on the first start, kept in a file that only its owner can read.
 * Clients remember it, so it is never replaced.
 */
import { generateKeyPair } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import { makeSecretFile } from "../secret-file.ts";
import { fingerprint } from "./public-key.ts";

const RSA_BITS = 3072;

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
export function hostKeyFingerprint(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error || Array.isArray(parsed)) throw new Error("not a private key");
  return fingerprint(parsed.getPublicSSH());
}
