/**
 * Reads the SSH public key that a school sent: an OpenSSH line, or the file of RFC 4716 that PuTTY
 * and other programs write. What is refused says why, and what to do.
 */
import { type KeyFamily, keyFamilyOf, RSA_LEAST_BITS } from "../../shared/ssh-keys.ts";
import { KeyRefusal, newPair, unreadable } from "./refusal.ts";
import { type KeyText, keyText } from "./key-text.ts";
import { bitLength, fingerprintOf, fromBase64, readWire, toBase64, WireFault } from "./wire.ts";

export interface PublicKey {
  /** The algorithm's name: `ssh-rsa`. */
  type: string;
  bits: number;
  /** `SHA256:…` without padding, as `ssh-keygen -l` prints it. */
  fingerprint: string;
  /** The wire form, base64: the second word of an OpenSSH line. */
  publicKey: string;
  /** What its owner wrote behind it; may be empty. */
  comment: string;
}

/** No program takes an RSA key of more bits. */
const RSA_MOST_BITS = 16_384;

/** @throws KeyRefusal */
export async function readPublicKey(
  text: string,
  allowed: readonly KeyFamily[],
): Promise<PublicKey> {
  const { type, base64, comment } = keyText(text);
  const family = familyOf(type);
  if (!allowed.includes(family)) throw notAllowed(`is of type ${type}`, allowed);
  const wire = fromBase64(base64);
  if (!wire) throw unreadable("its middle part is not base64, or was cut off");
  const bits = readBits({ type, wire });
  return { type, bits, fingerprint: await fingerprintOf(wire), publicKey: toBase64(wire), comment };
}

function familyOf(type: KeyText["type"]): KeyFamily {
  const family = keyFamilyOf(type);
  if (family) return family;
  if (type === "ssh-dss") {
    throw new KeyRefusal("key_dsa", `This is a DSA key, which is no longer safe. ${newPair}`);
  }
  if (type.startsWith("sk-")) {
    throw new KeyRefusal(
      "key_hardware",
      `This key (${type}) lives in a security key that someone must touch at each login; rosters are ` +
        `sent by programs. ${newPair}`,
    );
  }
  if (/-cert-v\d+@/.test(type)) {
    throw new KeyRefusal(
      "key_certificate",
      "This is an SSH certificate; send the plain public key it was made from, the .pub file without " +
        "-cert in its name.",
    );
  }
  throw unreadable(`its type is ${JSON.stringify(type.slice(0, 40))}, which is no SSH key type`);
}

function notAllowed(what: string, allowed: readonly KeyFamily[]): KeyRefusal {
  return new KeyRefusal(
    "key_type_not_allowed",
    `This key ${what}; allowed here: ${allowed.join(", ")} (the worker's setting SSH_KEY_TYPES). ` +
      (allowed.includes("rsa") ? newPair : `Make a new pair of one of these with ssh-keygen -t.`),
  );
}

/** Checks the wire form and tells the key's size. */
function readBits({ type, wire }: { type: string; wire: Uint8Array }): number {
  try {
    const reader = readWire(wire);
    const inside = reader.text();
    if (inside !== type) throw new WireFault(`call it ${JSON.stringify(inside.slice(0, 40))}`);
    const bits = type === "ssh-rsa"
      ? rsaBits(reader.integer(), reader.integer())
      : type === "ssh-ed25519"
      ? ed25519Bits(reader.bytes())
      : ecdsaBits(type, reader.text(), reader.bytes());
    reader.end();
    return bits;
  } catch (error) {
    if (error instanceof WireFault) {
      throw unreadable(`it says ${type}, but its bytes ${error.message}`);
    }
    throw error;
  }
}

function rsaBits(exponent: Uint8Array, modulus: Uint8Array): number {
  const bits = bitLength(modulus);
  if (bits < RSA_LEAST_BITS) {
    throw new KeyRefusal(
      "key_rsa_short",
      `This RSA key has ${bits} bits; at least ${RSA_LEAST_BITS} are needed. ${newPair}`,
    );
  }
  if (bits > RSA_MOST_BITS) throw new WireFault(`hold ${bits} bits, more than ${RSA_MOST_BITS}`);
  const isOdd = (integer: Uint8Array) => (integer.at(-1)! & 1) === 1;
  const exponentBits = bitLength(exponent);
  if (!isOdd(modulus) || !isOdd(exponent) || exponentBits < 2 || exponentBits > 64) {
    throw new KeyRefusal(
      "key_rsa_weak",
      "This RSA key cannot be a sound one: its modulus and its exponent must be odd, the exponent " +
        `from 3 to 64 bits long. ${newPair}`,
    );
  }
  return bits;
}

function ed25519Bits(point: Uint8Array): number {
  if (point.length !== 32) throw new WireFault(`hold ${point.length} bytes of key, not 32`);
  return 256;
}

function ecdsaBits(type: string, curve: string, point: Uint8Array): number {
  if (`ecdsa-sha2-${curve}` !== type) throw new WireFault("name another curve");
  const bits = Number(curve.slice("nistp".length));
  // Uncompressed (SEC 1 section 2.3.3), as OpenSSH writes it.
  if (point[0] !== 4 || point.length !== 1 + 2 * Math.ceil(bits / 8)) {
    throw new WireFault("hold no point of that curve");
  }
  return bits;
}
