/**
 * Each SFTP request (version 3, draft-ietf-secsh-filexfer-02) as calls of a home: arguments in, one
 * answer out, refusals thrown.
 */
import type { FileEntry, InputAttributes } from "ssh2";
import { type Attributes, type Entry, type Home, type OpenMode, Refusal } from "../home/home.ts";
import { changesOf, wireAttributes } from "./attributes.ts";
import { type FileHandle, Handles } from "./handles.ts";
import { longname } from "./longname.ts";
import { OUR_FAULT } from "./status.ts";

/** OpenSSH takes packets of 256 KiB at most, header included; a shorter answer is always allowed. */
export const MOST_READ = 255 * 1024;
const ENTRIES_PER_ANSWER = 100;

export type Answer =
  | { type: "ok" }
  | { type: "end of file" }
  | { type: "handle"; handle: Buffer }
  | { type: "bytes"; bytes: Uint8Array }
  | { type: "entries"; entries: FileEntry[] }
  | { type: "attributes"; attributes: Attributes };

const ok: Answer = { type: "ok" };
const endOfFile: Answer = { type: "end of file" };

export interface RequestsOptions {
  home: Home;
  /** The school's slug, shown as the owner of its files. */
  owner: string;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Request names as ssh2 emits them, with its arguments after the request's number. */
export type Requests = ReturnType<typeof requestsOf>["requests"];

export function requestsOf({ home, owner, now }: RequestsOptions) {
  const handles = new Handles();

  const requests = {
    async REALPATH(path: string): Promise<Answer> {
      const resolved = home.resolve(path);
      const entry = { filename: resolved, longname: resolved, attrs: {} as FileEntry["attrs"] };
      return { type: "entries", entries: [entry] };
    },

    async OPEN(path: string, flags: number): Promise<Answer> {
      const mode = openMode(flags);
      handles.checkRoom();
      const file = await home.open(path, mode);
      return { type: "handle", handle: handles.add({ kind: "file", file, mode }) };
    },

    async READ(name: Buffer, offset: number, length: number): Promise<Answer> {
      const { file, mode } = handles.file(name);
      if (!mode.read) {
        throw new Refusal("permission_denied", "This file was opened for writing only.");
      }
      checkOffset(offset);
      const bytes = await file.read(offset, Math.min(length, MOST_READ));
      return bytes.length === 0 && length > 0 ? endOfFile : { type: "bytes", bytes };
    },

    async WRITE(name: Buffer, offset: number, bytes: Buffer): Promise<Answer> {
      const handle = handles.file(name);
      if (!handle.mode.write) {
        throw new Refusal("permission_denied", "This file was opened for reading only.");
      }
      checkOffset(offset + bytes.length);
      await attempt(handle, () => handle.file.write(offset, bytes));
      return ok;
    },

    async CLOSE(name: Buffer): Promise<Answer> {
      const handle = handles.take(name);
      if (handle.kind === "folder") return ok;
      if (handle.failure) {
        // Not closed: a file that misses a write must never count as complete.
        await handle.file.abandon("write failed");
        throw handle.failure;
      }
      await handle.file.close();
      return ok;
    },

    async STAT(path: string): Promise<Answer> {
      return { type: "attributes", attributes: await home.stat(path) };
    },

    /** There are no links, so LSTAT is STAT. */
    async LSTAT(path: string): Promise<Answer> {
      return { type: "attributes", attributes: await home.stat(path) };
    },

    async FSTAT(name: Buffer): Promise<Answer> {
      return { type: "attributes", attributes: await handles.file(name).file.stat() };
    },

    async SETSTAT(path: string, wire: InputAttributes): Promise<Answer> {
      const changes = changesOf(wire);
      if (changes) await home.change(path, changes);
      else await home.stat(path); // Nothing to change, but the file must be there.
      return ok;
    },

    async FSETSTAT(name: Buffer, wire: InputAttributes): Promise<Answer> {
      const { file, mode } = handles.file(name);
      const changes = changesOf(wire);
      if (changes?.size !== undefined && !mode.write) {
        throw new Refusal("permission_denied", "This file was opened for reading only.");
      }
      if (changes) await file.change(changes);
      return ok;
    },

    async OPENDIR(path: string): Promise<Answer> {
      handles.checkRoom();
      const reader = await home.list(path);
      return { type: "handle", handle: handles.add({ kind: "folder", reader }) };
    },

    async READDIR(name: Buffer): Promise<Answer> {
      const entries = await handles.folder(name).reader.page(ENTRIES_PER_ANSWER);
      if (entries.length === 0) return endOfFile;
      return { type: "entries", entries: entries.map((entry) => wireEntry(entry)) };
    },

    async REMOVE(path: string): Promise<Answer> {
      await home.remove(path);
      return ok;
    },

    async RENAME(from: string, to: string): Promise<Answer> {
      await home.rename(from, to, { replace: false });
      return ok;
    },

    MKDIR: (): Promise<Answer> => refused("mkdir"),
    RMDIR: (): Promise<Answer> => refused("rmdir"),
    SYMLINK: (): Promise<Answer> => refused("symlink"),
    READLINK: (): Promise<Answer> => refused("readlink"),

    /**
     * Answered when a client asks, but never advertised: ssh2's server answers VERSION with a fixed
     * packet that lists no extensions (`SERVER_VERSION_BUFFER` in its protocol/SFTP.js). OpenSSH's
     * client therefore sends a plain RENAME and no fsync, which the durable CLOSE makes up for.
     */
    async EXTENDED(request: string, body: Buffer = Buffer.alloc(0)): Promise<Answer> {
      switch (request) {
        case "posix-rename@openssh.com": {
          const [from, to] = twoStrings(body);
          await home.rename(from.toString("utf8"), to.toString("utf8"), { replace: true });
          return ok;
        }
        case "fsync@openssh.com": {
          const handle = handles.file(firstString(body));
          await attempt(handle, () => handle.file.sync());
          return ok;
        }
        case "hardlink@openssh.com":
          return refused("link");
        default:
          throw new Refusal("unsupported", "The server does not offer this extension.");
      }
    },
  };

  /** Home's own sentence of refusal. */
  async function refused(request: Parameters<Home["refuse"]>[0]): Promise<Answer> {
    return home.refuse(request);
  }

  function wireEntry(entry: Entry): FileEntry {
    return {
      filename: entry.name,
      longname: longname(entry, owner, now() / 1000),
      attrs: wireAttributes(entry.attributes) as FileEntry["attrs"],
    };
  }

  return { requests, takeFiles: () => handles.takeFiles() };
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

/** ssh2 reads 64 bits into a number, which is exact only so far. */
function checkOffset(offset: number): void {
  if (Number.isSafeInteger(offset)) return;
  throw new Refusal("failure", "The offset is larger than any file can be.");
}

function firstString(body: Buffer): Buffer {
  const length = body.length >= 4 ? body.readUInt32BE() : Infinity;
  if (4 + length > body.length) {
    throw new Refusal("bad_message", "The request is cut short.");
  }
  return body.subarray(4, 4 + length);
}

function twoStrings(body: Buffer): [Buffer, Buffer] {
  const first = firstString(body);
  return [first, firstString(body.subarray(4 + first.length))];
}
