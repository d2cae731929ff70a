/**
 * A file that is open for writing.
 */
import type { SessionToken } from "../intake/settling.ts";
import { BlobReplaced, type CatalogFile } from "../vault/catalog/catalog.ts";
import type { Lease } from "../vault/vault.ts";
import { refusedByDisk } from "./full-disk.ts";
import {
  type AbandonReason,
  type Attributes,
  type Changes,
  type OpenFile,
  Refusal,
} from "./home.ts";
import { type HomeKeeper, setTimes } from "./keeper.ts";
import type { Writer } from "./writers.ts";

const kept = "What arrived before is kept as a partial file";
/** So long it takes until the catalog is told again what it could not take. */
const AGAIN_MS = 1000;

interface WritingOptions {
  keeper: HomeKeeper;
  file: CatalogFile;
  name: string;
  session: SessionToken;
  append: boolean;
}

export class Writing implements OpenFile, Writer {
  readonly #options: WritingOptions;
  #lease!: Lease;
  #failure: Refusal | undefined;
  /** The size on disk when this writer has left. */
  #left: number | undefined;
  /** Seconds since the epoch. */
  #modifiedAt: number;

  /** Begins to write a file whose row is `partial`. */
  static async start(options: WritingOptions): Promise<Writing> {
    const writing = new Writing(options);
    const { keeper, file } = options;
    keeper.writers.enter(file.id, writing);
    try {
      writing.#lease = await keeper.vault.use(file, { mayBeNew: true });
    } catch (error) {
      keeper.writers.exit(file.id, writing);
      throw error;
    }
    return writing;
  }

  private constructor(options: WritingOptions) {
    this.#options = options;
    this.#modifiedAt = options.file.modifiedAt;
  }

  oust(reason: string): void {
    this.#failure ??= new Refusal("failure", reason);
  }

  /** Bytes written so far, and those that were there before. */
  get size(): number {
    return this.#left ?? this.#lease?.blob.size ?? this.#options.file.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#lease.blob.read(offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { append, keeper } = this.#options;
    const { blob } = this.#lease;
    const at = append ? blob.size : offset;
    await this.#attempt(async () => {
      this.#checkSize(at + bytes.length);
      await keeper.vault.room.take(bytes.length);
      await blob.write(at, bytes);
    });
    this.#modifiedAt = keeper.now() / 1000;
  }

  async stat(): Promise<Attributes> {
    return {
      kind: "file",
      size: this.size,
      permissions: 0o644,
      modifiedAt: this.#modifiedAt,
      accessedAt: this.#options.file.accessedAt,
    };
  }

  async change(changes: Changes): Promise<void> {
    const { size } = changes;
    if (size !== undefined) {
      await this.#attempt(async () => {
        this.#checkSize(size);
        await this.#lease.blob.truncate(size);
      });
    }
    if (changes.modifiedAt !== undefined) this.#modifiedAt = changes.modifiedAt;
    const { keeper, file, session } = this.#options;
    setTimes(keeper, file.id, changes, session);
  }

  async sync(): Promise<void> {
    await this.#attempt(async () => {
      await this.#lease.blob.sync();
      // Small files are kept by the catalog.
      await this.#options.keeper.vault.catalog.durable();
    });
  }

  async close(): Promise<void> {
    try {
      await this.#attempt(() => this.#lease.blob.sync());
    } catch (error) {
      await this.abandon("write failed");
      throw error;
    }
    // Another writer may have come during the sync.
    const { keeper, file } = this.#options;
    const ousted = keeper.writers.current(file.id) !== this;
    try {
      if (!ousted) {
        this.#tellCatalog("closed", this.size);
        await keeper.vault.catalog.durable();
      }
    } catch (error) {
      await this.abandon("write failed");
      throw this.#refusalOf(error);
    }
    await this.#leave();
    if (ousted) throw this.#failure!;
  }

  async abandon(_why: AbandonReason): Promise<void> {
    const { keeper, file } = this.#options;
    const { blob } = this.#lease;
    // Also after a write that failed: what arrived before it is kept.
    const isStored = await blob.sync().then(() => true, () => false);
    const size = blob.size;
    await this.#leave();
    if (keeper.writers.current(file.id) !== this) return;
    // A client resumes at the size it is told, so it must be what the disk really has.
    this.#left = isStored ? size : await this.#sizeOnDisk().catch(() => size);
    if (keeper.writers.current(file.id) === this) this.#tellPartial();
  }

  /** Does it unless something failed before; a failure stays. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      await work();
    } catch (error) {
      this.#failure = this.#refusalOf(error);
      throw this.#failure;
    }
  }

  #checkSize(size: number): void {
    const limit = this.#options.keeper.maxUploadBytes;
    if (size <= limit) return;
    const mebibytes = (limit / 1024 / 1024).toFixed(1).replace(".0", "");
    throw new Refusal(
      "failure",
      `${this.#options.name} is larger than ${limit} bytes (${mebibytes} MiB), the most a file may have. ${kept} and is not processed.`,
    );
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    const { name } = this.#options;
    const refused = refusedByDisk(error, "upload");
    if (refused instanceof Refusal) return refused;
    const code = (error as NodeJS.ErrnoException).code;
    return new Refusal(
      "failure",
      `${name} could not be written${code ? ` (${code})` : ""}. ${kept}; try again.`,
    );
  }

  /** From here on the file has another writer or none. */
  #tellCatalog(state: "partial" | "closed", size: number): void {
    const { keeper, file } = this.#options;
    keeper.vault.catalog.settleSize(file, state, {
      size,
      modifiedAt: this.#modifiedAt,
      sha256: this.#lease.blob.sha256,
    });
    keeper.writers.exit(file.id, this);
  }

  /** As long as the catalog cannot take it (disk full), the size is known here. */
  #tellPartial(): void {
    const { keeper, file } = this.#options;
    try {
      this.#tellCatalog("partial", this.#left!);
    } catch (error) {
      if (error instanceof BlobReplaced) return keeper.writers.exit(file.id, this);
      keeper.log("home.postponed", { file: file.id, reason: (error as Error).message });
      setTimeout(() => {
        if (keeper.writers.current(file.id) === this) this.#tellPartial();
      }, AGAIN_MS).unref();
    }
  }

  async #sizeOnDisk(): Promise<number> {
    const { keeper, file } = this.#options;
    const { blob, release } = await keeper.vault.use(file, { mayBeNew: true });
    const { size } = blob;
    await release();
    return size;
  }

  /** Lets go of the bytes; what of them could not be stored, the size on disk tells. */
  async #leave(): Promise<void> {
    const { keeper, file, session } = this.#options;
    await this.#lease.release().catch((error: NodeJS.ErrnoException) =>
      keeper.log("home.not_stored", { file: file.id, code: error.code })
    );
    keeper.settling.touch(file.id, session);
  }
}
