/**
 * The regular call to the worker: hands over what happened, brings the directory and carries out
 * commands.
 */
import type { Log } from "../../shared/log.ts";
import { type Command, SYNC_EVENTS } from "../../shared/protocol.ts";
import type { Vault } from "../vault/vault.ts";
import { backoffMs } from "./backoff.ts";
import type { SchoolDirectory } from "../schools/directory.ts";
import { storeDownload } from "./outbox.ts";
import type { WorkerClient } from "./worker-client.ts";

export interface SyncOptions {
  vault: Vault;
  worker: WorkerClient;
  directory: SchoolDirectory;
  /** Milliseconds between calls. */
  syncMs: number;
  now(): number;
  random(): number;
  log: Log;
  /** The directory changed. */
  directoryChanged(): void;
  /** The worker answered after it had not. */
  workerReturned(): void;
}

export class Sync {
  readonly #options: SyncOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #stopped = false;
  /** Milliseconds since the epoch of the last answer; `undefined` before the first. */
  lastAnswerAt: number | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    const { syncMs, random, log, now, workerReturned } = this.#options;
    let waitMs = syncMs;
    try {
      const isMore = await this.#sync();
      this.lastAnswerAt = now();
      if (this.#failures > 0) workerReturned();
      this.#failures = 0;
      if (isMore) waitMs = 0;
    } catch (error) {
      this.#failures++;
      waitMs = Math.max(syncMs, backoffMs(this.#failures, random));
      log("sync.failed", { reason: (error as Error).message, failures: this.#failures, waitMs });
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, waitMs);
  }

  /** One call; tells whether there is more to hand over. */
  async #sync(): Promise<boolean> {
    const { worker, directory, directoryChanged } = this.#options;
    const { catalog } = this.#options.vault;
    const told = catalog.ledger.events(SYNC_EVENTS);
    // What the worker is told is done must be so after power loss too.
    await catalog.durable();
    const done = catalog.commands.some(SYNC_EVENTS);
    const answer = await worker.sync({
      directoryVersion: directory.version,
      events: told.map(({ event }) => event),
      done,
    });
    // First of all: a revoked key must be out even when the catalog can take nothing (disk full).
    if (answer.directory) {
      try {
        directory.replace(answer.directory);
      } finally {
        directoryChanged();
      }
    }
    const last = told.at(-1);
    if (last) catalog.ledger.dropEvents(last.number);
    catalog.commands.drop(done);
    let carriedOut = 0;
    for (const command of answer.commands) if (await this.#carryOut(command)) carriedOut++;
    return told.length === SYNC_EVENTS || carriedOut > 0;
  }

  /** False: it failed. It is in the next answer again, after the usual wait; the others go on. */
  async #carryOut(command: Command): Promise<boolean> {
    const { vault, worker, now, log } = this.#options;
    if (vault.catalog.commands.has(command.id)) return true;
    try {
      await using file = await storeDownload(
        vault,
        command.schoolId,
        worker.download(`/bridge/exports/${command.exportId}/file`),
      );
      const done = { id: command.id, at: new Date(now()).toISOString() };
      vault.catalog.deliverExport(done, `/outbound/${command.name}`, command.exportId, file);
      log("export.delivered", { export: command.exportId, schoolId: command.schoolId });
      return true;
    } catch (error) {
      log("command.failed", { command: command.id, reason: (error as Error).message });
      return false;
    }
  }
}
