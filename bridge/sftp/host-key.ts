/**
 * The server's own key: made on the first start, kept in a file that only its owner can read.
 * Clients remember it, so it is never replaced.
 */
import { generateKeyPair, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import ssh2 from "ssh2";
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

async function make(file: string, kind: "rsa" | "ed25519"): Promise<string> {
  const key = await generate(kind);
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}.new`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(key);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link, unlike a rename, never replaces the key of another process that started just now.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return (await load(file))!;
  } finally {
    await unlink(draft).catch(() => {});
  }
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
  return key;
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
