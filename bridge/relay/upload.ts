/**
 * The way of one accepted file: announced, sent slice by slice from wherever the worker is, until its
 * results are in the home or it has to step aside.
 */
import { createHash } from "node:crypto";
import type { Log } from "../../shared/log.ts";
import type {
  Result,
  SchoolId,
  UploadAnnouncement,
  UploadPosition,
} from "../../shared/protocol.ts";
import { BlobDamaged, BlobMissing } from "../vault/blob/errors.ts";
import type { CatalogFile, OutboxEntry } from "../vault/catalog/catalog.ts";
import type { Vault } from "../vault/vault.ts";
import type { Source } from "./unpacking/archive.ts";
import { contentOf } from "./unpacking/content.ts";
import { ResultsDelayed } from "./delayed-results.ts";
import { isDeliverable, type StoredDownload, storeDownload } from "./download.ts";
import { type WorkerClient, WorkerRefusal, WorkerUnavailable } from "./worker-client.ts";

/** So much is read at once to hash it. */
const HASHED_BYTES = 256 * 1024;

export interface UploadOptions {
  vault: Vault;
  worker: WorkerClient;
  /** The lane that takes files of this name. */
  laneOf(schoolId: SchoolId, name: string): string;
  /** A packed file may expand to so many bytes. */
  maxExpandedBytes: number;
  /** At most so many bytes are sent at a time. */
  sliceBytes: number;
  /** Is the bridge to end? */
  stopped(): boolean;
  log: Log;
}

/** What became of it: it is done, or it steps aside with a reason. */
export type Ended =
  | { type: "finished"; state: string }
  | { type: "aside"; state: "held" | "parked"; why: string };

/** The bridge is to end: the upload goes on next time. */
export class Stopped extends Error {}

/** Its bytes cannot be read as they were stored. */
class Damaged extends Error {}

/**
 * Takes an upload as far as it goes.
 *
 * @throws WorkerUnavailable when it has to be tried again
 * @throws Stopped
 */
export async function relayUpload(entry: OutboxEntry, options: UploadOptions): Promise<Ended> {
  const file = options.vault.catalog.file(entry.fileId);
  if (!file) return { type: "aside", state: "parked", why: "the file is not in the home any more" };
  const announcement = announcementOf(entry, file, options);
  try {
    const position = await send(announcement, entry, file, options);
    return await end(position, entry, options);
  } catch (error) {
    const why = faultOf(error);
    if (why === undefined) throw error;
    return await stepAside(entry, why, options);
  }
}

/**
 * Parks an upload. First the worker hears of it, so that an administrator sees what the bridge knows;
 * one that was given up meanwhile is done, whatever state its bytes are in.
 *
 * @throws WorkerUnavailable when it has to be tried again
 */
export async function stepAside(
  entry: OutboxEntry,
  why: string,
  options: UploadOptions,
): Promise<Ended> {
  const file = options.vault.catalog.file(entry.fileId);
  if (!file) return parked(why);
  const announcement = { ...announcementOf(entry, file, options), parked: why };
  const position = await options.worker.announce(announcement).catch(unlessRefused);
  return position?.results ? await end(position, entry, options) : parked(why);
}

/** What no trying again will heal; `undefined`: this may. */
function faultOf(error: unknown): string | undefined {
  if (error instanceof WorkerRefusal) return error.detail;
  return error instanceof Damaged ? error.message : undefined;
}

function parked(why: string): Ended {
  return { type: "aside", state: "parked", why };
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof WorkerRefusal)) throw error;
}

function announcementOf(
  entry: OutboxEntry,
  file: CatalogFile,
  { laneOf }: UploadOptions,
): UploadAnnouncement {
  return {
    id: entry.uploadId,
    schoolId: entry.schoolId,
    lane: laneOf(entry.schoolId, entry.name),
    name: entry.name,
    timeCode: entry.timeCode,
    acceptedAt: new Date(entry.acceptedAt).toISOString(),
    size: file.size,
    sha256: entry.sha256,
    sender: file.sender,
    parked: null,
  };
}

/** Sends slices until the worker wants no more. */
async function send(
  announcement: UploadAnnouncement,
  entry: OutboxEntry,
  file: CatalogFile,
  options: UploadOptions,
): Promise<UploadPosition> {
  const { vault, worker, maxExpandedBytes } = options;
  const lease = await soundly(() => vault.use(file));
  try {
    const { blob } = lease;
    if (entry.sha256 === null) {
      entry.sha256 = await soundly(() => hashOf(blob));
      vault.catalog.setHash(file, entry.sha256);
    }
    const content = await soundly(() => contentOf(entry, blob, maxExpandedBytes));
    try {
      // What is announced must be known after power loss too, or it would be announced twice.
      await vault.catalog.durable();
      const announced = { ...announcement, ...content.announced, sha256: entry.sha256 };
      const position = await worker.announce(announced);
      if (content.announced.unreadable && goesOn(position) && position.offset > 0) {
        // Rows of it were applied, so it cannot be rejected whole: such as after a limit was lowered.
        throw new Damaged(content.announced.unreadable.message);
      }
      return await sendFrom(position, announced, content.source, options);
    } finally {
      await content.close();
    }
  } finally {
    await lease.release();
  }
}

async function sendFrom(
  announced: UploadPosition,
  { id, schoolId, lane }: UploadAnnouncement,
  source: Source,
  { worker, sliceBytes, stopped }: UploadOptions,
): Promise<UploadPosition> {
  let position = announced;
  const progress = new Progress(position);
  let take = sliceBytes;
  // One room for all slices: new ones would have to be collected, and are not before they are many.
  const room = Buffer.allocUnsafeSlow(Math.min(sliceBytes, source.size));
  while (goesOn(position)) {
    if (stopped()) throw new Stopped();
    const { offset, pass } = position;
    if (offset > source.size) {
      throw new WorkerUnavailable(`the worker wants byte ${offset} of ${source.size}`);
    }
    const bytes = await soundly(() => source.read(offset, take, { room }));
    position = await worker.sendSlice({ id, schoolId, lane, pass, offset, bytes });
    take = Math.min(position.take ?? sliceBytes, sliceBytes);
    progress.see(position, source.size);
  }
  return position;
}

/** States in which the worker wants bytes. One that is not known wants none. */
function goesOn({ state, results }: UploadPosition): boolean {
  return !results && ["accepted", "checking", "processing"].includes(state);
}

/** Notices a worker that never comes further. */
class Progress {
  #pass: string;
  #furthest: number;
  #stuck = 0;

  constructor({ pass, offset }: UploadPosition) {
    this.#pass = pass;
    this.#furthest = offset;
  }

  /** No further once more can be a race that resolves itself; again and again it is a fault. */
  see({ pass, offset }: UploadPosition, size: number): void {
    const isFurther = pass !== this.#pass || offset > this.#furthest;
    this.#stuck = isFurther ? 0 : this.#stuck + 1;
    this.#furthest = pass === this.#pass ? Math.max(this.#furthest, offset) : offset;
    this.#pass = pass;
    if (this.#stuck <= 6) return;
    throw new WorkerUnavailable(`the worker stays at byte ${this.#furthest} of ${size}`);
  }
}

/** What reads the blob; its damage is the file's. */
async function soundly<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BlobDamaged || error instanceof BlobMissing)) throw error;
    throw new Damaged(`its stored bytes are damaged: ${error.message.replace(/\.$/, "")}`);
  }
}

async function end(
  { state, results, why }: UploadPosition,
  entry: OutboxEntry,
  options: UploadOptions,
): Promise<Ended> {
  if (results) {
    await deliver(results, entry, options);
    return { type: "finished", state };
  }
  if (state === "held") return { type: "aside", state, why: why ?? "a rule holds it" };
  return parked(why ?? `the worker says ${state}`);
}

/** Brings the results into the home, all at once. */
async function deliver(
  results: Result[],
  entry: OutboxEntry,
  { vault, worker }: UploadOptions,
): Promise<void> {
  const stored: { path: string; delivery: StoredDownload }[] = [];
  try {
    for (const result of results) {
      if (!isDeliverable(result)) {
        throw new WorkerUnavailable("the worker names a result that no home can have");
      }
      const delivery = await storeDownload(vault, entry.schoolId, worker.download(result.href))
        .catch((error) => {
          if (!(error instanceof WorkerUnavailable)) throw error;
          throw new ResultsDelayed(error.message, error.retryAfterMs);
        });
      stored.push({ path: `${result.folder}/${result.name}`, delivery });
    }
    vault.catalog.finishUpload(entry, stored);
  } finally {
    for (const { delivery } of stored) await delivery[Symbol.asyncDispose]();
  }
}

async function hashOf(blob: Source): Promise<string> {
  const hash = createHash("sha256");
  const room = Buffer.allocUnsafeSlow(Math.min(HASHED_BYTES, blob.size));
  for (let offset = 0; offset < blob.size;) {
    const bytes = await blob.read(offset, HASHED_BYTES, { room });
    hash.update(bytes);
    offset += bytes.length;
  }
  return hash.digest("hex");
}
