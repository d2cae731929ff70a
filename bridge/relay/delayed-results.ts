/**
 * Uploads whose rows are applied and whose results could not be fetched. Each waits alone and grows more
 * patient; the school's later files go past it. The log has a line when it begins, and the one of the
 * upload's end.
 */
import type { Log } from "../../shared/log.ts";
import type { SchoolId, UploadId } from "../../shared/protocol.ts";
import type { Catalog, OutboxEntry } from "../vault/catalog/catalog.ts";
import { backoffMs } from "./backoff.ts";
import { WorkerUnavailable } from "./worker-answers.ts";

/** The results of an upload could not be fetched; to be tried again later. */
export class ResultsDelayed extends WorkerUnavailable {
  override readonly name = "ResultsDelayed";
}

export interface DelayedResultsOptions {
  catalog: Catalog;
  random(): number;
  log: Log;
  /** It is to be tried again. */
  again(entry: OutboxEntry): void;
}

interface Waiting {
  entry: OutboxEntry;
  failures: number;
  why: string;
  /** Set while it waits; not while it is tried again. */
  timer: NodeJS.Timeout | undefined;
}

export class DelayedResults {
  readonly #options: DelayedResultsOptions;
  readonly #uploads = new Map<UploadId, Waiting>();

  constructor(options: DelayedResultsOptions) {
    this.#options = options;
  }

  /** Tries it again later. `fields` say which it is, for the log. */
  delay(entry: OutboxEntry, { message: why }: Error, fields: Record<string, unknown>): void {
    const failures = (this.#uploads.get(entry.uploadId)?.failures ?? 0) + 1;
    if (failures === 1) this.#options.log("results.delayed", { ...fields, reason: why });
    const waiting: Waiting = { entry, failures, why, timer: undefined };
    waiting.timer = setTimeout(
      () => this.#tryAgain(waiting),
      backoffMs(failures, this.#options.random),
    );
    this.#uploads.set(entry.uploadId, waiting);
  }

  #tryAgain(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const { catalog, again } = this.#options;
    // Meanwhile it may have been finished, or forgotten with its school.
    if (catalog.outboxEntry(waiting.entry.uploadId)) again(waiting.entry);
    else this.over(waiting.entry.uploadId);
  }

  /** Its results are there, or it stepped aside. */
  over(uploadId: UploadId): void {
    clearTimeout(this.#uploads.get(uploadId)?.timer);
    this.#uploads.delete(uploadId);
  }

  forget(schoolId: SchoolId): void {
    for (const { entry } of [...this.#uploads.values()]) {
      if (entry.schoolId === schoolId) this.over(entry.uploadId);
    }
  }

  /** The worker is back. */
  wake(): void {
    for (const waiting of [...this.#uploads.values()]) {
      if (waiting.timer) this.#tryAgain(waiting);
    }
  }

  stop(): void {
    for (const { timer } of this.#uploads.values()) clearTimeout(timer);
  }

  /** Those that wait and are in no queue. */
  get waiting(): number {
    return [...this.#uploads.values()].filter(({ timer }) => timer !== undefined).length;
  }

  /** What is wrong, if anything is. */
  get reason(): string | undefined {
    const [first] = this.#uploads.values();
    if (!first) return undefined;
    const { size } = this.#uploads;
    const what = size === 1 ? "1 upload is" : `${size} uploads are`;
    return `${what} applied and the results cannot be fetched: ${first.why}`;
  }
}
