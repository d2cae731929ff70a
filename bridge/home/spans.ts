/**
 * Which bytes of a file are covered: those that were sent to a reader, or that a writer has sent.
 */

/** So many separate pieces are remembered; a client that leaves more gaps than that is not followed. */
const MOST_SPANS = 1024;

/** A set of bytes, kept as spans `[from, to)` in ascending order that do not touch. */
export class Spans {
  #spans: { from: number; to: number }[] = [];

  /** @param covered bytes from the first on that are covered already */
  constructor(covered = 0) {
    this.add(0, covered);
  }

  copy(): Spans {
    const copy = new Spans();
    copy.#spans = this.#spans;
    return copy;
  }

  /** False when it would be one piece too many; then nothing is added. */
  add(from: number, to: number): boolean {
    if (from >= to) return true;
    const before = this.#spans.filter((span) => span.to < from);
    const after = this.#spans.filter((span) => span.from > to);
    if (before.length + 1 + after.length > MOST_SPANS) return false;
    const touched = this.#spans.slice(before.length, this.#spans.length - after.length);
    const joined = {
      from: Math.min(from, ...touched.map((span) => span.from)),
      to: Math.max(to, ...touched.map((span) => span.to)),
    };
    this.#spans = [...before, joined, ...after];
    return true;
  }

  /** Forgets what is at or beyond the size. */
  cut(size: number): void {
    this.#spans = this.#spans
      .map(({ from, to }) => ({ from, to: Math.min(to, size) }))
      .filter(({ from, to }) => from < to);
  }

  /** So many bytes are covered from the first on, without a gap. */
  get whole(): number {
    const [first] = this.#spans;
    return first?.from === 0 ? first.to : 0;
  }
}
