/** Keys to be accepted and to be refused, made here; none of them is anybody's. */
import { generateKeyPairSync } from "node:crypto";

const text = (value: string) => Buffer.from(value, "utf8");

/** Fields of the SSH wire form, each with its length before it. */
export function wire(...fields: Uint8Array[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  }));
}

export function line(type: string, bytes: Uint8Array, comment = "someone@example"): string {
  return `${type} ${Buffer.from(bytes).toString("base64")} ${comment}`;
}

/** An integer as the wire has it: with a zero before it when its first bit is set. */
function mpint(bytes: Uint8Array): Uint8Array {
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

export interface RsaNumbers {
  modulus: Buffer;
  exponent: Buffer;
}

export function rsaNumbers(bits: number): RsaNumbers {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  const { n, e } = publicKey.export({ format: "jwk" });
  return { modulus: Buffer.from(n!, "base64url"), exponent: Buffer.from(e!, "base64url") };
}

export function rsaWire({ modulus, exponent }: RsaNumbers): Buffer {
  return wire(text("ssh-rsa"), mpint(exponent), mpint(modulus));
}

export function rsaLine(bits: number, comment?: string): string {
  return line("ssh-rsa", rsaWire(rsaNumbers(bits)), comment);
}

export function ed25519Line(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  return line("ssh-ed25519", wire(text("ssh-ed25519"), Buffer.from(x!, "base64url")));
}

export function ecdsaLine(curve: "256" | "384" | "521"): string {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: `P-${curve}` });
  const { x, y } = publicKey.export({ format: "jwk" });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x!, "base64url"),
    Buffer.from(y!, "base64url"),
  ]);
  const type = `ecdsa-sha2-nistp${curve}`;
  return line(type, wire(text(type), text(`nistp${curve}`), point));
}

/** A line of a type whose bytes nobody looks at. */
export function otherLine(type: string): string {
  return line(type, wire(text(type), Buffer.alloc(32, 7)));
}
