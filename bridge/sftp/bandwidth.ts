/** How many bytes a second a school may move over all its connections, both ways together. */
import { Bucket } from "../bucket.ts";
import type { After } from "../timers.ts";

export class Bandwidth {
  readonly #bucket: Bucket;
  readonly #after: After;

  constructor(
    bytesPerSecond: number,
    { now, after }: { now(): number; after: After },
  ) {
    this.#bucket = new Bucket({ burst: bytesPerSecond, perSecond: bytesPerSecond }, now);
    this.#after = after;
  }

  moved(bytes: number): void {
    this.#bucket.take(bytes);
  }

  /** Resolves when the next request may be begun; `undefined`: now. */
  due(): Promise<void> | undefined {
    const { debtMs } = this.#bucket;
    if (debtMs === 0) return undefined;
    return new Promise((resolve) => void this.#after(debtMs, resolve));
  }
}
