/**
 * The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a proxy says first of all
 * on a connection, so that who stands behind it is known by who really came. Believed of trusted
 * proxies only, and of these it is required.
 */
import type { Socket } from "node:net";
import { addressBytes, writeAddress } from "../../shared/networks.ts";

export type ProxyHeader =
  /** It is not all there yet. */
  | { type: "more" }
  | { type: "invalid"; why: string }
  /** It takes so many bytes; without an address the proxy speaks for itself, or does not know. */
  | { type: "header"; length: number; address: string | undefined };

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LONGEST_V1 = 107;
/** Addresses and some of what may follow them; no proxy is known to send more. */
const LONGEST_V2 = 4096;

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const start = bytes.subarray(0, SIGNATURE.length);
  if (start.equals(SIGNATURE.subarray(0, start.length))) return readBinary(bytes);
  const word = bytes.toString("latin1", 0, 6);
  return "PROXY ".startsWith(word) ? readText(bytes) : { type: "invalid", why: "no PROXY header" };
}

function readText(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_V1).indexOf("\r\n");
  if (end < 0) {
    return bytes.length < LONGEST_V1
      ? { type: "more" }
      : { type: "invalid", why: "a PROXY line without an end" };
  }
  const length = end + 2;
  const [, family, source, target, ...ports] = bytes.toString("latin1", 0, end).split(" ");
  if (family === "UNKNOWN") return { type: "header", length, address: undefined };
  const size = family === "TCP4" ? 4 : family === "TCP6" ? 16 : 0;
  const isAddress = (text = "") =>
    text.includes(":") === (size === 16) && addressBytes(text) !== undefined;
  const isPort = (text: string) => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536;
  if (
    size === 0 || !isAddress(source) || !isAddress(target) || ports.length !== 2 ||
    !ports.every(isPort)
  ) {
    return { type: "invalid", why: "a PROXY line that makes no sense" };
  }
  return { type: "header", length, address: writeAddress(addressBytes(source!)!) };
}

/** Lengths of the addresses and ports, by the family's number. */
const FAMILIES: Record<number, { size: number; total: number }> = {
  0x11: { size: 4, total: 12 },
  0x21: { size: 16, total: 36 },
};

function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return { type: "more" };
  const [versionAndCommand, family] = [bytes[12]!, bytes[13]!];
  const length = 16 + bytes.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) {
    return { type: "invalid", why: "a PROXY header of another version" };
  }
  if (length > LONGEST_V2) return { type: "invalid", why: "a PROXY header that is too long" };
  if (bytes.length < length) return { type: "more" };
  // LOCAL: the proxy asks for itself, whether somebody is here.
  if (versionAndCommand === 0x20) return { type: "header", length, address: undefined };
  const known = FAMILIES[family];
  if (!known) return { type: "header", length, address: undefined };
  if (length < 16 + known.total) {
    return { type: "invalid", why: "a PROXY header that is cut short" };
  }
  const source = [...bytes.subarray(16, 16 + known.size)];
  return { type: "header", length, address: writeAddress(source) };
}

/**
 * Takes the header from a connection and leaves what follows it; calls `done` once, with the address
 * that it says, or `undefined` when the proxy speaks for itself.
 *
 * @param wrong called instead when there is no header, or one that makes no sense
 */
export function takeProxyHeader(
  socket: Socket,
  done: (address: string | undefined) => void,
  wrong: (why: string) => void,
): void {
  let taken = Buffer.alloc(0);
  const look = () => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    taken = Buffer.concat([taken, bytes]);
    const header = readProxyHeader(taken);
    if (header.type === "more") return;
    socket.off("readable", look);
    if (header.type === "invalid") return wrong(header.why);
    if (taken.length > header.length) socket.unshift(taken.subarray(header.length));
    done(header.address);
  };
  socket.on("readable", look);
}
