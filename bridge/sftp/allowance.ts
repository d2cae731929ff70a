/** How much a second a school may do over all its connections: requests, and bytes both ways together. */
import { Bucket } from "../bucket.ts";
import type { After } from "../timers.ts";

/** Who has to wait waits for at least so many milliseconds: a timer for each request would cost more. */
const LEAST_WAIT_MS = 10;

export class Allowance {
  readonly #bucket: Bucket;
  readonly #after: After;

  constructor(perSecond: number, { now, after }: { now(): number; after: After }) {
    this.#bucket = new Bucket({ burst: perSecond, perSecond }, now);
    this.#after = after;
  }

  take(amount: number): void {
    this.#bucket.take(amount);
  }

  /** Resolves when the next request may be begun; `undefined`: now. */
  due(): Promise<void> | undefined {
    const { debtMs } = this.#bucket;
    if (debtMs === 0) return undefined;
    const wait = Math.max(LEAST_WAIT_MS, debtMs);
    return new Promise((resolve) => void this.#after(wait, resolve));
  }
}
