/**
 * The extensions of OpenSSH (its PROTOCOL file, section 4) that a home can honour. All that VERSION
 * names is here, and all that is here works.
 */
import { type Home, Refusal, type Room } from "../home/home.ts";
import type { Answer } from "./answer.ts";
import { type Field, Malformed, Reader, type WireAttributes } from "./fields.ts";
import { MOST_HANDLES } from "./handles.ts";
import {
  bytesOf,
  extendedRequests,
  type Greeting,
  limitsReply,
  LONGEST_PACKET,
  LONGEST_TRANSFER,
  statvfsReply,
} from "./packets.ts";

/** What extended requests come to. */
export interface ExtendedCalls {
  rename(body: { path: Buffer; to: Buffer }): Promise<Answer>;
  link(): Promise<Answer>;
  setAttributes(body: { path: Buffer; attributes: WireAttributes }): Promise<Answer>;
  sync(body: { handle: Buffer }): Promise<Answer>;
  room: (() => Promise<Room>) | undefined;
  /** Throws when there is nothing. */
  stat(body: { path: Buffer }): Promise<void>;
  checkHandle(body: { handle: Buffer }): void;
}

const advertised = [
  ["posix-rename@openssh.com", "1"],
  ["fsync@openssh.com", "1"],
  ["limits@openssh.com", "1"],
  ["lsetstat@openssh.com", "1"],
] as const;
const ofRoom = [["statvfs@openssh.com", "2"], ["fstatvfs@openssh.com", "2"]] as const;

/** The extensions of VERSION. */
export function extensionsOf(home: Home): Greeting["extensions"] {
  return [...advertised, ...(home.room ? ofRoom : [])].map(([name, version]) => ({
    name: Buffer.from(name),
    version: Buffer.from(version),
  }));
}

/** @throws Refusal */
export async function performExtended(
  request: string,
  body: Buffer,
  calls: ExtendedCalls,
): Promise<Answer> {
  switch (request) {
    case "posix-rename@openssh.com":
      return calls.rename(read(extendedRequests[request], body));
    case "fsync@openssh.com":
      return calls.sync(read(extendedRequests[request], body));
    case "lsetstat@openssh.com":
      return calls.setAttributes(read(extendedRequests[request], body));
    case "hardlink@openssh.com":
      return calls.link();
    case "limits@openssh.com":
      return { type: "extended", body: limits };
    case "statvfs@openssh.com":
      if (!calls.room) break;
      await calls.stat(read(extendedRequests[request], body));
      return { type: "extended", body: statvfs(await calls.room()) };
    case "fstatvfs@openssh.com":
      if (!calls.room) break;
      calls.checkHandle(read(extendedRequests[request], body));
      return { type: "extended", body: statvfs(await calls.room()) };
  }
  throw new Refusal("unsupported", "The server does not offer this extension.");
}

function read<Value>(field: Field<Value>, body: Buffer): Value {
  try {
    return field.read(new Reader(body));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Refusal("bad_message", "The request is cut short.");
  }
}

const limits = bytesOf(limitsReply, {
  packet: BigInt(LONGEST_PACKET),
  read: BigInt(LONGEST_TRANSFER),
  write: BigInt(LONGEST_TRANSFER),
  handles: BigInt(MOST_HANDLES),
});

const BLOCK = 4096;
const LONGEST_NAME = 255n;
/** Links and devices are none here. */
const NO_SETUID = 2n;

function statvfs({ total, free }: Room): Buffer {
  const blocks = (bytes: number) => BigInt(Math.floor(Math.max(0, bytes) / BLOCK));
  return bytesOf(statvfsReply, {
    blockSize: BigInt(BLOCK),
    fragmentSize: BigInt(BLOCK),
    blocks: blocks(total),
    freeBlocks: blocks(free),
    availableBlocks: blocks(free),
    files: 0n,
    freeFiles: 0n,
    availableFiles: 0n,
    fileSystem: 0n,
    flags: NO_SETUID,
    longestName: LONGEST_NAME,
  });
}
