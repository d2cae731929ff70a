/**
 * The bytes of the homes: opens the blobs the catalog refers to, each with its school's key and each
 * once however many use it, and removes doomed blobs when nobody does.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { randomBytes } from "node:crypto";
import { Blob, BlobDamaged, BlobMissing, removeBlob } from "./blob/blob.ts";
import { DiskRoom, isDiskFull } from "./blob/disk-room.ts";
import { type OpenBlob, SmallBlob, type SmallBlobHome } from "./blob/small.ts";
import type { BlobReference, Catalog } from "./catalog/catalog.ts";
import type { SchoolKeys } from "./keys/school-keys.ts";
import type { Removal } from "./removal-hold.ts";

/**
 * A blob, and of a file that is not partial what its row says: how many bytes the blob has, and in which
 * state it is.
 */
export type StoredBlob = BlobReference & { state?: string; size?: number; chain?: string | null };

/** A use of an open blob; `release` once when done. */
export interface Lease {
  blob: OpenBlob;
  release(): Promise<void>;
}

/** How large a file may get is the home's business. */
const ANY_SIZE = Number.MAX_SAFE_INTEGER;
/** So long after a backup prevented a removal it is tried again. */
const REMOVE_AGAIN_MS = 2_000;
const always: Removal = { remove: (work) => work().then(() => true) };
const readOnlyCodes = new Set(["EROFS", "EACCES", "EPERM"]);

export class Vault {
  /** What uploads may take of the disk. */
  readonly room: DiskRoom;
  /** Called when an fsync of a blob failed, and not for want of room. */
  failed: (error: Error) => void = () => {};
  readonly #failed = (error: Error) => {
    if (!isDiskFull(error)) this.failed(error);
  };
  readonly #open = new Map<string, { blob: Promise<OpenBlob>; users: number }>();
  /** Blobs that are being closed or removed: each is opened again only after that. */
  readonly #ending = new Map<string, Promise<void>>();

  #removeAgain: NodeJS.Timeout | undefined;

  /** `folder` holds the blobs. How large a file may get is the home's business. */
  constructor(
    readonly catalog: Catalog,
    readonly keys: SchoolKeys,
    readonly folder: string,
    readonly removal: Removal = always,
  ) {
    this.room = new DiskRoom(folder);
  }

  /**
   * Opens the blob. Only one that `mayBeNew`, of a file that was never closed, is made when it is not
   * there: the blob of any other file that is gone is damage, and so is one that has not the size its
   * row says, or is in an earlier or later state.
   *
   * @throws {BlobDamaged} {@link BlobMissing} neither goes away by trying again
   */
  async use(reference: StoredBlob, { mayBeNew = false } = {}): Promise<Lease> {
    const lease = await this.#use(reference, mayBeNew);
    const why = mayBeNew ? undefined : difference(reference, lease.blob);
    if (!why) return lease;
    await lease.release();
    throw new BlobDamaged(reference.blob, why);
  }

  async #use(reference: StoredBlob, mayBeNew: boolean): Promise<Lease> {
    const id = reference.blob;
    while (this.#ending.has(id)) {
      await this.#ending.get(id);
      // Meanwhile its file may have been removed: made again it would be nobody's.
      if (!this.catalog.knowsBlob(id)) throw new BlobMissing(id);
    }
    let entry = this.#open.get(id);
    if (!entry) {
      entry = { blob: this.#load(reference, mayBeNew), users: 0 };
      this.#open.set(id, entry);
    }
    const opened = entry;
    opened.users++;
    let blob: OpenBlob;
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

  async #close(id: string, blob: OpenBlob): Promise<void> {
    try {
      await this.#end(id, blob.close());
    } finally {
      await this.sweep(id);
    }
  }

  /** Nobody opens the blob until its closing or removal has come to its end. */
  async #end(id: string, ending: Promise<void>): Promise<void> {
    this.#ending.set(id, ending.catch(() => {/* said to who waits below */}));
    try {
      await ending;
    } finally {
      this.#ending.delete(id);
    }
  }

  /** Is anybody using the blob? */
  inUse(blob: string): boolean {
    return this.#open.has(blob);
  }

  /**
   * Removes the blob if it is doomed and nobody uses it. Not before that is durable: after power loss
   * a file must not be back without its bytes.
   */
  async sweep(blob: string): Promise<void> {
    if (this.#isBusy(blob) || !this.catalog.isDoomed(blob)) return;
    try {
      await this.catalog.durable();
      // Asked again: it may have been delivered, or opened to be written.
      if (this.#isBusy(blob) || !this.catalog.isDoomed(blob)) return;
      await this.#end(blob, this.#remove(blob));
    } catch {
      // Such as a full disk. It stays doomed until the next start; what was asked for is done.
    }
  }

  /** Whoever waits for the end of this finds that the blob is nobody's any more. */
  async #remove(blob: string): Promise<void> {
    const isRemoved = await this.removal.remove(() => removeBlob(this.folder, blob));
    if (isRemoved) this.catalog.forgetBlob(blob);
    else this.#sweepLater();
  }

  /** A backup copies what is here; it stays doomed until that has ended. */
  #sweepLater(): void {
    this.#removeAgain ??= setTimeout(() => {
      this.#removeAgain = undefined;
      this.sweepAll().catch(() => {/* such as a catalog that was closed meanwhile */});
    }, REMOVE_AGAIN_MS).unref();
  }

  #isBusy(blob: string): boolean {
    return this.#open.has(blob) || this.#ending.has(blob);
  }

  async sweepAll(): Promise<void> {
    for (const blob of this.catalog.doomedBlobs()) await this.sweep(blob);
  }

  /**
   * Removes everything of a school for good: its files and what waits in the outbox, its keys, without
   * which no copy of its bytes can be read, and then the bytes. End its sessions first: bytes that are
   * in use go when they are let go. Doing it again after a crash does what is left.
   */
  async purge(schoolId: SchoolId): Promise<void> {
    this.catalog.purgeSchool(schoolId);
    this.keys.forget(schoolId);
    await this.sweepAll();
  }

  /** Gives a new blob its place; nothing points to it until the catalog delivers it. */
  async reserve(schoolId: SchoolId): Promise<BlobReference> {
    const { version } = await this.keys.current(schoolId);
    return this.catalog.reserveBlob(schoolId, version);
  }

  async #load(reference: BlobReference, mayBeNew: boolean): Promise<OpenBlob> {
    const key = await this.keys.version(reference.schoolId, reference.keyVersion);
    const home = this.#smallHome(reference.blob, key);
    if (mayBeNew && this.catalog.isFresh(reference.blob)) return SmallBlob.create(home);
    const sealed = this.catalog.smallBlobs.get(reference.blob);
    if (sealed) return SmallBlob.open(home, sealed);
    try {
      return await this.#openFile(reference.blob, key);
    } catch (error) {
      if (!(mayBeNew && error instanceof BlobMissing)) throw error;
      return SmallBlob.create(home);
    }
  }

  async #openFile(id: string, key: Uint8Array): Promise<Blob> {
    try {
      return await Blob.open(this.folder, id, key, { maxBytes: ANY_SIZE, failed: this.#failed });
    } catch (error) {
      if (!readOnlyCodes.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      // Where nothing can be written any more, what is there can still be read.
      return await Blob.open(this.folder, id, key, { maxBytes: ANY_SIZE, readOnly: true });
    }
  }

  #smallHome(id: string, schoolKey: Uint8Array): SmallBlobHome {
    const { smallBlobs } = this.catalog;
    return {
      id,
      schoolKey,
      random: randomBytes,
      put: (sealed) => smallBlobs.put(id, sealed),
      remove: () => smallBlobs.remove(id),
      // What was kept is in the catalog: a file of this name was never finished.
      makeFile: () =>
        Blob.createAnew(this.folder, id, schoolKey, { maxBytes: ANY_SIZE, failed: this.#failed }),
    };
  }
}

function difference(
  { state = "partial", size, chain }: StoredBlob,
  blob: OpenBlob,
): string | undefined {
  if (state === "partial" || size === undefined) return undefined;
  if (blob.size !== size) return `it has ${blob.size} bytes, and its file had ${size}`;
  if (!chain || blob.chain === chain) return undefined;
  return "it has as many bytes as its file had, in another state of it";
}
