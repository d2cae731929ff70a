/**
 * A file that is open for writing.
 *
 * What is asked of it is done one after the other, so that who takes the file over has only to wait
 * for the end of what was begun. Bytes may come in any order, as clients send that have many writes
 * under way; at the CLOSE none may be missing. What was never sent is no part of a roster, and of a
 * partial file only what comes before the first gap is kept, so that a client resumes at the right
 * byte.
 */
import { BlobReplaced, type CatalogFile } from "../vault/catalog/catalog.ts";
import type { Lease } from "../vault/vault.ts";
import {
  type AbandonReason,
  type Attributes,
  type Changes,
  type OpenFile,
  Refusal,
} from "./home.ts";
import { CHUNK_BYTES } from "../vault/blob/format.ts";
import type { HomeShare } from "./quota.ts";
import { Spans } from "./spans.ts";
import type { Visit } from "./visit.ts";
import type { Writer } from "./writers.ts";

const kept = "What arrived before is kept as a partial file";
const COPIED_AT_ONCE = 256 * 1024;
/** Until the catalog is told again what it could not take. */
const AGAIN_MS = 1000;

interface WritingOptions {
  visit: Visit;
  /** Its row is `partial`. */
  file: CatalogFile;
  name: string;
  /** Every write goes to the end. */
  append: boolean;
  /** The closed file that it goes on from. */
  from: CatalogFile | undefined;
  /** What it takes of the home. */
  share: HomeShare;
  /** Called once, when the file is let go. */
  done(): void;
}

export class Writing implements OpenFile, Writer {
  readonly #options: WritingOptions;
  #lease!: Lease;
  #queue: Promise<unknown> = Promise.resolve();
  #failure: Refusal | undefined;
  /** Bytes that were there before or were sent. */
  #sent = new Spans();
  /** Where a write goes on from the one before; any other has a chunk of the blob written anew. */
  #next: number | undefined;
  /** So many bytes without a gap the writer before had, if there was one. */
  #wholeBefore: number | undefined;
  /** Where the catalog thinks that the first gap is; it is there, or further on. */
  #gapMarkedAt: number | null;
  /** Why the bytes that it was to go on from are not all here. */
  #notCopied: unknown;
  /** The size on disk when this writer has left. */
  #left: number | undefined;
  /** Seconds since the epoch. */
  #modifiedAt: number;

  constructor(options: WritingOptions) {
    this.#options = options;
    this.#modifiedAt = options.file.modifiedAt;
    this.#gapMarkedAt = options.file.gapAt;
  }

  /**
   * Waits for the blob and for the writer before, and copies what it goes on from. What that one left
   * behind a gap is no part of the file: who resumes is told to go on before it. Called once, first.
   */
  start(lease: Promise<Lease>, letGo: Promise<number | undefined>): Promise<void> {
    return this.#inOrder(async () => {
      const [opened, before] = await Promise.allSettled([lease, letGo]);
      if (opened.status === "rejected") {
        this.#exit();
        throw opened.reason;
      }
      this.#lease = opened.value;
      try {
        if (before.status === "rejected") throw before.reason;
        this.#wholeBefore = before.value;
        await this.#copy();
      } catch (error) {
        this.#notCopied = error;
        await this.#release();
        this.#exit();
        throw error;
      }
      const { blob } = this.#lease;
      const { gapAt } = this.#options.file;
      const whole = Math.min(this.#wholeBefore ?? gapAt ?? blob.size, blob.size);
      // Where it cannot be cut off (disk full), the CLOSE tells of the gap.
      if (whole < blob.size) await blob.truncate(whole).catch(() => {});
      this.#sent = new Spans(whole);
      this.#next = whole;
    });
  }

  get session() {
    return this.#options.visit.session;
  }

  get size(): number {
    return this.#left ?? this.#lease?.blob.size ?? this.#options.file.size;
  }

  /** @throws when the bytes that this writer was to go on from are not all here */
  letGo(refusal: Refusal): Promise<number | undefined> {
    this.#failure ??= refusal;
    return this.#queue.then(() => {
      if (this.#notCopied) throw this.#notCopied;
      return this.#lease ? this.#sent.whole : this.#wholeBefore;
    });
  }

  /** All of it, also when somebody else has come: that one goes on from the same bytes. */
  async #copy(): Promise<void> {
    const { from, share, visit: { keeper: { vault } } } = this.#options;
    if (!from) return;
    const { blob, release } = await vault.use(from);
    try {
      share.grow(blob.size);
      for (let at = 0; at < blob.size; at += COPIED_AT_ONCE) {
        await vault.room.take(COPIED_AT_ONCE);
        await this.#lease.blob.write(at, await blob.read(at, COPIED_AT_ONCE));
      }
    } finally {
      await release();
    }
  }

  async read(offset: number, length: number, room?: Buffer): Promise<Uint8Array> {
    return await this.#lease.blob.read(offset, length, { room });
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const { append, visit: { keeper } } = this.#options;
    return this.#attempt(async () => {
      const { blob } = this.#lease;
      const at = append ? blob.size : offset;
      this.#checkSize(at + bytes.length);
      this.#options.share.grow(at + bytes.length - blob.size);
      await keeper.vault.room.take(bytes.length + (at === this.#next ? 0 : CHUNK_BYTES));
      // Somebody else may have the file by now, and these bytes must not be among theirs.
      this.#checkHeld();
      const sent = this.#sent.copy();
      if (!sent.add(at, at + bytes.length)) throw this.#scattered();
      if (sent.whole < at + bytes.length) await this.#markGap();
      await blob.write(at, bytes);
      this.#sent = sent;
      this.#next = at + bytes.length;
      this.#modifiedAt = keeper.now() / 1000;
    });
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
    if (changes.size !== undefined) await this.resize(changes.size);
    if (changes.modifiedAt !== undefined) this.#modifiedAt = changes.modifiedAt;
    const { visit, file } = this.#options;
    visit.setTimes(file.id, changes);
  }

  /** What it adds to the file is a gap until it is written. */
  resize(size: number): Promise<void> {
    return this.#attempt(async () => {
      this.#checkSize(size);
      this.#options.share.grow(size - this.#lease.blob.size);
      if (size > this.#sent.whole) await this.#markGap();
      await this.#lease.blob.truncate(size);
      this.#sent.cut(size);
    });
  }

  sync(): Promise<void> {
    return this.#attempt(async () => {
      const { blob } = this.#lease;
      await blob.sync();
      this.#next = undefined;
      if (this.#sent.whole >= blob.size) this.#unmarkGap();
      // Small files are kept by the catalog.
      await this.#options.visit.keeper.vault.catalog.durable();
    });
  }

  async close(): Promise<void> {
    const { visit, file, done } = this.#options;
    const { vault, settling, storage } = visit.keeper;
    const { catalog } = vault;
    try {
      await this.#attempt(async () => {
        this.#checkWhole();
        await this.#lease.blob.sync();
        // Another writer may have come during the sync.
        this.#checkHeld();
        const replaced = this.#tellCatalog("closed", this.size);
        if (replaced !== undefined) void vault.sweep(replaced);
        await catalog.durable().catch((error) => {
          this.#takeBack();
          throw error;
        });
      });
    } catch (error) {
      await this.abandon("write failed");
      throw error;
    }
    await this.#release();
    done();
    storage.stored();
    const now = catalog.file(file.id);
    if (now) visit.remember(now.path, file.id);
    settling.touch(file.id, visit.session);
  }

  /** Without a reason, nobody did anything wrong. */
  abandon(why?: AbandonReason): Promise<void> {
    return this.#inOrder(async () => {
      const { blob } = this.#lease;
      if (this.#isHeld() && this.#sent.whole < blob.size) {
        await blob.truncate(this.#sent.whole).catch(() => {});
      }
      // Also after a write that failed: what arrived before it is kept.
      const isStored = await blob.sync().then(() => true, () => false);
      const { size } = blob;
      await this.#release();
      this.#options.done();
      if (!this.#isHeld()) return;
      // A client resumes at the size it is told, so it must be what the disk really has.
      this.#left = isStored ? size : await this.#sizeOnDisk().catch(() => size);
      if (this.#isHeld()) this.#tellPartial(why);
    });
  }

  /** Does it when all that was asked before is done. */
  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Does it unless something failed before; a failure stays. */
  #attempt(work: () => Promise<void>): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#failure) throw this.#failure;
      try {
        await work();
      } catch (error) {
        this.#failure ??= this.#refusalOf(error);
        throw this.#failure;
      }
    });
  }

  /**
   * Before bytes are stored that lie behind a gap, it is known for good where that is: a bridge that ends
   * in the middle finds zeros there, and cannot tell them from what was sent.
   */
  async #markGap(): Promise<void> {
    const { whole } = this.#sent;
    if (this.#gapMarkedAt !== null && this.#gapMarkedAt <= whole) return;
    const { visit, file } = this.#options;
    const { catalog } = visit.keeper.vault;
    catalog.markGap(file, whole);
    await catalog.durable();
    this.#gapMarkedAt = whole;
    this.#checkHeld();
  }

  /** Only when all of it is durable: what is stored then has no gap any more. */
  #unmarkGap(): void {
    if (this.#gapMarkedAt === null) return;
    this.#options.visit.keeper.vault.catalog.markGap(this.#options.file, null);
    this.#gapMarkedAt = null;
  }

  #isHeld(): boolean {
    const { visit, file } = this.#options;
    return visit.keeper.writers.current(file.id) === this;
  }

  #checkHeld(): void {
    if (this.#failure) throw this.#failure;
  }

  #exit(): void {
    const { visit, file } = this.#options;
    visit.keeper.writers.exit(file.id, this);
  }

  #checkSize(size: number): void {
    const { keeper, schoolId } = this.#options.visit;
    const limit = keeper.maxUploadBytes;
    if (size <= limit) return;
    keeper.reached("upload_size", schoolId);
    const mebibytes = (limit / 1024 / 1024).toFixed(1).replace(".0", "");
    throw new Refusal(
      "failure",
      `${this.#options.name} is larger than ${limit} bytes (${mebibytes} MiB), the most a file may have. ${kept} and is not processed.`,
    );
  }

  #checkWhole(): void {
    const { whole } = this.#sent;
    const { size } = this.#lease.blob;
    if (whole >= size) return;
    throw new Refusal(
      "failure",
      `${this.#options.name} has ${size} bytes, but not all of them were sent: there is a gap at byte ${whole}. What comes before it is kept as a partial file; resume there, or send it again.`,
    );
  }

  #scattered(): Refusal {
    return new Refusal(
      "failure",
      `${this.#options.name} has too many gaps between the bytes that were sent. ${kept}; send the bytes in order.`,
    );
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    const { name, visit: { keeper } } = this.#options;
    const refused = keeper.storage.refusal(error, "upload");
    if (refused instanceof Refusal) return refused;
    const code = (error as NodeJS.ErrnoException).code;
    return new Refusal(
      "failure",
      `${name} could not be written${code ? ` (${code})` : ""}. ${kept}; try again.`,
    );
  }

  /** From here on the file has another writer or none. */
  #tellCatalog(
    state: "partial" | "closed",
    size: number,
    why?: AbandonReason,
  ): string | undefined {
    const { visit, file } = this.#options;
    const { sha256, chain } = this.#lease.blob;
    const { whole } = this.#sent;
    const gapAt = whole < size ? whole : undefined;
    const left = { size, gapAt, modifiedAt: this.#modifiedAt, sha256, chain, why };
    const replaced = visit.keeper.vault.catalog.settleSize(file, state, left);
    this.#exit();
    return replaced;
  }

  /** The CLOSE is not answered OK, so the file is not closed, unless somebody has it by now. */
  #takeBack(): void {
    const { visit: { keeper }, file } = this.#options;
    if (keeper.writers.current(file.id) || keeper.vault.catalog.file(file.id)?.blob !== file.blob) {
      return;
    }
    this.#left = this.size;
    keeper.writers.enter(file.id, this.#options.name, this);
  }

  /** As long as the catalog cannot take it (disk full), the size is known here. */
  #tellPartial(why: AbandonReason | undefined): void {
    const { visit: { keeper }, file } = this.#options;
    try {
      this.#tellCatalog("partial", this.#left!, why);
      keeper.settling.release(file.id);
    } catch (error) {
      if (error instanceof BlobReplaced) return this.#exit();
      keeper.storage.refusal(error, "upload");
      keeper.after(AGAIN_MS, () => {
        if (this.#isHeld()) this.#tellPartial(why);
      });
    }
  }

  async #sizeOnDisk(): Promise<number> {
    const { visit, file } = this.#options;
    const { blob, release } = await visit.keeper.vault.use(file, { mayBeNew: true });
    const { size } = blob;
    await release();
    return size;
  }

  /** Lets go of the bytes; what of them could not be stored, the size on disk tells. */
  async #release(): Promise<void> {
    const { visit, file } = this.#options;
    await this.#lease.release().catch((error: NodeJS.ErrnoException) =>
      visit.keeper.log("home.not_stored", { file: file.id, code: error.code })
    );
  }
}
