/**
 * Rotating a school's key: a new version for new files, the files under older ones copied under it one
 * by one, then the older versions destroyed. What is left to do is in the catalog, so a crash costs one
 * copy. Reading goes on with whichever blob was opened; a file that is being written waits for its turn.
 */
import type { Log } from "../../shared/log.ts";
import type { CommandDone, SchoolId } from "../../shared/protocol.ts";
import type { After } from "../timers.ts";
import { BlobDamaged, BlobMissing } from "./blob/errors.ts";
import type { OpenBlob } from "./blob/small.ts";
import type { BlobReference, CatalogFile } from "./catalog/catalog.ts";
import type { Vault } from "./vault.ts";

export interface KeyRotationOptions {
  vault: Vault;
  after: After;
  log: Log;
  /** The most bytes that are copied in a second; default 16 MiB. */
  bytesPerSecond?: number;
  /** Milliseconds until files that could not be copied are tried again; default a minute. */
  againMs?: number;
  /** There is something to tell the worker. */
  told?(): void;
}

const PIECE_BYTES = 256 * 1024;
const BYTES_PER_SECOND = 16 * 1024 * 1024;
const AGAIN_MS = 60_000;
const FILES_AT_ONCE = 100;
/** How often it is told how many files are left. */
const PARTS = 10;

export class KeyRotation {
  readonly #options: KeyRotationOptions;
  #running: Promise<void> | undefined;
  #isAskedFor = false;
  #isStopped = false;
  #stopWaiting: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;

  constructor(options: KeyRotationOptions) {
    this.#options = options;
  }

  /**
   * Makes a new version of the school's key, acknowledges the command and starts to copy.
   *
   * @throws {KeyringAway} when the keyring cannot wrap it now; nothing was done
   */
  async begin(schoolId: SchoolId, done: CommandDone): Promise<void> {
    const { vault, told } = this.#options;
    await vault.keys.rotate(
      schoolId,
      (version, wrapped) => vault.catalog.keyVersions.begin(schoolId, version, wrapped, done),
    );
    told?.();
    this.resume();
  }

  /** Does what is left, of all schools: at the start, and when there is more. */
  resume(): void {
    this.#isAskedFor = true;
    if (this.#isStopped) return;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (this.#isAskedFor) this.resume();
    });
  }

  /** Returns when nothing is being copied. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isAskedFor = false;
    this.#cancelAgain?.();
    this.#stopWaiting?.();
    await this.#running;
  }

  async #work(): Promise<void> {
    this.#isAskedFor = false;
    this.#cancelAgain?.();
    let isLeft = false;
    for (const { schoolId, version } of this.#options.vault.catalog.keyVersions.rotating()) {
      if (this.#isStopped) return;
      isLeft = !await this.#rotate(schoolId, version) || isLeft;
    }
    if (!isLeft || this.#isStopped) return;
    this.#cancelAgain = this.#options.after(this.#options.againMs ?? AGAIN_MS, () => this.resume());
  }

  /** One school; false: something is left. */
  async #rotate(schoolId: SchoolId, version: number): Promise<boolean> {
    const { vault, log, told } = this.#options;
    const { keyVersions } = vault.catalog;
    const step = Math.max(1, Math.ceil(keyVersions.filesLeft(schoolId, version) / PARTS));
    let copied = 0;
    try {
      for (let after = "";;) {
        const files = keyVersions.files(schoolId, version, after, FILES_AT_ONCE);
        for (const file of files) {
          if (this.#isStopped) return false;
          if (!await this.#copy(file, version) || ++copied % step > 0) continue;
          keyVersions.progress(schoolId, version);
          told?.();
        }
        if (files.length < FILES_AT_ONCE) break;
        after = files.at(-1)!.path;
      }
      if (this.#isStopped) return false;
      const isDone = keyVersions.destroyOlder(schoolId, version);
      if (isDone) vault.keys.forgetOlder(schoolId, version);
      const filesLeft = isDone ? 0 : keyVersions.filesLeft(schoolId, version);
      log(isDone ? "storage_key.rotated" : "storage_key.files_left", {
        ...{ schoolId, version, copied, filesLeft },
      });
      told?.();
      return isDone;
    } catch (error) {
      // Such as a full disk, a token that is away, a school that was purged.
      log("storage_key.postponed", { schoolId, version, reason: (error as Error).message });
      return false;
    }
  }

  /** One file; false: it stays as it is for now. */
  async #copy(file: CatalogFile, keyVersion: number): Promise<boolean> {
    const { vault, log } = this.#options;
    const { keyVersions } = vault.catalog;
    const { schoolId } = file;
    keyVersions.watch(file);
    const reference = vault.catalog.reserveBlob(schoolId, keyVersion);
    try {
      return await this.#copyInto(file, reference);
    } catch (error) {
      if (!(error instanceof BlobDamaged || error instanceof BlobMissing)) throw error;
      log("storage_key.file_unreadable", { schoolId, file: file.id, reason: error.message });
      return false;
    } finally {
      await vault.sweep(reference.blob);
    }
  }

  async #copyInto(file: CatalogFile, reference: BlobReference): Promise<boolean> {
    const { vault } = this.#options;
    const mayBeNew = file.state === "partial" && file.size === 0;
    const from = await vault.use(file, { mayBeNew });
    try {
      const to = await vault.use(reference, { mayBeNew: true });
      try {
        await this.#copyBytes(from.blob, to.blob);
        if (this.#isStopped) return false;
        await to.blob.sync();
        const { sha256 } = to.blob;
        if (file.sha256 !== null && sha256 !== undefined && sha256 !== file.sha256) {
          throw new BlobDamaged(file.blob, "its SHA-256 is not the one that was stored with it");
        }
        return vault.catalog.keyVersions.replaceBlob(file, reference);
      } finally {
        await to.release();
      }
    } finally {
      await from.release();
    }
  }

  async #copyBytes(from: OpenBlob, to: OpenBlob): Promise<void> {
    const { vault, bytesPerSecond = BYTES_PER_SECOND } = this.#options;
    for (let offset = 0; offset < from.size && !this.#isStopped;) {
      const bytes = await from.read(offset, PIECE_BYTES);
      await vault.room.take(bytes.length);
      await to.write(offset, bytes);
      offset += bytes.length;
      await this.#wait((bytes.length / bytesPerSecond) * 1000);
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.after(milliseconds, resolve);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }
}
