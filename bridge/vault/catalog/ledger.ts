/**
 * What happened in the homes and is still to be told to the worker, in the order it happened.
 *
 * Events are numbered and chained: each is kept with the hash of the one before, so that one that is
 * lost or changed is noticed by who reads them all. The hash of an event is the SHA-256, in
 * hexadecimal, of its number, the hash of the one before and its text, a line each.
 */
import { createHash, randomUUID } from "node:crypto";
import type { LedgerEvent, SchoolId, Sender } from "../../../shared/protocol.ts";
import type { ToldState } from "../../../shared/told-state.ts";
import type { CatalogDatabase } from "./database.ts";
import type { CatalogFile, FileState } from "./file.ts";

/** Logins that were refused within a minute, alike but for the time. */
export type RefusedLogins = Omit<
  Extract<LedgerEvent, { type: "refusal" }>,
  "id" | "at" | "type" | "schoolId" | "uploadId" | "why"
>;

/** An event as it is kept. */
export interface LedgerEntry {
  number: number;
  /** The hash of the event before; empty for the first of all. */
  previous: string;
  /** The event as JSON, byte for byte as its hash was taken of it. */
  text: string;
  event: LedgerEvent;
}

const HEAD = "SELECT hash FROM ledger_head";

export class Ledger {
  readonly #database: CatalogDatabase;
  readonly #now: () => number;

  constructor(database: CatalogDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** @param count so many alike, within a minute */
  recordLogin(schoolId: SchoolId, sender: Sender, count = 1): void {
    this.#tell({ type: "login", schoolId, sender, ...(count > 1 ? { count } : {}) });
  }

  recordRefusal(schoolId: SchoolId, refused: RefusedLogins): void {
    this.#tell({ type: "refusal", schoolId, ...refused });
  }

  recordDownload(file: CatalogFile, sender: Sender): void {
    const { schoolId, path, exportId } = file;
    this.#tell({ type: "download", schoolId, path, exportId, sender });
  }

  /** A school's storage key is being rotated, with so many files yet to be copied, or was. */
  recordStorageKey(
    schoolId: SchoolId,
    key: { version: number; state: "rotating" | "current"; filesLeft: number },
  ): void {
    this.#tell({ type: "storage_key", schoolId, ...key });
  }

  /** A file looks so now; `why` when its writer left without a CLOSE. */
  tellFile({ schoolId, path, state, size, sender, uploadId }: CatalogFile, why?: string): void {
    const told = { schoolId, path, state: toldStates[state], size, sender, uploadId, why };
    this.#tell({ type: "file", ...told });
  }

  /** A file is gone from the path it had; `by` a session, or by the service. */
  tellGone(
    { schoolId, path, size, uploadId }: CatalogFile,
    state: "removed" | "moved",
    by: Sender | null,
    why?: string,
  ): void {
    this.#tell({ type: "file", ...{ schoolId, path, state, size, sender: by, uploadId, why } });
  }

  #tell(event: Record<string, unknown>): void {
    const told = { id: randomUUID(), at: new Date(this.#now()).toISOString(), ...event };
    const text = JSON.stringify(told);
    this.#database.transaction(() => {
      const head = this.#database.remembered<{ hash: string }>(HEAD);
      const previous = head!.hash;
      const { lastInsertRowid: number } = this.#database.run(
        "INSERT INTO events (event, previous) VALUES (?, ?)",
        text,
        previous,
      );
      const hash = createHash("sha256").update(`${number}\n${previous}\n${text}`).digest("hex");
      this.#database.run("UPDATE ledger_head SET hash = ?", hash);
      this.#database.remember({ hash }, HEAD);
    });
  }

  /** The oldest events, at most `limit`, with the number to drop them by. */
  events(limit: number): LedgerEntry[] {
    return this.#database.all<{ number: number; previous: string; event: string }>(
      "SELECT number, previous, event FROM events ORDER BY number LIMIT ?",
      limit,
    ).map(({ number, previous, event: text }) => ({
      ...{ number, previous, text },
      event: JSON.parse(text),
    }));
  }

  /**
   * The worker refuses this event for good: it is kept here, as evidence, and those after it are told.
   * With what is kept here the chain can still be followed over the gap.
   */
  setAside(number: number, why: string): void {
    this.#database.transaction(() => {
      this.#database.run(
        "INSERT INTO events_aside SELECT number, previous, event, ? FROM events WHERE number = ?",
        why,
        number,
      );
      this.#database.run("DELETE FROM events WHERE number = ?", number);
    });
  }

  /** How many events were set aside. */
  get aside(): number {
    const [row] = this.#database.all<{ count: number }>(
      "SELECT count(*) AS count FROM events_aside",
    );
    return row!.count;
  }

  dropEvents(through: number): void {
    this.#database.run("DELETE FROM events WHERE number <= ?", through);
  }
}

/** What the worker calls the states. */
const toldStates: Record<FileState, ToldState> = {
  partial: "partial",
  closed: "complete",
  kept: "complete",
  processing: "processing",
  replaced: "complete",
};
