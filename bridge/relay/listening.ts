/**
 * Listening to the worker: one call after the other, each answered when there is something new. What
 * comes is given away at once; nothing that is done about it keeps the bridge from listening on, so
 * that a revocation is heard in two seconds whatever else is under way.
 */
import { randomUUID } from "node:crypto";
import type { Log } from "../../shared/log.ts";
import {
  type Ban,
  BANS_AT_ONCE,
  type FrontDoor,
  type ListenAnswer,
} from "../../shared/protocol.ts";
import type { SchoolDirectory } from "../schools/directory.ts";
import type { After } from "../timers.ts";
import { backoffMs } from "./backoff.ts";
import { type WorkerClient, WorkerRefusal } from "./worker-client.ts";

export interface ListeningOptions {
  worker: WorkerClient;
  directory: SchoolDirectory;
  /** What is asked of the bridge, and what of it it has in hand. */
  commands: { known(): string[]; room(): number; add(commands: readonly unknown[]): void };
  /** Where schools come in. */
  door?: FrontDoor;
  /** Who is shut out for a while, and letting them in again. */
  bans?: { list(): Ban[]; lift(source: string): void };
  /** How long the worker may wait before it answers; 0: it answers at once, asked every `syncMs`. */
  listenMs: number;
  syncMs: number;
  now(): number;
  after: After;
  random(): number;
  log: Log;
  /** The directory changed. */
  directoryChanged(): void;
  /** The worker did not answer; called once, until it has. */
  workerAway(reason: string): void;
  /** The worker answered after it had not. */
  workerReturned(): void;
  /** Another bridge is at work with this one's token. */
  isSecond(sentence: string): void;
}

/** However long the worker was away: when it is back it is heard within two seconds. */
const MOST_WAIT_MS = 1_500;
/** An answer without news that came sooner than this was not waited for. */
const HASTY_MS = 100;
/** So much later than it may the worker has to answer, or it stands still. */
const PATIENCE_MS = 5_000;

export class Listening {
  readonly #options: ListeningOptions;
  /** Tells this run from any other of the same bridge. */
  readonly #run = randomUUID();
  #callOff: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  /** The worker did not answer in time, and no call has ended since. */
  #isStill = false;
  #stopped = false;
  /** Milliseconds since the epoch of the last answer; `undefined` before the first. */
  lastAnswerAt: number | undefined;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff?.();
    await this.#running;
  }

  async #round(): Promise<void> {
    const { now, after, random, workerAway } = this.#options;
    let waitMs: number;
    try {
      waitMs = await this.#listen();
      this.lastAnswerAt = now();
      this.#answered();
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof WorkerRefusal && error.code === "bridge_twice") {
        return this.#options.isSecond(error.detail);
      }
      this.#failures++;
      waitMs = backoffMs(this.#failures, random, MOST_WAIT_MS);
      if (this.#failures === 1) workerAway((error as Error).message);
    }
    if (this.#stopped) return;
    this.#callOff = after(waitMs, () => {
      this.#running = this.#round();
    });
  }

  #answered(): void {
    if (this.#failures === 0 && !this.#isStill) return;
    this.#failures = 0;
    this.#isStill = false;
    this.#options.workerReturned();
  }

  /** A worker that stands still answers nothing, and ends no call for a long time either. */
  async #answerOf(calling: Promise<ListenAnswer>, waitMs: number): Promise<ListenAnswer> {
    const { after, workerAway } = this.#options;
    const most = waitMs + PATIENCE_MS;
    const callOff = after(most, () => {
      this.#isStill = true;
      if (this.#failures === 0) workerAway(`nothing was heard of it for ${most} ms`);
    });
    try {
      return await calling;
    } finally {
      callOff();
    }
  }

  /** One call; how long to wait before the next. */
  async #listen(): Promise<number> {
    const { worker, directory, commands, door, bans, listenMs, syncMs, now } = this.#options;
    const asked = now();
    const banned = (bans?.list() ?? []).slice(-BANS_AT_ONCE);
    // After a failure it is enough to know that the worker is back.
    const waitMs = this.#failures > 0 ? 0 : listenMs;
    const calling = worker.listen({
      directoryVersion: directory.version,
      commands: commands.known(),
      room: commands.room(),
      door,
      run: this.#run,
      waitMs,
      ...(banned.length > 0 ? { bans: banned } : {}),
    });
    const answer = await this.#answerOf(calling, waitMs);
    const isNews = this.#take(answer);
    if (this.#failures > 0) return 0;
    if (listenMs === 0) return isNews ? 0 : syncMs;
    return !isNews && now() - asked < Math.min(HASTY_MS, listenMs) ? syncMs : 0;
  }

  #take(answer: ListenAnswer): boolean {
    const { directory, commands, bans, directoryChanged, log } = this.#options;
    const lifted = answer.liftBans ?? [];
    for (const source of lifted) bans?.lift(source);
    // First of all: a revoked key must be out even when the catalog can take nothing (disk full).
    let isNews = answer.commands.length > 0 || lifted.length > 0;
    if (answer.directory) {
      try {
        directory.replace(answer.directory);
        isNews = true;
      } catch (error) {
        // It is in force all the same, and comes again with the next answer, after the usual wait.
        log("directory.not_stored", { reason: (error as Error).message });
      } finally {
        directoryChanged();
      }
    }
    commands.add(answer.commands);
    return isNews;
  }
}
