/**
 * Each SFTP request (version 3, draft-ietf-secsh-filexfer-02) as calls of a home: a packet in, one
 * answer out, refusals thrown.
 */
import { type AbandonReason, type Entry, type Home, type OpenMode, Refusal } from "../home/home.ts";
import type { Limit } from "../limits-reached.ts";
import type { Answer } from "./answer.ts";
import { changesOf, wireAttributes } from "./attributes.ts";
import { giveBack, takeBuffer } from "./buffers.ts";
import { extensionsOf, performExtended } from "./extensions.ts";
import type { WireAttributes } from "./fields.ts";
import { type FileHandle, type HandleCount, Handles } from "./handles.ts";
import { longname } from "./longname.ts";
import { DATA_HEAD_BYTES, type Greeting, LONGEST_TRANSFER, type RequestPacket } from "./packets.ts";
import { OUR_FAULT } from "./status.ts";

/** As many as fit the 128 KiB that sshfs takes at most, were all their names the longest; others take more. */
const ENTRIES_PER_ANSWER = 200;
/**
 * Where in its buffer what is read begins: behind the head of its packet, and at a whole word, since V8
 * copies out of shared memory byte by byte elsewhere.
 */
const BYTES_AT = 16;

const ok: Answer = { type: "ok" };
const endOfFile: Answer = { type: "end of file" };

export interface RequestsOptions {
  home: Home;
  /** The school's slug, shown as the owner of its files. */
  owner: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Handles of the connection and of the school, this session's among them. */
  handleCounts: readonly HandleCount[];
  /** The school came up against a limit. */
  reached(limit: Limit): void;
}

/** What one session can ask, and what it has open. */
export interface Requests {
  /** The extensions this session is told of. */
  extensions: Greeting["extensions"];
  /** @throws Refusal */
  perform(packet: RequestPacket): Promise<Answer>;
  /** Lets go of all that is open. */
  abandonAll(why: AbandonReason, failed: (error: unknown) => void): Promise<void>;
}

type Handlers = {
  [Type in RequestPacket["type"]]: (
    packet: Extract<RequestPacket, { type: Type }>,
  ) => Promise<Answer>;
};

export function requestsOf({ home, owner, now, ...options }: RequestsOptions): Requests {
  const handles = new Handles(options.handleCounts, () => options.reached("handles"));

  const handlers: Handlers = {
    async REALPATH({ path }) {
      const resolved = Buffer.from(home.resolve(text(path)));
      return {
        type: "entries",
        entries: [{ name: resolved, longname: resolved, attributes: {} }],
      };
    },

    async OPEN({ path, flags }) {
      const mode = openMode(flags);
      const handle = await handles.add(async () => {
        return { kind: "file", file: await home.open(text(path), mode), mode };
      });
      return { type: "handle", handle };
    },

    async READ({ handle, offset, length }) {
      const { file, mode } = handles.file(handle);
      if (!mode.read) {
        throw new Refusal("permission_denied", "This file was opened for writing only.");
      }
      const start = exact(offset);
      const buffer = takeBuffer();
      const sent = () => giveBack(buffer);
      try {
        const room = buffer.subarray(BYTES_AT);
        const bytes = await file.read(start, Math.min(length, LONGEST_TRANSFER), room);
        const packet = bytes.buffer === buffer.buffer
          ? buffer.subarray(BYTES_AT - DATA_HEAD_BYTES, BYTES_AT + bytes.length)
          : undefined;
        if (bytes.length > 0 || length === 0) return { type: "bytes", bytes, packet, sent };
      } catch (error) {
        sent();
        throw error;
      }
      sent();
      return endOfFile;
    },

    async WRITE({ handle, offset, bytes }) {
      const opened = handles.file(handle);
      if (!opened.mode.write) {
        throw new Refusal("permission_denied", "This file was opened for reading only.");
      }
      await attempt(opened, async () => {
        exact(offset + BigInt(bytes.length));
        await opened.file.write(Number(offset), bytes);
      });
      return ok;
    },

    async CLOSE({ handle }) {
      const opened = handles.take(handle);
      if (opened.kind === "folder") return ok;
      if (opened.failure) {
        // Not closed: a file that misses a write must never count as complete.
        await opened.file.abandon("write failed");
        throw opened.failure;
      }
      await opened.file.close();
      return ok;
    },

    async STAT({ path }) {
      return { type: "attributes", attributes: await home.stat(text(path)) };
    },

    /** There are no links, so LSTAT is STAT. */
    async LSTAT({ path }) {
      return { type: "attributes", attributes: await home.stat(text(path)) };
    },

    async FSTAT({ handle }) {
      return { type: "attributes", attributes: await handles.file(handle).file.stat() };
    },

    SETSTAT: ({ path, attributes }) => change(path, attributes),

    async FSETSTAT({ handle, attributes }) {
      const { file, mode } = handles.file(handle);
      const changes = changesOf(attributes);
      if (changes?.size !== undefined && !mode.write) {
        throw new Refusal("permission_denied", "This file was opened for reading only.");
      }
      if (changes) await file.change(changes);
      return ok;
    },

    async OPENDIR({ path }) {
      const handle = await handles.add(async () => {
        return { kind: "folder", reader: await home.list(text(path)) };
      });
      return { type: "handle", handle };
    },

    async READDIR({ handle }) {
      const entries = await handles.folder(handle).reader.page(ENTRIES_PER_ANSWER);
      if (entries.length === 0) return endOfFile;
      return { type: "entries", entries: entries.map(wireEntry) };
    },

    async REMOVE({ path }) {
      await home.remove(text(path));
      return ok;
    },

    RENAME: ({ path, to }) => rename(path, to, false),
    MKDIR: () => refused("mkdir"),
    RMDIR: () => refused("rmdir"),
    SYMLINK: () => refused("symlink"),
    READLINK: () => refused("readlink"),

    EXTENDED: ({ request, body }) =>
      performExtended(request.toString("latin1"), body, {
        rename: ({ path, to }) => rename(path, to, true),
        link: () => refused("link"),
        setAttributes: ({ path, attributes }) => change(path, attributes),
        async sync({ handle }) {
          const opened = handles.file(handle);
          await attempt(opened, () => opened.file.sync());
          return ok;
        },
        room: home.room && (() => home.room!()),
        stat: async ({ path }) => void await home.stat(text(path)),
        checkHandle: ({ handle }) => void handles.get(handle),
      }),
  };

  async function change(path: Buffer, attributes: WireAttributes): Promise<Answer> {
    const changes = changesOf(attributes);
    if (changes) await home.change(text(path), changes);
    else await home.stat(text(path)); // Nothing to change, but the file must be there.
    return ok;
  }

  async function rename(from: Buffer, to: Buffer, replace: boolean): Promise<Answer> {
    await home.rename(text(from), text(to), { replace });
    return ok;
  }

  /** Home's own sentence of refusal. */
  async function refused(request: Parameters<Home["refuse"]>[0]): Promise<Answer> {
    return home.refuse(request);
  }

  function wireEntry(entry: Entry) {
    return {
      name: Buffer.from(entry.name),
      longname: Buffer.from(longname(entry, owner, now() / 1000)),
      attributes: wireAttributes(entry.attributes),
    };
  }

  return {
    extensions: extensionsOf(home),
    perform: (packet) =>
      (handlers[packet.type] as (packet: RequestPacket) => Promise<Answer>)(packet),
    async abandonAll(why, failed) {
      for (const file of handles.takeFiles()) await file.abandon(why).catch(failed);
    },
  };
}

/** Writes or syncs unless that failed before; a failure stays with the handle. */
async function attempt(handle: FileHandle, work: () => Promise<void>): Promise<void> {
  if (handle.failure) throw handle.failure;
  try {
    await work();
  } catch (error) {
    handle.failure = error instanceof Refusal ? error : new Refusal("failure", OUR_FAULT);
    throw error;
  }
}

function openMode(flags: number): OpenMode {
  const append = (flags & 0x04) !== 0;
  const mode = {
    read: (flags & 0x01) !== 0,
    write: (flags & 0x02) !== 0 || append,
    append,
    create: (flags & 0x08) !== 0,
    truncate: (flags & 0x10) !== 0,
    exclusive: (flags & 0x20) !== 0,
  };
  if (!mode.read && !mode.write) {
    throw new Refusal("bad_message", "A file is opened for reading, for writing or for both.");
  }
  return mode;
}

/** An offset as a number, which is exact to 2^53 only. */
function exact(offset: bigint): number {
  if (offset <= Number.MAX_SAFE_INTEGER) return Number(offset);
  throw new Refusal("failure", "The offset is larger than any file can be.");
}

/**
 * A path of the client's as text. Bytes that are no UTF-8 become U+FFFD, which no name may have: the
 * home refuses them as it refuses any other name that cannot be.
 */
function text(path: Buffer): string {
  return path.toString("utf8");
}
