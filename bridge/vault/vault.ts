/**
 * The bytes of the homes: opens the blobs the catalog refers to, each with its school's key and each
 * once however many use it, and removes doomed blobs when nobody does.
 */
import { Blob, removeBlob } from "./blob/blob.ts";
import type { BlobReference, Catalog } from "./catalog/catalog.ts";
import { DiskRoom } from "./blob/disk-room.ts";
import type { SchoolKeys } from "./keys/school-keys.ts";

/** A use of an open blob; `release` once when done. */
export interface Lease {
  blob: Blob;
  release(): Promise<void>;
}

export class Vault {
  /** What uploads may take of the disk. */
  readonly room: DiskRoom;
  readonly #open = new Map<string, { blob: Promise<Blob>; users: number }>();
  /** Blobs that are being closed: each is opened again only after that. */
  readonly #closing = new Map<string, Promise<void>>();

  /** `folder` holds the blobs. How large a file may get is the home's business. */
  constructor(
    readonly catalog: Catalog,
    readonly keys: SchoolKeys,
    readonly folder: string,
  ) {
    this.room = new DiskRoom(folder);
  }

  /**
   * Opens the blob. Only one that `mayBeNew`, of a file that was never closed, is made when it is not
   * there: the blob of any other file that is gone is damage.
   */
  async use(reference: BlobReference, { mayBeNew = false } = {}): Promise<Lease> {
    const id = reference.blob;
    while (this.#closing.has(id)) await this.#closing.get(id);
    let entry = this.#open.get(id);
    if (!entry) {
      entry = { blob: this.#load(reference, mayBeNew), users: 0 };
      this.#open.set(id, entry);
    }
    const opened = entry;
    opened.users++;
    let blob: Blob;
    try {
      blob = await opened.blob;
    } catch (error) {
      if (--opened.users === 0) this.#open.delete(id);
      throw error;
    }
    let released = false;
    const release = async () => {
      if (released) return;
      released = true;
      if (--opened.users > 0) return;
      this.#open.delete(id);
      await this.#close(id, blob);
    };
    return { blob, release };
  }

  async #close(id: string, blob: Blob): Promise<void> {
    const closing = blob.close();
    const closed = closing.catch(() => {/* said to who waits below */});
    this.#closing.set(id, closed);
    try {
      await closing;
    } finally {
      this.#closing.delete(id);
      await this.sweep(id);
    }
  }

  /** Is anybody using the blob? */
  inUse(blob: string): boolean {
    return this.#open.has(blob);
  }

  /** Removes the blob if it is doomed and nobody uses it. */
  async sweep(blob: string): Promise<void> {
    if (this.inUse(blob) || !this.catalog.isDoomed(blob)) return;
    try {
      await removeBlob(this.folder, blob);
      this.catalog.forgetBlob(blob);
    } catch {
      // Such as a full disk. It stays doomed until the next start; what was asked for is done.
    }
  }

  async sweepAll(): Promise<void> {
    for (const blob of this.catalog.doomedBlobs()) await this.sweep(blob);
  }

  /** Gives a new blob its place; nothing points to it until the catalog delivers it. */
  async reserve(schoolId: number): Promise<BlobReference> {
    const { version } = await this.keys.current(schoolId);
    return this.catalog.reserveBlob(schoolId, version);
  }

  async #load({ schoolId, blob, keyVersion }: BlobReference, mayBeNew: boolean): Promise<Blob> {
    const key = await this.keys.version(schoolId, keyVersion);
    const open = mayBeNew ? Blob.openOrCreate : Blob.open;
    return open.call(Blob, this.folder, blob, key, { maxBytes: Number.MAX_SAFE_INTEGER });
  }
}
