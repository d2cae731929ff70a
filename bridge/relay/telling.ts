/**
 * Telling the worker what happened and what became of its commands, whenever there is something to
 * tell: in the order it happened, again and again until the worker has it.
 */
import type { Log } from "../../shared/log.ts";
import { type CommandDone, EVENTS_AT_ONCE } from "../../shared/protocol.ts";
import type { Catalog } from "../vault/catalog/catalog.ts";
import type { LedgerEntry } from "../vault/catalog/ledger.ts";
import { Trouble } from "../trouble.ts";
import { backoffMs } from "./backoff.ts";
import { type WorkerClient, WorkerRefusal } from "./worker-client.ts";

export interface TellingOptions {
  catalog: Catalog;
  worker: WorkerClient;
  /** Milliseconds between looks for something to tell. */
  syncMs: number;
  random(): number;
  log: Log;
}

/** While the worker is away there is nobody to tell; listening says when it is back. */
const MOST_WAIT_MS = 30_000;

export class Telling {
  readonly #options: TellingOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** The worker refused an event; it is over with the next start. */
  readonly refused: Trouble;
  #failures = 0;
  #stopped = false;
  /** So many are told in one call: fewer, while it is found out which of them the worker refuses. */
  #atOnce = EVENTS_AT_ONCE;
  /** Somebody has something to tell while a call is under way. */
  #again = false;

  constructor(options: TellingOptions) {
    this.#options = options;
    this.refused = new Trouble("the worker refuses what it is told", options.log);
  }

  start(): void {
    this.nudge();
  }

  /** There is something to tell, or the worker is back: look now. */
  nudge(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    const { syncMs, random, log } = this.#options;
    let waitMs = syncMs;
    try {
      if (await this.#tell()) waitMs = 0;
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      waitMs = Math.max(syncMs, backoffMs(this.#failures, random, MOST_WAIT_MS));
      if (this.#failures === 1 && !this.#stopped) {
        log("telling.postponed", { reason: (error as Error).message });
      }
    }
    this.#running = undefined;
    if (this.#stopped) return;
    if (this.#again && this.#failures === 0) waitMs = 0;
    this.#again = false;
    this.#timer = setTimeout(() => this.nudge(), waitMs);
  }

  /** One call, if there is something to tell; whether there is more. */
  async #tell(): Promise<boolean> {
    const { catalog, worker } = this.#options;
    const atOnce = this.#atOnce;
    const events = catalog.ledger.events(atOnce);
    const isSearch = atOnce < EVENTS_AT_ONCE;
    const done = catalog.commands.some(isSearch ? atOnce - events.length : atOnce);
    if (events.length === 0 && done.length === 0) return false;
    // What the worker is told must be so after power loss too.
    await catalog.durable();
    try {
      const { through } = await worker.tell({
        events: events.map(({ number, previous, text }) => ({ number, previous, text })),
        done,
      });
      // What was told, and no more: what happened meanwhile has yet to be.
      catalog.ledger.dropEvents(Math.min(through, events.at(-1)?.number ?? 0));
    } catch (error) {
      if (!(error instanceof WorkerRefusal)) throw error;
      if (error.code === "ledger_forked") this.#beginAnew();
      else this.#withoutOne(events, done, error);
      return true;
    }
    catalog.commands.drop(done);
    this.#atOnce = Math.min(EVENTS_AT_ONCE, 2 * atOnce);
    return isSearch || events.length === atOnce || done.length === atOnce;
  }

  /** One of these is refused and always will be; the others must not wait for it. */
  #withoutOne(events: LedgerEntry[], done: CommandDone[], { detail }: WorkerRefusal): void {
    const { catalog, log } = this.#options;
    const many = events.length + done.length;
    this.#atOnce = many > 1 ? Math.ceil(many / 2) : EVENTS_AT_ONCE;
    if (many > 1) return;
    for (const { number } of events) {
      catalog.ledger.setAside(number, detail);
      log("event.set_aside", { number, reason: detail });
      this.refused.seen(`the worker refused event ${number}, which is kept here: ${detail}`);
    }
    for (const { id } of done) log("command.outcome_refused", { command: id, reason: detail });
    // The worker asks for it again.
    catalog.commands.drop(done);
  }

  /** The catalog was put back to an older state: what it tells from here on is another bridge's. */
  #beginAnew(): void {
    const { catalog, log } = this.#options;
    catalog.identity.renew();
    log("ledger.began_anew", {
      reason:
        "the worker knows other events by these numbers; was DATA_DIR put back from a backup?",
    });
  }
}
