/**
 * Public keys in their SSH wire form (RFC 4253 section 6.6), as a client offers them.
 */
import { createHash, createPublicKey } from "node:crypto";
import ssh2 from "ssh2";
import type { ParsedKey } from "ssh2";
import { writeFingerprint } from "../../shared/ssh-keys.ts";

/** `SHA256:…` without padding, as `ssh-keygen -l` prints it. */
export function fingerprint(wire: Uint8Array): string {
  return writeFingerprint(createHash("sha256").update(wire).digest());
}

/** Reads a key that calls itself `algorithm`; `undefined` when its bytes are no such key. */
export function readPublicKey(algorithm: string, wire: Buffer): ParsedKey | undefined {
  // As a line of text: given bytes, ssh2 would try every format it knows, private keys included.
  const key = ssh2.utils.parseKey(`${algorithm} ${wire.toString("base64")}`);
  if (key instanceof Error || Array.isArray(key)) return undefined;
  return key.type === algorithm && key.getPublicSSH().equals(wire) ? key : undefined;
}

/** The length of an RSA key's modulus, in bits. */
export function rsaBits(key: ParsedKey): number {
  return createPublicKey(key.getPublicPEM()).asymmetricKeyDetails?.modulusLength ?? 0;
}
