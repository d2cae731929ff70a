/**
 * Settling (SPEC section 3): a roster is accepted when it was closed cleanly, no handle is open on
 * it, and it was left alone for a while or the session that last touched it ended.
 */
import type { Log } from "../../shared/log.ts";
import { isRosterName } from "../../shared/file-names.ts";
import type { Catalog, CatalogFile, OutboxEntry } from "../vault/catalog/catalog.ts";

export interface SettlingOptions {
  catalog: Catalog;
  /** Milliseconds a file must be left alone. */
  settleMs: number;
  /** Is a handle open on the file? */
  isOpen(file: CatalogFile): boolean;
  accepted(entry: OutboxEntry): void;
  log: Log;
}

/** So long it takes until a file is tried again that the catalog could not accept. */
const AGAIN_MS = 1000;

/** Stands for one session, to know which files it touched last. */
export type SessionToken = symbol;

export class Settling {
  readonly #options: SettlingOptions;
  readonly #waiting = new Map<number, { session: SessionToken; timer: NodeJS.Timeout }>();
  #stopped = false;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Something was done to the file: its time starts anew. */
  touch(fileId: number, session: SessionToken): void {
    this.#wait(fileId, session, this.#options.settleMs);
  }

  #wait(fileId: number, session: SessionToken, milliseconds: number): void {
    this.forget(fileId);
    if (this.#stopped) return;
    const timer = setTimeout(() => this.#settle(fileId, session), milliseconds);
    this.#waiting.set(fileId, { session, timer });
  }

  /** The file is gone or being written again. */
  forget(fileId: number): void {
    clearTimeout(this.#waiting.get(fileId)?.timer);
    this.#waiting.delete(fileId);
  }

  /** The session ended: what it touched last need not wait any longer. */
  leave(session: SessionToken): void {
    for (const [fileId, waiting] of [...this.#waiting]) {
      if (waiting.session === session) this.#settle(fileId, session);
    }
  }

  /** At start: whatever was closed before, its session has ended. */
  resume(): void {
    const ended = Symbol("ended");
    for (const file of this.#options.catalog.filesInState("closed")) {
      this.#settle(file.id, ended);
    }
  }

  /** No further file is accepted; what waits is found at the next start. */
  stop(): void {
    this.#stopped = true;
    for (const fileId of [...this.#waiting.keys()]) this.forget(fileId);
  }

  #settle(fileId: number, session: SessionToken): void {
    this.forget(fileId);
    if (this.#stopped) return;
    try {
      this.#accept(fileId);
    } catch (error) {
      // Such as a full disk. It has not been accepted, and is again as soon as that goes.
      this.#wait(fileId, session, AGAIN_MS);
      this.#options.log("settling.postponed", {
        file: fileId,
        reason: (error as Error).message,
        waitMs: AGAIN_MS,
      });
    }
  }

  #accept(fileId: number): void {
    const { catalog, isOpen, accepted } = this.#options;
    const file = catalog.file(fileId);
    // A file that is still open is touched again when its handle is closed.
    if (file?.state !== "closed" || isOpen(file)) return;
    if (file.path.startsWith("/inbound/") && isRosterName(file.path)) {
      accepted(catalog.accept(fileId));
    } else {
      catalog.keep(fileId);
    }
  }
}
