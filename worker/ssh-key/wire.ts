/** The wire form of SSH public keys (RFC 4251 section 5, RFC 4253 section 6.6). */
import { writeFingerprint } from "../../shared/ssh-keys.ts";

/** The bytes are not what they should be; the message goes on from "the key's bytes". */
export class WireFault extends Error {}

export interface WireReader {
  /** A length and so many bytes. */
  bytes(): Uint8Array;
  text(): string;
  /** A positive `mpint`, without its sign byte. */
  integer(): Uint8Array;
  /** @throws WireFault when something is left */
  end(): void;
}

export function readWire(wire: Uint8Array): WireReader {
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  let offset = 0;
  function bytes(): Uint8Array {
    if (offset + 4 > wire.length) throw new WireFault("end too early");
    const length = view.getUint32(offset);
    if (offset + 4 + length > wire.length) throw new WireFault("end too early");
    offset += 4 + length;
    return wire.subarray(offset - length, offset);
  }
  return {
    bytes,
    text: () => new TextDecoder().decode(bytes()),
    integer() {
      const number = bytes();
      const [first, second] = number;
      if (first === undefined || first >= 0x80) {
        throw new WireFault("hold a number that is not positive");
      }
      // One key has one wire form, so that it has one fingerprint.
      if (first === 0 && (second === undefined || second < 0x80)) {
        throw new WireFault("hold a number with needless zeros before it");
      }
      return first === 0 ? number.subarray(1) : number;
    },
    end() {
      const left = wire.length - offset;
      if (left > 0) throw new WireFault(`go on for ${left} bytes after its end`);
    },
  };
}

/** How many bits an integer's bytes have, leading zeros not counted. */
export function bitLength(integer: Uint8Array): number {
  const [first] = integer;
  return first === undefined ? 0 : integer.length * 8 - Math.clz32(first) + 24;
}

/** `undefined` when the text is not canonical base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text);
    if (btoa(binary) !== text) return undefined;
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** `SHA256:…` without padding, as `ssh-keygen -l` prints it. */
export async function fingerprintOf(wire: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(wire));
  return writeFingerprint(new Uint8Array(digest));
}
