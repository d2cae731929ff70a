/**
 * The durable way of accepted files to the worker: each school's files one after the other in the
 * order they were accepted, schools taking turns. What is here is in the catalog's outbox until its
 * report is in the home, so no crash loses it. A file that is held or parked stays in the catalog and
 * out of the queue until it is resumed; the school's later files go on.
 */
import type { Log } from "../../shared/log.ts";
import type { SchoolId, UploadId } from "../../shared/protocol.ts";
import type { OutboxEntry } from "../vault/catalog/catalog.ts";
import { backoffMs } from "./backoff.ts";
import { DelayedResults, ResultsDelayed } from "./delayed-results.ts";
import { type Ended, relayUpload, stepAside, Stopped, type UploadOptions } from "./upload.ts";
import { WorkerFault, WorkerUnavailable } from "./worker-client.ts";

export interface OutboxOptions extends Omit<UploadOptions, "stopped"> {
  /** How many schools' files are on their way at a time. */
  concurrency: number;
  random(): number;
  log: Log;
  /** The slug of a school, for the log. */
  slugOf(schoolId: SchoolId): string | undefined;
  /** An upload is done or steps aside: there is something to tell the worker. */
  ended?(): void;
}

/** A school's waiting files, and how its last tries went. */
interface Queue {
  entries: OutboxEntry[];
  failures: number;
  /** How often the worker itself failed at the first of them. */
  faults: number;
  /** Set while the school waits after a failure. */
  timer?: NodeJS.Timeout;
}

/**
 * A file at which the worker itself failed so often steps aside, after a quarter of an hour or so: the
 * school's later files may fare better.
 */
const MOST_FAULTS = 30;

export class Outbox {
  readonly #options: OutboxOptions;
  /** Schools that have files, in the order of their turns. */
  readonly #queues = new Map<SchoolId, Queue>();
  readonly #running = new Map<SchoolId, Promise<void>>();
  /** Why each upload that stepped aside did. */
  readonly #aside = new Map<UploadId, { state: "held" | "parked"; why: string }>();
  /** What is asked about again while it is under way: it may be stepping aside just then. */
  readonly #askedFor = new Set<UploadId>();
  #stopped = false;

  readonly #delayed: DelayedResults;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { vault: { catalog }, random, log } = options;
    this.#delayed = new DelayedResults({ catalog, random, log, again: (entry) => this.add(entry) });
  }

  /**
   * At start: what an earlier run accepted and did not finish. What is parked is asked about once more:
   * where the worker refused to hear of it, nobody else could say that the fault is mended.
   */
  resume(): void {
    for (const entry of this.#options.vault.catalog.outbox()) {
      const { uploadId, state, reason } = entry;
      if (state === "next") this.add(entry);
      else if (state === "parked") this.goOn(uploadId);
      else this.#aside.set(uploadId, { state, why: reason ?? "" });
    }
  }

  add(entry: OutboxEntry): void {
    const queue = this.#queues.get(entry.schoolId) ?? { entries: [], failures: 0, faults: 0 };
    if (queue.entries.some(({ uploadId }) => uploadId === entry.uploadId)) return;
    queue.entries.push(entry);
    this.#queues.set(entry.schoolId, queue);
    this.#startNext();
  }

  /** A held or parked upload is to be asked about again; false: there is none of that id. */
  goOn(uploadId: UploadId): boolean {
    const { catalog } = this.#options.vault;
    catalog.setOutboxState(uploadId, "next");
    this.#aside.delete(uploadId);
    const entry = catalog.outboxEntry(uploadId);
    if (!entry) return false;
    if (this.#isUnderWay(entry)) this.#askedFor.add(uploadId);
    else this.add(entry);
    return true;
  }

  /** The school is being forgotten: nothing of it goes on. Resolves when nothing of it is under way. */
  async forget(schoolId: SchoolId): Promise<void> {
    const queue = this.#queues.get(schoolId);
    if (queue) {
      clearTimeout(queue.timer);
      queue.entries.length = 0;
      this.#queues.delete(schoolId);
    }
    for (const { uploadId, schoolId: other } of this.#options.vault.catalog.outbox()) {
      if (other === schoolId) this.#aside.delete(uploadId);
    }
    this.#delayed.forget(schoolId);
    await this.#running.get(schoolId);
  }

  /** The worker answered something: schools that wait try again at once. */
  wake(): void {
    this.#delayed.wake();
    for (const queue of this.#queues.values()) {
      clearTimeout(queue.timer);
      queue.timer = undefined;
    }
    this.#startNext();
  }

  /** How many files are on their way or waiting. */
  get length(): number {
    let length = this.#delayed.waiting;
    for (const queue of this.#queues.values()) length += queue.entries.length;
    return length;
  }

  /** Why results are not there although they could be; `undefined`: all are. */
  get resultsDelayed(): string | undefined {
    return this.#delayed.reason;
  }

  /** How many files stepped aside. */
  aside(state: "held" | "parked"): number {
    return [...this.#aside.values()].filter((one) => one.state === state).length;
  }

  /** Starts nothing more and returns when what runs is at the end of its call. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#delayed.stop();
    for (const queue of this.#queues.values()) clearTimeout(queue.timer);
    await Promise.all(this.#running.values());
  }

  #startNext(): void {
    for (const [schoolId, queue] of this.#queues) {
      if (this.#stopped || this.#running.size >= this.#options.concurrency) return;
      if (queue.timer || this.#running.has(schoolId) || queue.entries.length === 0) continue;
      this.#running.set(schoolId, this.#takeTurn(schoolId, queue));
    }
  }

  /** One file of one school; then the school goes to the end of the line. */
  async #takeTurn(schoolId: SchoolId, queue: Queue): Promise<void> {
    const entry = queue.entries[0]!;
    try {
      const options = { ...this.#options, stopped: () => this.#stopped || !this.#isWanted(queue) };
      const ended = await this.#relay(entry, queue, options);
      // Of a school that was forgotten meanwhile nothing is held or parked.
      if (!this.#isWanted(queue)) throw new Stopped();
      this.#ended(entry, ended);
      this.#delayed.over(entry.uploadId);
      queue.entries.shift();
      queue.failures = 0;
      queue.faults = 0;
      if (this.#askedFor.delete(entry.uploadId)) this.goOn(entry.uploadId);
    } catch (error) {
      if (error instanceof ResultsDelayed) this.#passBy(entry, queue, error);
      else if (!(error instanceof Stopped)) this.#postpone(entry, queue, error as Error);
    }
    if (this.#isWanted(queue)) {
      this.#queues.delete(schoolId);
      if (queue.entries.length > 0) this.#queues.set(schoolId, queue);
    }
    this.#running.delete(schoolId);
    this.#startNext();
  }

  async #relay(entry: OutboxEntry, queue: Queue, options: UploadOptions): Promise<Ended> {
    try {
      return await relayUpload(entry, options);
    } catch (error) {
      if (!(error instanceof WorkerFault) || ++queue.faults < MOST_FAULTS) throw error;
      return await stepAside(entry, `the worker fails at it: ${error.message}`, options);
    }
  }

  #isUnderWay({ schoolId, uploadId }: OutboxEntry): boolean {
    const first = this.#queues.get(schoolId)?.entries[0];
    return this.#running.has(schoolId) && first?.uploadId === uploadId;
  }

  /** False once its school was forgotten. */
  #isWanted(queue: Queue): boolean {
    return [...this.#queues.values()].includes(queue);
  }

  #ended(entry: OutboxEntry, ended: Ended): void {
    const { vault, log } = this.#options;
    const fields = this.#fields(entry);
    if (ended.type === "finished") {
      log("upload.completed", { ...fields, state: ended.state });
    } else {
      vault.catalog.setOutboxState(entry.uploadId, ended.state, ended.why);
      this.#aside.set(entry.uploadId, ended);
      log(`upload.${ended.state}`, { ...fields, reason: ended.why });
    }
    this.#options.ended?.();
  }

  /** Its rows are applied: what comes after it need not wait for its results. */
  #passBy(entry: OutboxEntry, queue: Queue, error: ResultsDelayed): void {
    if (this.#stopped || !this.#isWanted(queue)) return;
    this.#delayed.delay(entry, error, this.#fields(entry));
    queue.entries.shift();
    queue.failures = 0;
    queue.faults = 0;
  }

  #fields({ uploadId, schoolId, name, fileId }: OutboxEntry): Record<string, unknown> {
    const { vault, slugOf } = this.#options;
    const size = vault.catalog.file(fileId)?.size;
    return { school: slugOf(schoolId), schoolId, upload: uploadId, name, size };
  }

  #postpone(entry: OutboxEntry, queue: Queue, error: Error): void {
    queue.failures++;
    const asked = error instanceof WorkerUnavailable ? error.retryAfterMs ?? 0 : 0;
    const waitMs = Math.round(Math.max(asked, backoffMs(queue.failures, this.#options.random)));
    this.#options.log("relay.postponed", {
      ...this.#fields(entry),
      reason: error.message,
      failures: queue.failures,
      waitMs,
    });
    if (this.#stopped || !this.#isWanted(queue)) return;
    queue.timer = setTimeout(() => {
      queue.timer = undefined;
      this.#startNext();
    }, waitMs);
  }
}
