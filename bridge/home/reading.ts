/**
 * A file that is open for reading.
 */
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import type { Lease } from "../vault/vault.ts";
import { type Attributes, type Changes, type OpenFile, Refusal } from "./home.ts";
import type { Visit } from "./visit.ts";

interface ReadingOptions {
  visit: Visit;
  file: CatalogFile;
  lease: Lease;
  /** Called once, when the file is let go. */
  done(): void;
}

export class Reading implements OpenFile {
  readonly #options: ReadingOptions;
  /** What was handed out and is not yet known to be sent. */
  #handedOut: { from: number; to: number }[] = [];
  #received = false;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  async read(offset: number, length: number, room?: Buffer): Promise<Uint8Array> {
    this.#confirm();
    const bytes = await this.#options.lease.blob.read(offset, length, { room, ahead: true });
    this.#handedOut.push({ from: offset, to: offset + bytes.length });
    return bytes;
  }

  async write(): Promise<void> {
    throw this.#readOnly();
  }

  async stat(): Promise<Attributes> {
    this.#confirm();
    const { visit, file } = this.#options;
    return visit.attributesOf(visit.keeper.vault.catalog.file(file.id) ?? file);
  }

  async change(changes: Changes): Promise<void> {
    this.#confirm();
    if (changes.size !== undefined) throw this.#readOnly();
    const { visit, file } = this.#options;
    visit.setTimes(file.id, changes);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {
    this.#confirm();
    await this.abandon();
  }

  async abandon(): Promise<void> {
    try {
      await this.#options.lease.release();
    } finally {
      this.#options.done();
    }
  }

  /**
   * The client asks for something more, so the answers before were sent. When with them the session
   * was sent every byte from the first to the last, that is its receipt (SPEC section 6).
   */
  #confirm(): void {
    const handedOut = this.#handedOut.splice(0);
    if (this.#received) return;
    const { visit, file } = this.#options;
    const { catalog } = visit.keeper.vault;
    const current = catalog.file(file.id);
    const isWhole = current?.blob === file.blob && current.state !== "partial";
    const sent = visit.sentOf(file.blob);
    for (const { from, to } of handedOut) sent.add(from, to);
    if (!isWhole || sent.whole < current.size) return;
    if (current.size === 0 && !handedOut.some(({ from }) => from === 0)) return;
    try {
      catalog.ledger.recordDownload(current, visit.sender);
      this.#received = true;
      visit.forgetSent(file.blob);
    } catch (error) {
      // Such as a full disk: reading goes on, and the next request tries again.
      const { storage, log } = visit.keeper;
      if (storage.refusal(error, "other") !== error) return;
      log("home.receipt_lost", { file: file.id, reason: (error as Error).message });
    }
  }

  #readOnly(): Refusal {
    return new Refusal("permission_denied", "This file was opened for reading only.");
  }
}
