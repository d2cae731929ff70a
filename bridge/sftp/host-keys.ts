/**
 * The server's host keys: those in force at a moment, and OpenSSH's way of telling clients of new ones
 * (`hostkeys-00@openssh.com`, PROTOCOL section 2.5): all are announced after the login, and the client
 * asks for a proof of those it does not know.
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import ssh2 from "ssh2";
import type { Connection } from "ssh2";
import type { Log } from "../../shared/log.ts";
import { Malformed, Reader, string } from "./fields.ts";
import { onGlobalRequest, sendGlobalRequest, sessionOf } from "./ssh2-internals.ts";

/** A private key, PEM or OpenSSH, without a passphrase, and when it is retired, if it is to be. */
export interface HostKey {
  key: string | Buffer;
  /** Milliseconds since the epoch. */
  retiresAt?: number | undefined;
}

/** Those that are not retired yet; the last that was, when all are: nobody could come in otherwise. */
export function inForce(keys: readonly HostKey[], now: number): readonly HostKey[] {
  const inForce = keys.filter(({ retiresAt }) => retiresAt === undefined || retiresAt > now);
  if (inForce.length > 0) return inForce;
  const last = Math.max(...keys.map(({ retiresAt }) => retiresAt!));
  return keys.filter(({ retiresAt }) => retiresAt === last);
}

/** What is made of the keys in force, at each call; made anew when one has been retired. */
export function madeOfThoseInForce<Made>(
  keys: readonly HostKey[],
  { now, log }: { now(): number; log: Log },
  make: (keys: readonly HostKey[]) => Made,
): () => Made {
  let made: { of: readonly HostKey[]; what: Made } | undefined;
  return () => {
    const of = inForce(keys, now());
    if (made?.of.length === of.length) return made.what;
    if (made) log("host_keys.retired", { inForce: of.length });
    made = { of, what: make(of) };
    return made.what;
  };
}

/** A host key as clients are told of it. */
export interface AnnouncedKey {
  /** Its public half in SSH wire form. */
  wire: Buffer;
  type: string;
  privateKey: KeyObject;
}

/** @throws Error when one is no private key without a passphrase */
export function announced(keys: readonly HostKey[]): AnnouncedKey[] {
  return keys.map(({ key }) => {
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error || Array.isArray(parsed) || !parsed.isPrivateKey()) {
      throw new Error("A host key is not a private key without a passphrase (PEM or OpenSSH).");
    }
    return {
      wire: parsed.getPublicSSH(),
      type: parsed.type,
      privateKey: createPrivateKey(parsed.getPrivatePEM()),
    };
  });
}

const ANNOUNCEMENT = "hostkeys-00@openssh.com";
const PROOF = "hostkeys-prove-00@openssh.com";
/** A signature costs a millisecond or two; an honest client asks once. */
const MOST_PROOFS = 3;

/**
 * Tells a client that has logged in of all host keys, and proves those that it asks about. Only OpenSSH
 * does something with it, so only OpenSSH is told.
 *
 * @param software the client's name for itself
 */
export function announceHostKeys(
  client: Connection,
  software: string,
  keys: readonly AnnouncedKey[],
): void {
  if (!software.startsWith("OpenSSH_")) return;
  let proofs = 0;
  onGlobalRequest(client, PROOF, (data) => {
    const wanted = stringsOf(data)?.map((wire) => keys.find((key) => key.wire.equals(wire)));
    if (!wanted || wanted.length === 0 || wanted.length > keys.length) return undefined;
    if (wanted.includes(undefined) || ++proofs > MOST_PROOFS) return undefined;
    const { id, hostKeyAlgorithm } = sessionOf(client);
    const proof = (key: AnnouncedKey) =>
      writeString(
        signature(key, hostKeyAlgorithm, [
          writeString(PROOF),
          writeString(id),
          writeString(key.wire),
        ]),
      );
    return Buffer.concat(wanted.map((key) => proof(key!)));
  });
  sendGlobalRequest(client, ANNOUNCEMENT, Buffer.concat(keys.map(({ wire }) => writeString(wire))));
}

/** Strings, one after the other; `undefined` when it is something else. */
function stringsOf(data: Buffer): Buffer[] | undefined {
  const reader = new Reader(data);
  const strings: Buffer[] = [];
  try {
    while (reader.left > 0) strings.push(string.read(reader));
    return strings;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function writeString(value: Buffer | string): Buffer {
  const bytes: Buffer[] = [];
  string.write(Buffer.from(value), bytes);
  return Buffer.concat(bytes);
}

/** An RSA key signs as it did in the key exchange, or with SHA-512. */
function signature({ type, privateKey }: AnnouncedKey, exchanged: string, parts: Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  const isRsa = type === "ssh-rsa";
  const rsa = exchanged.startsWith("rsa-sha2-") ? exchanged : "rsa-sha2-512";
  const algorithm = isRsa ? rsa : type;
  const hash = hashes[algorithm];
  const raw = type.startsWith("ecdsa-")
    ? ecdsa(sign(hash, bytes, { key: privateKey, dsaEncoding: "ieee-p1363" }))
    : sign(hash, bytes, privateKey);
  return Buffer.concat([writeString(algorithm), writeString(raw)]);
}

/** Ed25519 has its own. */
const hashes: Record<string, string | undefined> = {
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};

/** Two numbers of one length → two mpints (RFC 5656 section 3.1.2). */
function ecdsa(numbers: Buffer): Buffer {
  const half = numbers.length / 2;
  return Buffer.concat(
    [numbers.subarray(0, half), numbers.subarray(half)].map((number) => {
      const start = number.findIndex((byte) => byte !== 0);
      const digits = start < 0 ? number.subarray(0, 0) : number.subarray(start);
      const isNegative = (digits[0] ?? 0) >= 0x80;
      return writeString(isNegative ? Buffer.concat([Buffer.of(0), digits]) : digits);
    }),
  );
}
