/**
 * The handles of one session: what the client has open, by the name it was given for it. A handle is
 * what a stranger's software can make us keep, so they are counted three times: at most 64 of a
 * session, and so many of a connection and of a school, whatever opens them. A folder's handle holds
 * no listing, only the place where the next page begins.
 */
import { type FolderReader, type OpenFile, type OpenMode, Refusal } from "../home/home.ts";

/** Of one session; clients are told so. */
export const MOST_HANDLES = 64;

/** How many handles somebody has open. */
export interface HandleCount {
  of: "connection" | "school";
  open: number;
  readonly most: number;
}

export interface FileHandle {
  kind: "file";
  file: OpenFile;
  mode: OpenMode;
  /** Why a write failed; from then on every write and the CLOSE fail. */
  failure?: Refusal;
}

export interface FolderHandle {
  kind: "folder";
  reader: FolderReader;
}

type Handle = FileHandle | FolderHandle;

export class Handles {
  readonly #handles = new Map<number, Handle>();
  readonly #counts: readonly HandleCount[];
  readonly #full: () => void;
  #last = 0;

  /**
   * `counts` are those of the connection and of the school, which other sessions share; `full` is told
   * of each handle that was one too many.
   */
  constructor(counts: readonly HandleCount[], full: () => void) {
    this.#counts = counts;
    this.#full = full;
  }

  /**
   * Makes a handle of what `open` opens.
   *
   * @throws Refusal when no more can be opened; nothing was opened then
   */
  async add(open: () => Promise<Handle>): Promise<Buffer> {
    this.#checkRoom();
    this.#count(1);
    try {
      const handle = await open();
      // Never used twice in a session, so that a stale handle cannot mean another file.
      this.#handles.set(++this.#last, handle);
    } catch (error) {
      this.#count(-1);
      throw error;
    }
    const name = Buffer.alloc(4);
    name.writeUInt32BE(this.#last);
    return name;
  }

  #checkRoom(): void {
    const own = { of: "session", open: this.#handles.size, most: MOST_HANDLES };
    const full = [own, ...this.#counts].find(({ open, most }) => open >= most);
    if (!full) return;
    this.#full();
    throw new Refusal(
      "failure",
      `${full.most} files and folders are open in this ${full.of}, which is the most; ` +
        "close one of them first.",
    );
  }

  #count(change: number): void {
    for (const count of this.#counts) count.open += change;
  }

  get(name: Buffer): Handle {
    const handle = name.length === 4 ? this.#handles.get(name.readUInt32BE()) : undefined;
    if (!handle) throw invalid();
    return handle;
  }

  file(name: Buffer): FileHandle {
    const handle = this.get(name);
    if (handle.kind !== "file") throw invalid();
    return handle;
  }

  folder(name: Buffer): FolderHandle {
    const handle = this.get(name);
    if (handle.kind !== "folder") throw invalid();
    return handle;
  }

  take(name: Buffer): Handle {
    const handle = this.get(name);
    this.#handles.delete(name.readUInt32BE());
    this.#count(-1);
    return handle;
  }

  /** All that is still open, and forgets it. */
  takeFiles(): OpenFile[] {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    this.#count(-handles.length);
    return handles.flatMap((handle) => handle.kind === "file" ? [handle.file] : []);
  }
}

function invalid(): Refusal {
  return new Refusal("failure", "invalid handle");
}
