/**
 * The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02) and the extensions that OpenSSH's
 * PROTOCOL describes, as pure functions over bytes. Both directions are here: the server reads
 * requests and writes answers, tests do the reverse.
 */
import {
  attributes,
  type Field,
  list,
  Malformed,
  Reader,
  record,
  rest,
  string,
  uint32,
  uint64,
  untilEnd,
  type ValuesOf,
} from "./fields.ts";

/** A packet's length without its own four bytes; OpenSSH's client and server take so much too. */
export const LONGEST_PACKET = 256 * 1024;
/** The most bytes of a READ or WRITE, so that its packet fits. */
export const LONGEST_TRANSFER = 255 * 1024;

const path = string, handle = string;

/** What a client sends: the number of its type, and what follows the request's id. */
const requests = {
  OPEN: [3, { path, flags: uint32, attributes }],
  CLOSE: [4, { handle }],
  READ: [5, { handle, offset: uint64, length: uint32 }],
  WRITE: [6, { handle, offset: uint64, bytes: string }],
  LSTAT: [7, { path }],
  FSTAT: [8, { handle }],
  SETSTAT: [9, { path, attributes }],
  FSETSTAT: [10, { handle, attributes }],
  OPENDIR: [11, { path }],
  READDIR: [12, { handle }],
  REMOVE: [13, { path }],
  MKDIR: [14, { path, attributes }],
  RMDIR: [15, { path }],
  REALPATH: [16, { path }],
  STAT: [17, { path }],
  RENAME: [18, { path, to: path }],
  READLINK: [19, { path }],
  SYMLINK: [20, { path, to: path }],
  EXTENDED: [200, { request: string, body: rest }],
} as const;

/** What a server answers. */
const answers = {
  STATUS: [101, { code: uint32, message: string, language: string }],
  HANDLE: [102, { handle }],
  DATA: [103, { bytes: string }],
  NAME: [104, { entries: list(record({ name: string, longname: string, attributes })) }],
  ATTRS: [105, { attributes }],
  EXTENDED_REPLY: [201, { body: rest }],
} as const;

/** What follows the name of an extended request. */
export const extendedRequests = {
  "posix-rename@openssh.com": record({ path, to: path }),
  "hardlink@openssh.com": record({ path, to: path }),
  "fsync@openssh.com": record({ handle }),
  "lsetstat@openssh.com": record({ path, attributes }),
  "statvfs@openssh.com": record({ path }),
  "fstatvfs@openssh.com": record({ handle }),
  "limits@openssh.com": record({}),
} as const;

/** Answers of extended requests: bytes of a packet, of a READ, of a WRITE, and how many handles. */
export const limitsReply = record({ packet: uint64, read: uint64, write: uint64, handles: uint64 });

/** As POSIX's statvfs: sizes in units of `fragmentSize` bytes. */
export const statvfsReply = record({
  blockSize: uint64,
  fragmentSize: uint64,
  blocks: uint64,
  freeBlocks: uint64,
  availableBlocks: uint64,
  files: uint64,
  freeFiles: uint64,
  availableFiles: uint64,
  fileSystem: uint64,
  flags: uint64,
  longestName: uint64,
});

const INIT = 1, VERSION = 2;
const version = record({
  version: uint32,
  extensions: untilEnd(record({ name: string, version: string })),
});
/** The greetings of both sides, which have no id. */
export type Greeting = ValuesOf<{ greeting: typeof version }>["greeting"];

type Packets = Record<string, readonly [number, Record<string, Field<never>>]>;
type PacketOf<Table> = {
  [Type in keyof Table]: Table[Type] extends readonly [number, infer Fields]
    ? { type: Type; id: number } & ValuesOf<Fields>
    : never;
}[keyof Table];

export type RequestPacket = PacketOf<typeof requests>;
export type AnswerPacket = PacketOf<typeof answers>;
export type RequestType = RequestPacket["type"];

/** A request with an id that can be answered, but that makes no sense or is not known. */
export interface Unclear {
  type: "malformed" | "unknown";
  id: number;
}

interface Shape {
  type: string;
  code: number;
  body: Field<Record<string, unknown>>;
}

function shapesOf(table: Packets): { byCode: Map<number, Shape>; byType: Map<string, Shape> } {
  const shapes = Object.entries(table).map(([type, [code, fields]]): Shape => ({
    type,
    code,
    body: record(fields as Record<string, Field<unknown>>),
  }));
  return {
    byCode: new Map(shapes.map((shape) => [shape.code, shape])),
    byType: new Map(shapes.map((shape) => [shape.type, shape])),
  };
}

const requestShapes = shapesOf(requests as unknown as Packets);
const answerShapes = shapesOf(answers as unknown as Packets);

/** Reads a packet without its length. @throws Malformed when it has no id to answer */
export function readRequest(bytes: Buffer): RequestPacket | Unclear {
  return read(requestShapes, bytes) as RequestPacket | Unclear;
}

/** The reverse of {@link writeAnswer}, without the packet's length. */
export function readAnswer(bytes: Buffer): AnswerPacket | Unclear {
  return read(answerShapes, bytes) as AnswerPacket | Unclear;
}

function read(shapes: ReturnType<typeof shapesOf>, bytes: Buffer): object {
  const from = new Reader(bytes);
  const shape = shapes.byCode.get(from.take(1)[0]!);
  const id = uint32.read(from);
  if (!shape) return { type: "unknown", id };
  try {
    return Object.assign(shape.body.read(from), { type: shape.type, id });
  } catch (error) {
    if (error instanceof Malformed) return { type: "malformed", id };
    throw error;
  }
}

/** The packet in bytes, its length first. */
export function writeRequest(packet: RequestPacket): Buffer {
  return write(requestShapes, packet);
}

/** The packet in bytes, its length first. */
export function writeAnswer(packet: AnswerPacket): Buffer {
  return write(answerShapes, packet);
}

/** So long is what stands before the bytes of a DATA answer. */
export const DATA_HEAD_BYTES = 13;

/** What stands before so many bytes of a DATA answer, which need not be copied for it. */
export function dataHead(id: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(DATA_HEAD_BYTES);
  head.writeUInt32BE(9 + length, 0);
  head[4] = answers.DATA[0];
  head.writeUInt32BE(id, 5);
  head.writeUInt32BE(length, 9);
  return head;
}

function write(shapes: ReturnType<typeof shapesOf>, packet: { type: string; id: number }): Buffer {
  const shape = shapes.byType.get(packet.type)!;
  const body: Buffer[] = [];
  uint32.write(packet.id, body);
  shape.body.write(packet as unknown as Record<string, unknown>, body);
  return framed(shape.code, body);
}

/** Reads INIT, without its length. @throws Malformed when it is none */
export function readInit(bytes: Buffer): Greeting {
  const from = new Reader(bytes);
  if (from.take(1)[0] !== INIT) throw new Malformed("The first packet is not INIT.");
  return version.read(from);
}

export function writeInit(greeting: Greeting): Buffer {
  return writeGreeting(INIT, greeting);
}

export function writeVersion(greeting: Greeting): Buffer {
  return writeGreeting(VERSION, greeting);
}

function writeGreeting(code: number, greeting: Greeting): Buffer {
  const body: Buffer[] = [];
  version.write(greeting, body);
  return framed(code, body);
}

/** A field by itself, as the body of an extended request or answer. */
export function bytesOf<Value>(field: Field<Value>, value: Value): Buffer {
  const parts: Buffer[] = [];
  field.write(value, parts);
  return Buffer.concat(parts);
}

function framed(code: number, body: Buffer[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 1);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(length);
  head[4] = code;
  return Buffer.concat([head, ...body], 4 + length);
}
