/**
 * A greeting, and far more so a key exchange, costs the server something and a stranger nothing, who may
 * make numbers up. So each source has so many of them, and then so many a second; further connections
 * wait until it is their turn, and meanwhile nobody heeds what they say. What led to a login is
 * given back.
 */
import type { After } from "../timers.ts";
import { Bucket, type Rate } from "../bucket.ts";

/** So many sources are remembered; beyond that the one heard of longest ago is forgotten. */
const SOURCES = 10_000;

interface Source {
  bucket: Bucket;
  waiting: Set<() => void>;
  timer: (() => void) | undefined;
}

export class Pace {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #after: After;
  /** In the order in which they were last heard of. */
  readonly #sources = new Map<string, Source>();

  constructor(rate: Rate, { now, after }: { now(): number; after: After }) {
    this.#rate = rate;
    this.#now = now;
    this.#after = after;
  }

  /** Connections that wait for their turn. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.#sources.values()) count += waiting.size;
    return count;
  }

  /** Calls `go` when it is this connection's turn, at once if it can; the answer calls it off. */
  turn(source: string, go: () => void): () => void {
    const of = this.#of(source);
    if (of.waiting.size === 0 && of.bucket.tryTake(1)) {
      go();
      return () => {};
    }
    of.waiting.add(go);
    this.#wake(of);
    return () => void of.waiting.delete(go);
  }

  /** What was taken led to a login. */
  giveBack(source: string): void {
    const of = this.#sources.get(source);
    if (!of) return;
    of.bucket.giveBack(1);
    this.#next(of);
  }

  #next(of: Source): void {
    for (const go of of.waiting) {
      if (!of.bucket.tryTake(1)) break;
      of.waiting.delete(go);
      go();
    }
    this.#wake(of);
  }

  #wake(of: Source): void {
    if (of.waiting.size === 0 || of.timer) return;
    of.timer = this.#after(of.bucket.msUntil(1), () => {
      of.timer = undefined;
      this.#next(of);
    });
  }

  #of(source: string): Source {
    const of = this.#sources.get(source) ?? {
      bucket: new Bucket(this.#rate, this.#now),
      waiting: new Set<() => void>(),
      timer: undefined,
    };
    this.#sources.delete(source);
    this.#sources.set(source, of);
    if (this.#sources.size > SOURCES) this.#forgetOne();
    return of;
  }

  /** Whose connections wait is not forgotten; those are few. */
  #forgetOne(): void {
    for (const [source, { waiting }] of this.#sources) {
      if (waiting.size === 0) return void this.#sources.delete(source);
    }
  }
}
