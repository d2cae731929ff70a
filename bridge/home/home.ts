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
    super(message);
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

/** An open file. Calls of one file may overlap; each write lands whole, in the order of the calls. */
export interface OpenFile {
  /** Up to `length` bytes at `offset`; an empty buffer at or past the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  stat(): Promise<Attributes>;
  change(changes: Changes): Promise<void>;
  /** Returns when everything written so far survives power loss. */
  sync(): Promise<void>;
  /** The client's CLOSE: after it returns, bytes and name are durable. Throws if a write failed. */
  close(): Promise<void>;
  /** The session went away without a CLOSE: what arrived is kept as a partial file. */
  abandon(): Promise<void>;
}

export interface Home {
  /** The cleaned absolute path, which can never leave the home: `/`, `/inbound/roster.csv`. */
  resolve(path: string): string;
  stat(path: string): Promise<Attributes>;
  list(path: string): Promise<Entry[]>;
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  change(path: string, changes: Changes): Promise<void>;
  remove(path: string): Promise<void>;
  /** `replace`: an existing file of the new name gives way (POSIX rename). */
  rename(from: string, to: string, replace: boolean): Promise<void>;
  /** For MKDIR, RMDIR, SYMLINK, READLINK, LINK: throws the sentence that says what is allowed. */
  refuse(request: "mkdir" | "rmdir" | "symlink" | "readlink" | "link"): never;
  /** The session ended; called once, after every open file was closed or abandoned. */
  leave(): Promise<void>;
}
