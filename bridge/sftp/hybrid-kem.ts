/**
 * The server's side of `mlkem768x25519-sha256` (draft-ietf-sshm-mlkem-hybrid-kex): ML-KEM-768 and
 * X25519 side by side, so that who records a connection today cannot read it with a quantum computer
 * later, and a flaw in the new one costs nothing either.
 */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import * as crypto from "node:crypto";

export const HYBRID_KEX = "mlkem768x25519-sha256";

const KEM_PUBLIC_KEY = 1184;
const X25519_KEY = 32;

/** What goes before a public key of that kind in DER (RFC 9935). */
const MLKEM_DER = Buffer.from("308204b2300b0609608648016503040402038204a100", "hex");

export interface HybridExchange {
  /** What the server answers: the ciphertext (1088 bytes) and its X25519 public key (32 bytes). */
  reply: Buffer;
  /** The shared secret, 32 bytes; hashed as a string, not as an mpint (section 2.5). */
  secret: Buffer;
}

/**
 * Answers a client's `C_INIT`: its ML-KEM public key and its X25519 public key.
 *
 * @throws Error when these are none
 */
export function answerHybrid(init: Uint8Array): HybridExchange {
  if (init.length !== KEM_PUBLIC_KEY + X25519_KEY) throw new Error("C_INIT has a wrong length");
  const kem = encapsulate(init.subarray(0, KEM_PUBLIC_KEY));
  const curve = x25519(init.subarray(KEM_PUBLIC_KEY));
  const secret = crypto.createHash("sha256").update(kem.secret).update(curve.secret).digest();
  return { reply: Buffer.concat([kem.ciphertext, curve.publicKey]), secret };
}

/** The same of curve25519 alone. */
export function answerCurve(init: Uint8Array): HybridExchange {
  const { publicKey, secret } = x25519(init);
  return { reply: publicKey, secret: mpint(secret) };
}

/** A number's bytes as an mpint has them (RFC 4251 section 5). */
function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const number = first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
  return number.length > 0 && number[0]! >= 0x80
    ? Buffer.concat([Buffer.alloc(1), number])
    : number;
}

/**
 * An exchange over curve25519 with their public key (RFC 8731). As JWK and not as DER: OpenSSL decodes
 * DER ten times slower than it does the arithmetic.
 *
 * @throws Error when it is no key, or a point of small order (section 3)
 */
function x25519(theirs: Uint8Array): { publicKey: Buffer; secret: Buffer } {
  if (theirs.length !== X25519_KEY) throw new Error("an X25519 key has 32 bytes");
  const ours = keyPair();
  const publicKey = crypto.createPublicKey({
    key: { kty: "OKP", crv: "X25519", x: Buffer.from(theirs).toString("base64url") },
    format: "jwk",
  });
  return {
    publicKey: ours.publicKey.subarray(-X25519_KEY),
    secret: crypto.diffieHellman({ privateKey: ours.privateKey, publicKey }),
  };
}

/**
 * A new pair, with the public key in DER, whose end is its bytes. It is encoded while it is made and never
 * exported: an export as JWK holds the key's lock while it allocates, and where that collects what made
 * the key, which takes the same lock, the process stands still for ever (seen on Node 20).
 */
function keyPair(): { publicKey: Buffer; privateKey: crypto.KeyObject } {
  return generateEncoded("x25519", { publicKeyEncoding: { type: "spki", format: "der" } });
}

/** Node encodes the one and leaves the other an object; its types know only both or neither. */
const generateEncoded = crypto.generateKeyPairSync as unknown as (
  type: "x25519",
  options: { publicKeyEncoding: { type: "spki"; format: "der" } },
) => { publicKey: Buffer; privateKey: crypto.KeyObject };

interface Encapsulated {
  ciphertext: Uint8Array;
  secret: Uint8Array;
}

/** Node has it from 24.7, in OpenSSL's speed. */
type Encapsulate = (key: crypto.KeyObject) => { sharedKey: Uint8Array; ciphertext: Uint8Array };
const native = (crypto as unknown as { encapsulate?: Encapsulate }).encapsulate;

/** @throws Error when the key's numbers are too large (FIPS 203 section 7.2) */
export function encapsulate(publicKey: Uint8Array, own = native): Encapsulated {
  if (!own) {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
    return { ciphertext: cipherText, secret: sharedSecret };
  }
  const key = crypto.createPublicKey({
    key: Buffer.concat([MLKEM_DER, publicKey]),
    format: "der",
    type: "spki",
  });
  const { sharedKey, ciphertext } = own(key);
  return { ciphertext, secret: sharedKey };
}
