/**
 * A home in memory: enough of one to test the whole protocol side.
 */
import {
  type Attributes,
  type Changes,
  type Entry,
  type FolderReader,
  type Home,
  type OpenFile,
  type OpenMode,
  Refusal,
  type Room,
} from "../../../bridge/home/home.ts";

export interface StoredFile {
  bytes: Buffer;
  modifiedAt: number;
  accessedAt: number;
  /** How the last upload of it ended. */
  ended?: "closed" | "abandoned";
  synced?: number;
}

/** Of a file, in bytes. */
const LARGEST = 64 * 1024 * 1024;

export class MemoryHome implements Home {
  readonly files = new Map<string, StoredFile>();
  left = 0;
  /** Runs before each write, with its number; may wait or throw. */
  beforeWrite: (count: number, offset: number) => Promise<void> | void = () => {};
  writes = 0;

  put(path: string, text: string | Buffer, modifiedAt = 1_700_000_000): StoredFile {
    const file = { bytes: Buffer.from(text), modifiedAt, accessedAt: modifiedAt };
    this.files.set(path, file);
    return file;
  }

  resolve(path: string): string {
    const parts: string[] = [];
    for (const part of path.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  #find(path: string): StoredFile {
    const file = this.files.get(this.resolve(path));
    if (!file) throw new Refusal("no_such_file", `There is no ${this.resolve(path)}.`);
    return file;
  }

  async stat(path: string): Promise<Attributes> {
    const folder = this.resolve(path);
    if (["/", "/inbound", "/outbound"].includes(folder)) {
      return { kind: "folder", size: 0, permissions: 0o755, modifiedAt: 0, accessedAt: 0 };
    }
    const { bytes, modifiedAt, accessedAt } = this.#find(path);
    return { kind: "file", size: bytes.length, permissions: 0o644, modifiedAt, accessedAt };
  }

  async list(path: string): Promise<FolderReader> {
    const folder = this.resolve(path);
    const names = folder === "/"
      ? ["inbound", "outbound"]
      : [...this.files.keys()].filter((file) => file.startsWith(`${folder}/`))
        .map((file) => file.slice(folder.length + 1)).sort();
    if ((await this.stat(folder)).kind !== "folder") throw new Refusal("failure", "No folder.");
    const entries: Entry[] = await Promise.all(
      names.map(async (name) => ({ name, attributes: await this.stat(`${folder}/${name}`) })),
    );
    return { page: async (limit) => entries.splice(0, limit) };
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const name = this.resolve(path);
    if (mode.write && !name.startsWith("/inbound/")) {
      throw new Refusal("permission_denied", "Write into /inbound; nothing was changed.");
    }
    if (mode.create && mode.exclusive && this.files.has(name)) {
      throw new Refusal("failure", `${name} exists already.`);
    }
    if (mode.create && !this.files.has(name)) this.put(name, "");
    const file = this.#find(name);
    if (mode.truncate) file.bytes = Buffer.alloc(0);
    return this.#openFile(file, name, mode);
  }

  #openFile(file: StoredFile, name: string, mode: OpenMode): OpenFile {
    return {
      read: async (offset, length) => file.bytes.subarray(offset, offset + length),
      write: async (offset, bytes) => {
        await this.beforeWrite(this.writes++, offset);
        if (offset + bytes.length > LARGEST) throw new Refusal("failure", "It is too large.");
        const start = mode.append ? file.bytes.length : offset;
        const size = Math.max(file.bytes.length, start + bytes.length);
        const grown = Buffer.concat([file.bytes, Buffer.alloc(size - file.bytes.length)]);
        grown.set(bytes, start);
        file.bytes = grown;
      },
      stat: () => this.stat(name),
      change: (changes) => this.change(name, changes),
      sync: async () => {
        file.synced = (file.synced ?? 0) + 1;
      },
      close: async () => {
        file.ended = "closed";
      },
      abandon: async () => {
        file.ended = "abandoned";
      },
    };
  }

  async change(path: string, { size, modifiedAt, accessedAt }: Changes): Promise<void> {
    const file = this.#find(path);
    if (size !== undefined) {
      if (size > LARGEST) throw new Refusal("failure", "It is too large.");
      const kept = file.bytes.subarray(0, size);
      file.bytes = Buffer.concat([kept, Buffer.alloc(size - kept.length)]);
    }
    if (modifiedAt !== undefined) file.modifiedAt = modifiedAt;
    if (accessedAt !== undefined) file.accessedAt = accessedAt;
  }

  async remove(path: string): Promise<void> {
    this.#find(path);
    this.files.delete(this.resolve(path));
  }

  async rename(from: string, to: string, { replace }: { replace: boolean }): Promise<void> {
    const file = this.#find(from);
    if (!replace && this.files.has(this.resolve(to))) {
      throw new Refusal("failure", `${this.resolve(to)} exists already.`);
    }
    this.files.delete(this.resolve(from));
    this.files.set(this.resolve(to), file);
  }

  async room(): Promise<Room> {
    return { total: 64 * 1024 * 1024, free: 48 * 1024 * 1024 };
  }

  refuse(request: string): never {
    throw new Refusal("permission_denied", `${request} is not allowed: the folders are fixed.`);
  }

  async leave(): Promise<void> {
    this.left++;
  }
}
