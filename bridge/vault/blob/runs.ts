/**
 * Reading on where a download goes on, in a thread of its own: half of what one costs is the disk and
 * the cipher. There is one thread for all blobs, begun with the first large download, as it takes some
 * 20 MiB; until it is there, when its memory is all in use, or should it ever end, chunks are read as
 * any others.
 */
import { Worker } from "node:worker_threads";
import { type BlobSecret, CHUNK_BYTES, ENTRY_OVERHEAD } from "./format.ts";

/** So many chunks that lie one after the other are read at once. */
export const RUN_CHUNKS = 8;
/** Without the thread so many: each file that is read has memory of its own for them. */
const CHUNKS_WITHOUT_THREAD = 4;
/** Runs that are in memory at once, over all readers: 6 MiB. */
const MOST_RUNS = 12;
const RUN_BYTES = RUN_CHUNKS * CHUNK_BYTES;
/** For what is no longer the thread is not begun: most exports. */
const FEW_CHUNKS = 16;

export interface ReadOptions {
  /** Where bytes that have to be put together are put, if it is of that length. */
  room?: Buffer | undefined;
  /** Whether what comes next is read meanwhile: for who takes it as fast as it comes. */
  ahead?: boolean;
}

/** What the thread is asked for: entries one after the other in a file, and where their bytes go. */
export interface SealedRun {
  run: number;
  fd: number;
  key: Uint8Array;
  /** Where they begin in the file, and how long they are together. */
  position: number;
  length: number;
  /** Each entry's place among them. */
  entries: { at: number; bytes: number }[];
  /** Where in the shared memory the first one's bytes go; each has room for a chunk. */
  place: number;
}

/** Which entries authenticate; `undefined` when they could not be read. */
export interface Opened {
  run: number;
  opened: boolean[] | undefined;
}

/** A chunk that is being read before it is asked for. */
export interface Ahead {
  chunk: number;
  /** @throws {BlobDamaged} when it does not authenticate */
  bytes(): Promise<Buffer>;
  /** Nobody looks at its bytes any more, read or not; to be called once. */
  done(): void;
}

/** A run that is being read, or was. */
export interface Run {
  /** Which of its chunks authenticate; `undefined` when it could not be read here. */
  readonly opened: Promise<boolean[] | undefined>;
  /** The plain bytes of a chunk that authenticates, until {@link done}. */
  bytes(number: number, length: number): Buffer;
  /** Nobody looks at its bytes any more. */
  done(): void;
}

class ReadingThread {
  readonly #memory = new SharedArrayBuffer(MOST_RUNS * RUN_BYTES);
  readonly #free = Array.from({ length: MOST_RUNS }, (_, number) => number * RUN_BYTES);
  readonly #asked = new Map<number, (opened: boolean[] | undefined) => void>();
  readonly #worker: Worker;
  #last = 0;
  #isThere = false;

  constructor() {
    // In the tree it loads the code in TypeScript, beside the bundle it is the code.
    const file = new URL("./reading-thread.mjs", import.meta.url);
    this.#worker = new Worker(file, { workerData: this.#memory });
    this.#worker.on("message", (said: "ready" | Opened) => {
      if (said === "ready") this.#isThere = true;
      else this.#answered(said.run, said.opened);
    });
    const gone = () => {
      this.#isThere = false;
      for (const run of [...this.#asked.keys()]) this.#answered(run, undefined);
    };
    this.#worker.on("error", gone).on("exit", gone);
    this.#worker.unref();
  }

  /** Begins to read; `undefined` when it cannot be done here and now. */
  read(sealed: Omit<SealedRun, "run" | "place">): Run | undefined {
    const place = this.#isThere ? this.#free.pop() : undefined;
    if (place === undefined) return undefined;
    const run = ++this.#last;
    const opened = new Promise<boolean[] | undefined>((resolve) => this.#asked.set(run, resolve));
    this.#worker.ref(); // Somebody waits for it.
    this.#worker.postMessage({ ...sealed, run, place } satisfies SealedRun);
    return {
      opened,
      bytes: (number, length) => Buffer.from(this.#memory, place + number * CHUNK_BYTES, length),
      // Not before it was read: the thread would go on writing into the memory.
      done: () => void opened.then(() => this.#free.push(place)),
    };
  }

  #answered(run: number, opened: boolean[] | undefined): void {
    this.#asked.get(run)?.(opened);
    this.#asked.delete(run);
    if (this.#asked.size === 0 && this.#isThere) this.#worker.unref();
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  async end(): Promise<void> {
    this.#isThere = false;
    this.#worker.ref();
    await this.#worker.terminate();
  }
}

let thread: ReadingThread | undefined;

/** Chunks from the first on that lie one behind the other, as many as are read at once. */
export function runFrom<Place extends { position: number; length: number }>(
  first: number,
  placeOf: (chunk: number) => Place | undefined,
): [number, Place][] {
  const run: [number, Place][] = [];
  for (let chunk = first; run.length < RUN_CHUNKS; chunk++) {
    const place = placeOf(chunk);
    if (!place) break;
    const before = run.at(-1)?.[1];
    if (before && before.position + ENTRY_OVERHEAD + before.length !== place.position) break;
    run.push([chunk, place]);
  }
  return run;
}

/** As many of a run as are read without the thread. */
export function shortened<Chunk>(run: readonly Chunk[]): Chunk[] {
  return run.slice(0, CHUNKS_WITHOUT_THREAD);
}

/**
 * Begins to read entries that lie one behind the other in a file, in the thread; `undefined` when they
 * are to be read as any other chunks. `first` is the number of the first chunk.
 */
export function readRun(
  first: number,
  fd: number,
  { key }: BlobSecret,
  places: readonly { position: number; length: number }[],
): Run | undefined {
  if (!thread && first < FEW_CHUNKS) return undefined;
  const { position } = places[0]!;
  const entries = places.map((place) => ({
    at: place.position - position,
    bytes: ENTRY_OVERHEAD + place.length,
  }));
  const last = entries.at(-1)!;
  thread ??= new ReadingThread();
  return thread.read({ fd, key, position, length: last.at + last.bytes, entries });
}

/** Does the thread run by now? For tests. */
export function readingThread(): "none" | "begun" | "there" {
  if (!thread) return "none";
  return thread.isThere ? "there" : "begun";
}

/** Ends the thread, as a fault in it would; it is not begun again. For tests. */
export async function endReadingThread(): Promise<void> {
  await thread?.end();
}
