/**
 * The handles of one session: what the client has open, by the name it was given for it.
 */
import { type FolderReader, type OpenFile, type OpenMode, Refusal } from "../home/home.ts";

/** So many files and folders can be open in a session at once. */
export const MOST_HANDLES = 64;

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
  #last = 0;

  /** Throws when no more can be opened. Ask before opening: a file that was opened stays open. */
  checkRoom(): void {
    if (this.#handles.size < MOST_HANDLES) return;
    throw new Refusal(
      "failure",
      `${MOST_HANDLES} files and folders are open in this session, which is the most; ` +
        "close one of them first.",
    );
  }

  add(handle: Handle): Buffer {
    const name = Buffer.alloc(4);
    // Never used twice in a session, so that a stale handle cannot mean another file.
    name.writeUInt32BE(++this.#last);
    this.#handles.set(this.#last, handle);
    return name;
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
    return handle;
  }

  /** All that is still open, and forgets it. */
  takeFiles(): OpenFile[] {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    return handles.flatMap((handle) => handle.kind === "file" ? [handle.file] : []);
  }
}

function invalid(): Refusal {
  return new Refusal("failure", "invalid handle");
}
