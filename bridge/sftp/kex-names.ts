/** The key exchange methods that a KEXINIT names (RFC 4253 section 7.1). */

/** Key exchanges: post-quantum with clients that have it, or with nobody else. */
export const kexModes = ["compatible", "post-quantum"] as const;
export type KexMode = typeof kexModes[number];

/** A KEXINIT's number and cookie. */
const BEFORE_NAMES = 17;

/** In the order of preference; `undefined`: they are not there. */
export function kexNames(payload: Buffer): string[] | undefined {
  if (payload.length < BEFORE_NAMES + 4) return undefined;
  const start = BEFORE_NAMES + 4;
  const end = start + payload.readUInt32BE(BEFORE_NAMES);
  return end <= payload.length ? payload.toString("latin1", start, end).split(",") : undefined;
}

/** The same KEXINIT with other names. */
export function withKexNames(payload: Buffer, names: readonly string[]): Buffer {
  const list = Buffer.from(names.join(","), "latin1");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(list.length);
  const rest = payload.subarray(BEFORE_NAMES + 4 + payload.readUInt32BE(BEFORE_NAMES));
  return Buffer.concat([payload.subarray(0, BEFORE_NAMES), length, list, rest]);
}
