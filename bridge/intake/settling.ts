/**
 * Settling (SPEC section 3): a file that a lane takes is accepted when it was closed cleanly, and was
 * left alone for a while or the session that last touched it ended. Files that no lane takes are kept
 * as they are.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import type { Log } from "../../shared/log.ts";
import type { Taking } from "../schools/lanes.ts";
import type { After } from "../timers.ts";
import { Trouble } from "../trouble.ts";
import {
  type Catalog,
  type CatalogFile,
  type OutboxEntry,
  pathBefore,
  replacedBy,
} from "../vault/catalog/catalog.ts";

export interface SettlingOptions {
  catalog: Catalog;
  /** Milliseconds a file must be left alone. */
  settleMs: number;
  after: After;
  /** The lane of its school that takes a file of this name; `undefined`: none does. */
  takes(schoolId: SchoolId, name: string): Taking | undefined;
  accepted(entry: OutboxEntry): void;
  log: Log;
}

/** So long it takes until a file is tried again that the catalog could not accept. */
const AGAIN_MS = 1000;

/** Stands for one session, to know which files it touched last. */
export type SessionToken = symbol;

export class Settling {
  readonly #options: SettlingOptions;
  readonly #waiting = new Map<number, { session: SessionToken; callOff: () => void }>();
  readonly #trouble: Trouble;
  #stopped = false;

  constructor(options: SettlingOptions) {
    this.#options = options;
    this.#trouble = new Trouble("settled files cannot be accepted", options.log);
  }

  /** Something was done to the file: its time starts anew. */
  touch(fileId: number, session: SessionToken): void {
    this.#wait(fileId, session, this.#options.settleMs);
  }

  #wait(fileId: number, session: SessionToken, milliseconds: number): void {
    this.forget(fileId);
    if (this.#stopped) return;
    const callOff = this.#options.after(milliseconds, () => this.#settle(fileId, session));
    this.#waiting.set(fileId, { session, callOff });
  }

  /** The file is gone or being written again. */
  forget(fileId: number): void {
    this.#waiting.get(fileId)?.callOff();
    this.#waiting.delete(fileId);
  }

  /** The session ended: what it touched last need not wait any longer. */
  leave(session: SessionToken): void {
    for (const [fileId, waiting] of [...this.#waiting]) {
      if (waiting.session === session) this.#settle(fileId, session);
    }
  }

  /**
   * The upload of this file broke off: what it was to replace was closed before, and is not left alone
   * any longer. It is accepted, or kept as `.original`; the partial upload stays where it is.
   */
  release(fileId: number): void {
    if (this.#stopped) return;
    const { catalog, after } = this.#options;
    try {
      const replaced = catalog.replacedBy(fileId);
      if (replaced) this.#goOn(replaced);
      this.#trouble.over();
    } catch (error) {
      this.#trouble.seen((error as Error).message);
      after(AGAIN_MS, () => this.release(fileId));
    }
  }

  #goOn(replaced: CatalogFile): void {
    const { catalog, accepted } = this.#options;
    const taking = this.#takingOf({ ...replaced, path: pathBefore(replaced) });
    if (taking === undefined) catalog.keepReplaced(replaced.id);
    else accepted(catalog.accept(replaced.id, packingText(taking)));
  }

  /** At start: whatever was closed before, its session has ended; what was being written broke off. */
  resume(): void {
    const ended = Symbol("ended");
    for (const replaced of this.#options.catalog.filesInState("replaced")) {
      this.release(replacedBy(replaced));
    }
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
      this.#trouble.over();
    } catch (error) {
      // Such as a full disk. It has not been accepted, and is again as soon as that goes.
      this.#trouble.seen((error as Error).message);
      this.#wait(fileId, session, AGAIN_MS);
    }
  }

  #accept(fileId: number): void {
    const { catalog, accepted } = this.#options;
    const file = catalog.file(fileId);
    // One that is being written again is partial, and is touched when its handle is closed.
    if (file?.state !== "closed") return;
    const taking = this.#takingOf(file);
    if (taking === undefined) catalog.keep(fileId);
    else accepted(catalog.accept(fileId, packingText(taking)));
  }

  #takingOf({ schoolId, path }: CatalogFile): Taking | undefined {
    const inbound = "/inbound/";
    if (!path.startsWith(inbound)) return undefined;
    return this.#options.takes(schoolId, path.slice(inbound.length));
  }
}

/** As the outbox keeps it. */
function packingText({ packing }: Taking): string | null {
  return packing === null ? null : JSON.stringify(packing);
}
