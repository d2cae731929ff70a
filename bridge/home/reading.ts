/**
 * A file that is open for reading.
 */
import type { Sender } from "../../shared/protocol.ts";
import type { SessionToken } from "../intake/settling.ts";
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import type { Lease } from "../vault/vault.ts";
import { type Attributes, type Changes, type OpenFile, Refusal } from "./home.ts";
import { type HomeKeeper, setTimes } from "./keeper.ts";

interface ReadingOptions {
  keeper: HomeKeeper;
  file: CatalogFile;
  sender: Sender;
  session: SessionToken;
  attributesOf(file: CatalogFile): Attributes;
}

export class Reading implements OpenFile {
  readonly #options: ReadingOptions;
  #lease!: Lease;
  #received = false;

  static async start(options: ReadingOptions): Promise<Reading> {
    const reading = new Reading(options);
    const { keeper, file } = options;
    reading.#lease = await keeper.vault.use(file, { mayBeNew: file.state === "partial" });
    return reading;
  }

  private constructor(options: ReadingOptions) {
    this.#options = options;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const { blob } = this.#lease;
    const bytes = await blob.read(offset, length);
    // Reading to the end is the receipt (SPEC section 6).
    if (!this.#received && offset + bytes.length >= blob.size) {
      this.#received = true;
      const { keeper, file, sender } = this.#options;
      const { catalog } = keeper.vault;
      const current = catalog.file(file.id) ?? file;
      try {
        if (current.state === "kept" || current.state === "closed") {
          catalog.ledger.recordDownload(current, sender);
        }
      } catch (error) {
        // Such as a full disk: reading goes on, and the next read at the end tries again.
        this.#received = false;
        keeper.log("home.receipt_lost", { file: file.id, reason: (error as Error).message });
      }
    }
    return bytes;
  }

  async write(): Promise<void> {
    throw this.#readOnly();
  }

  async stat(): Promise<Attributes> {
    const { keeper, file, attributesOf } = this.#options;
    return attributesOf(keeper.vault.catalog.file(file.id) ?? file);
  }

  async change(changes: Changes): Promise<void> {
    if (changes.size !== undefined) throw this.#readOnly();
    const { keeper, file, session } = this.#options;
    setTimes(keeper, file.id, changes, session);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {
    const { keeper, file, session } = this.#options;
    try {
      await this.#lease.release();
    } finally {
      keeper.settling.touch(file.id, session);
    }
  }

  abandon(): Promise<void> {
    return this.close();
  }

  #readOnly(): Refusal {
    return new Refusal("permission_denied", "This file was opened for reading only.");
  }
}
