/**
 * What ssh2's ciphers put a packet into before they encrypt it in place: for each packet new memory and a
 * call for a few random bytes, which for a large download is a tenth of all work. Here long packets get
 * memory that was used before, and the random bytes are fetched by the page.
 */
import { randomFillSync } from "node:crypto";
import type { Socket } from "node:net";

/** The parts of a cipher that ssh2 compiled; those in JavaScript are left as they are. */
export interface PacketCipher {
  allocPacket(payload: number): Buffer;
  _onWrite?(packet: Uint8Array): void;
  _encBlockLen?: number;
  _aadLen?: number;
  _macLen?: number;
}

/** Bytes that padding is counted in, that it does not count, and that follow it. */
interface Layout {
  block: number;
  uncounted: number;
  tag: number;
}

function layoutOf(cipher: PacketCipher): Layout | undefined {
  switch (cipher.constructor.name) {
    case "AESGCMCipherBinding":
      return { block: 16, uncounted: 4, tag: 16 };
    case "ChaChaPolyCipherBinding":
      return { block: 8, uncounted: 4, tag: 16 };
    case "GenericCipherBinding": {
      const { _encBlockLen: block, _aadLen: uncounted, _macLen: tag } = cipher;
      if (block === undefined || uncounted === undefined || tag === undefined) return undefined;
      return { block, uncounted, tag };
    }
  }
  return undefined;
}

/** Has the cipher of a connection take its packets from here. */
export function withPacketMemory(cipher: PacketCipher, socket: Socket): void {
  const layout = layoutOf(cipher);
  const onWrite = cipher._onWrite;
  if (!layout || !onWrite) return;
  cipher.allocPacket = (payload) => packetFor(payload, layout);
  cipher._onWrite = (packet) => {
    if (packet.length < LONG) return onWrite.call(cipher, packet);
    if (socket.writable) socket.write(packet, () => giveBack(packet));
  };
}

/** RFC 4253 section 6: its length, that of the padding, the payload, at least four bytes of padding. */
function packetFor(payload: number, { block, uncounted, tag }: Layout): Buffer {
  const unpadded = 4 + 1 + payload;
  const missing = block - ((unpadded - uncounted) & (block - 1));
  const padding = missing < 4 ? missing + block : missing;
  const length = unpadded + padding;
  const packet = take(length + tag);
  packet.writeUInt32BE(length - 4, 0);
  packet[4] = padding;
  fillRandom(packet, unpadded, padding);
  return packet;
}

const page = Buffer.alloc(4096);
let used = page.length;

function fillRandom(packet: Buffer, at: number, length: number): void {
  if (used + length > page.length) {
    randomFillSync(page);
    used = 0;
  }
  page.copy(packet, at, used, used += length);
}

/** From here on a packet's memory is used again. */
const LONG = 16 * 1024;
/** OpenSSH takes 32 KiB in a packet, and something goes around it. */
const LONGEST = 33 * 1024;
/** So much is kept for all connections together: about 2 MiB. */
const MOST_KEPT = 64;

const kept: Buffer[] = [];
const ours = new WeakSet<ArrayBufferLike>();

function take(length: number): Buffer {
  if (length < LONG || length > LONGEST) return Buffer.allocUnsafe(length);
  const memory = kept.pop() ?? Buffer.allocUnsafeSlow(LONGEST);
  ours.add(memory.buffer);
  return memory.subarray(0, length);
}

/** It is with the system: nobody reads it any more. */
function giveBack({ buffer }: Uint8Array): void {
  if (!ours.delete(buffer)) return;
  if (kept.length < MOST_KEPT) kept.push(Buffer.from(buffer as ArrayBuffer));
}
