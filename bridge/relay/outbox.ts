/**
 * The durable way of accepted files to the worker: each school's files one after the other in the
 * order they were accepted, schools taking turns. What is here is in the catalog's outbox until its
 * report is in the home, so no crash loses it.
 */
import type { Log } from "../../shared/log.ts";
import { createHash } from "node:crypto";
import { type Stage, stageName } from "../../shared/file-names.ts";
import type { SchoolId, UploadPosition } from "../../shared/protocol.ts";
import type { CatalogFile, Delivery, OutboxEntry } from "../vault/catalog/catalog.ts";
import type { Vault } from "../vault/vault.ts";
import { backoffMs } from "./backoff.ts";
import { type WorkerClient, WorkerUnavailable } from "./worker-client.ts";

export interface OutboxOptions {
  vault: Vault;
  worker: WorkerClient;
  /** How many schools' files are on their way at a time. */
  concurrency: number;
  sliceBytes: number;
  random(): number;
  log: Log;
}

/** A school's waiting files, and how its last tries went. */
interface Queue {
  entries: OutboxEntry[];
  failures: number;
  /** Set while the school waits after a failure. */
  timer?: NodeJS.Timeout;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** Schools that have files, in the order of their turns. */
  readonly #queues = new Map<number, Queue>();
  readonly #running = new Map<number, Promise<void>>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** At start: what an earlier run accepted and did not finish. */
  resume(): void {
    for (const entry of this.#options.vault.catalog.outbox()) this.add(entry);
  }

  add(entry: OutboxEntry): void {
    const queue = this.#queues.get(entry.schoolId) ?? { entries: [], failures: 0 };
    queue.entries.push(entry);
    this.#queues.set(entry.schoolId, queue);
    this.#startNext();
  }

  /** The worker answered something: schools that wait try again at once. */
  wake(): void {
    for (const queue of this.#queues.values()) {
      clearTimeout(queue.timer);
      queue.timer = undefined;
    }
    this.#startNext();
  }

  /** How many files are on their way or waiting. */
  get length(): number {
    let length = 0;
    for (const queue of this.#queues.values()) length += queue.entries.length;
    return length;
  }

  /** Starts nothing more and returns when what runs is at the end of its call. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const queue of this.#queues.values()) clearTimeout(queue.timer);
    await Promise.all(this.#running.values());
  }

  #startNext(): void {
    for (const [schoolId, queue] of this.#queues) {
      if (this.#stopped || this.#running.size >= this.#options.concurrency) return;
      if (queue.timer || this.#running.has(schoolId)) continue;
      this.#running.set(schoolId, this.#takeTurn(schoolId, queue));
    }
  }

  /** One file of one school; then the school goes to the end of the line. */
  async #takeTurn(schoolId: number, queue: Queue): Promise<void> {
    const entry = queue.entries[0]!;
    try {
      await this.#relay(entry);
      queue.entries.shift();
      queue.failures = 0;
    } catch (error) {
      if (!(error instanceof Stopped)) this.#postpone(entry, queue, error as Error);
    }
    this.#queues.delete(schoolId);
    if (queue.entries.length > 0) this.#queues.set(schoolId, queue);
    this.#running.delete(schoolId);
    this.#startNext();
  }

  #postpone(entry: OutboxEntry, queue: Queue, error: Error): void {
    queue.failures++;
    const asked = error instanceof WorkerUnavailable ? error.retryAfterMs ?? 0 : 0;
    const waitMs = Math.round(Math.max(asked, backoffMs(queue.failures, this.#options.random)));
    this.#options.log("relay.postponed", {
      upload: entry.uploadId,
      reason: error.message,
      failures: queue.failures,
      waitMs,
    });
    if (this.#stopped) return;
    queue.timer = setTimeout(() => {
      queue.timer = undefined;
      this.#startNext();
    }, waitMs);
  }

  async #relay(entry: OutboxEntry): Promise<void> {
    const { vault, log } = this.#options;
    const file = vault.catalog.file(entry.fileId)!;
    const position = await this.#send(entry, file);
    await using report = await this.#fetch(entry, "report");
    await using rejected = position.rejected > 0 ? await this.#fetch(entry, "rejected") : undefined;
    const path = (stage: Stage) => `/inbound/${stageName(entry.name, entry.timeCode, stage)}`;
    vault.catalog.finishUpload(entry, [
      { path: path("completed"), delivery: report },
      ...(rejected ? [{ path: path("rejected"), delivery: rejected }] : []),
    ]);
    log("upload.completed", {
      upload: entry.uploadId,
      schoolId: entry.schoolId,
      state: position.state,
    });
  }

  /** Sends slices from wherever the worker is until it is through with the file. */
  async #send(entry: OutboxEntry, file: CatalogFile): Promise<UploadPosition> {
    const { vault, worker, sliceBytes } = this.#options;
    const lease = await vault.use(file);
    try {
      const sha256 = entry.sha256 ?? await hashOf(lease.blob);
      if (!entry.sha256) vault.catalog.setHash(file, sha256);
      entry.sha256 = sha256;
      // What is announced must be known after power loss too, or it would be announced twice.
      await vault.catalog.durable();
      let position = await worker.announce({
        id: entry.uploadId,
        schoolId: entry.schoolId as SchoolId,
        name: entry.name,
        timeCode: entry.timeCode,
        acceptedAt: new Date(entry.acceptedAt).toISOString(),
        size: file.size,
        sha256,
        sender: file.sender ?? { fingerprint: "", address: "", client: "" },
      });
      let furthest = position.offset;
      let stuck = 0;
      while (position.state === "accepted" || position.state === "processing") {
        if (this.#stopped) throw new Stopped();
        const { offset } = position;
        if (offset > file.size) {
          throw new WorkerUnavailable(`the worker wants byte ${offset} of ${file.size}`);
        }
        const bytes = await lease.blob.read(offset, sliceBytes);
        position = await worker.sendSlice(entry.uploadId, offset, bytes);
        // No further once more can be a race that resolves itself; again and again it is a fault.
        stuck = position.offset > furthest ? 0 : stuck + 1;
        furthest = Math.max(furthest, position.offset);
        if (stuck > 3) {
          throw new WorkerUnavailable(`the worker stays at byte ${furthest} of ${file.size}`);
        }
      }
      return position;
    } finally {
      await lease.release();
    }
  }

  /** Brings a file of the worker's into a blob of the home; delivered with the catalog's next word. */
  #fetch(entry: OutboxEntry, what: "report" | "rejected"): Promise<StoredDownload> {
    const { vault, worker } = this.#options;
    const pieces = worker.download(`/bridge/uploads/${entry.uploadId}/${what}`);
    return storeDownload(vault, entry.schoolId, pieces);
  }
}

/** A download that is stored and durable. Disposing of it before it is delivered removes it. */
export interface StoredDownload extends Delivery, AsyncDisposable {}

/** Writes a download into a new blob; a failed one leaves nothing behind. */
export async function storeDownload(
  vault: Vault,
  schoolId: number,
  pieces: AsyncIterable<Uint8Array>,
): Promise<StoredDownload> {
  const reference = await vault.reserve(schoolId);
  const { blob, release } = await vault.use(reference, { mayBeNew: true }).catch(async (error) => {
    await vault.sweep(reference.blob);
    throw error;
  });
  try {
    for await (const piece of pieces) await blob.write(blob.size, piece);
    await blob.sync();
  } catch (error) {
    await release();
    throw error;
  }
  return { reference, size: blob.size, [Symbol.asyncDispose]: release };
}

class Stopped extends Error {}

async function hashOf(
  blob: { size: number; read(offset: number, length: number): Promise<Uint8Array> },
) {
  const hash = createHash("sha256");
  for (let offset = 0; offset < blob.size;) {
    const bytes = await blob.read(offset, 256 * 1024);
    hash.update(bytes);
    offset += bytes.length;
  }
  return hash.digest("hex");
}
