/**
 * What a session sees of a school's home. `sftp/` turns packets into these calls and knows nothing
 * of schools; an implementation knows nothing of packets. Paths are the client's own words, relative
 * or absolute, not yet cleaned.
 */

/** Why a home refuses; `sftp/` maps each reason to its `SSH_FX_*` code. */
export type RefusalReason =
  | "no_such_file"
  | "permission_denied"
  | "failure"
  | "bad_message"
  | "unsupported";

/** A refusal with a sentence for the person at the client: what was wrong, what is allowed. */
export class Refusal extends Error {
  constructor(readonly reason: RefusalReason, message: string) {
    // An answer like any other: nobody asks where it was made up.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "Refusal";
  }
}

/** What a listing tells of a file or folder. Times are seconds since the epoch, sizes are bytes. */
export interface Attributes {
  kind: "file" | "folder";
  size: number;
  /** Permission bits shown to the client, such as 0o644; they are fixed by the folder's rules. */
  permissions: number;
  modifiedAt: number;
  accessedAt: number;
}

export interface Entry {
  name: string;
  attributes: Attributes;
}

/** What a client may set; everything else it sends is accepted and has no effect. */
export interface Changes {
  /** Truncate or extend to this many bytes. */
  size?: number;
  modifiedAt?: number;
  accessedAt?: number;
}

export interface OpenMode {
  read: boolean;
  write: boolean;
  /** Every write goes to the end, whatever its offset. */
  append: boolean;
  create: boolean;
  /** With `create`: refuse when the name is taken. */
  exclusive: boolean;
  truncate: boolean;
}

/** Why a file was let go without a CLOSE that succeeded. The ledger keeps it. */
export type AbandonReason = "connection lost" | "revoked" | "idle" | "stopped" | "write failed";

/** An open file. Calls of one file may overlap; each write lands whole, in the order of the calls. */
export interface OpenFile {
  /**
   * READ: up to `length` bytes at `offset`; an empty buffer at or past the end. What it returns is
   * taken as sent when the next call of this file comes. The bytes may be put into `room`, which has
   * at least `length`.
   */
  read(offset: number, length: number, room?: Buffer): Promise<Uint8Array>;
  /** WRITE. After one failed, every later one and the close fail with the same refusal. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** FSTAT. */
  stat(): Promise<Attributes>;
  /** FSETSTAT. */
  change(changes: Changes): Promise<void>;
  /** fsync@openssh.com: returns when everything written so far survives power loss. */
  sync(): Promise<void>;
  /**
   * CLOSE: after it returns, bytes and name are durable. Throws if a write failed. Called once, and
   * nothing after it; when it throws, the file was let go all the same.
   */
  close(): Promise<void>;
  /**
   * The session went away without a CLOSE, or the client was told that a write failed: what arrived
   * is kept as a partial file. Called once, in place of {@link close}, and nothing after it.
   */
  abandon(why: AbandonReason): Promise<void>;
}

/** A folder being listed, a page at a time, so that no session holds a whole folder in memory. */
export interface FolderReader {
  /**
   * READDIR: the next entries in the order of their names, at most `limit` of them; none at the end.
   * A page with fewer is the last. A file that comes, goes or is renamed between two pages may be in
   * it or not; no other is left out.
   */
  page(limit: number): Promise<Entry[]>;
}

/** What a school may still store, in bytes. */
export interface Room {
  total: number;
  free: number;
}

/** One session's home. Each call is one request of the client; several may be under way at once. */
export interface Home {
  /**
   * REALPATH: the cleaned absolute path, which can never leave the home: `/`, `/inbound/roster.csv`.
   * Nothing needs to be there.
   */
  resolve(path: string): string;
  /** STAT and LSTAT: there are no links. */
  stat(path: string): Promise<Attributes>;
  /** OPENDIR. There is nothing to close: a reader that is dropped holds nothing. */
  list(path: string): Promise<FolderReader>;
  /** OPEN. Whoever gets a file must close or abandon it. */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** SETSTAT and lsetstat@openssh.com. */
  change(path: string, changes: Changes): Promise<void>;
  /** REMOVE. */
  remove(path: string): Promise<void>;
  /**
   * RENAME, and with `replace` posix-rename@openssh.com: an existing file of the new name gives way.
   * Without it, an existing file refuses the request.
   */
  rename(from: string, to: string, options: { replace: boolean }): Promise<void>;
  /** statvfs@openssh.com, which is advertised only by a home that has this. */
  room?(): Promise<Room>;
  /** MKDIR, RMDIR, SYMLINK, READLINK, LINK: throws the sentence that says what is allowed. */
  refuse(request: "mkdir" | "rmdir" | "symlink" | "readlink" | "link"): never;
  /** The session ended; called once, after every open file was closed or abandoned. */
  leave(): Promise<void>;
}
