/**
 * Public keys in their SSH wire form (RFC 4253 section 6.6), as a client offers them.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
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

/** The length of an RSA key's modulus, in bits; 0 of any other key. */
export function rsaBits(key: ParsedKey): number {
  const { modulus } = rsaNumbers(key) ?? {};
  return modulus ? 8 * modulus.length - Math.clz32(modulus[0]!) + 24 : 0;
}

/** Does the signature of these bytes verify with the key? */
export function verifies(
  key: ParsedKey,
  bytes: Buffer,
  signature: Buffer,
  hash: string | undefined,
): boolean {
  const numbers = rsaNumbers(key);
  // ssh2 returns an Error for a signature that makes no sense, hence the comparison.
  if (!numbers) return key.verify(bytes, signature, hash) === true;
  // As JWK: OpenSSL decodes the PEM that ssh2 makes in four times as long as it verifies.
  const n = numbers.modulus.toString("base64url");
  const e = numbers.exponent.toString("base64url");
  try {
    const numbersOnly = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
    return verify(hash, bytes, numbersOnly, withZeros(signature, numbers.modulus.length));
  } catch {
    return false; // Numbers that make no key.
  }
}

/**
 * A signature as long as the modulus, as RFC 8332 has it: PuTTY, and what is made of it, leave out its
 * leading zeros, which one in 256 has.
 */
function withZeros(signature: Buffer, length: number): Buffer {
  const missing = Math.max(0, length - signature.length);
  return Buffer.concat([Buffer.alloc(missing), signature]);
}

/** The two numbers of an RSA key without leading zeros; `undefined` of any other key. */
function rsaNumbers(key: ParsedKey): { exponent: Buffer; modulus: Buffer } | undefined {
  if (key.type !== "ssh-rsa") return undefined;
  // RFC 4253 section 6.6: its name, e and n, each with its length.
  const wire = key.getPublicSSH();
  const number = (start: number) => {
    const end = start + 4 + wire.readUInt32BE(start);
    const bytes = wire.subarray(start + 4, end);
    return { end, bytes: bytes.subarray(Math.max(0, bytes.findIndex((byte) => byte !== 0))) };
  };
  const exponent = number(number(0).end);
  return { exponent: exponent.bytes, modulus: number(exponent.end).bytes };
}
