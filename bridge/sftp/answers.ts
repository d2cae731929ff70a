/**
 * Answers that wait until their client reads, in all sessions of a school together: beyond what it may
 * have, a session begins a request only when none of its own waits.
 */

/** Beyond this no session begins a request, however little the others have. */
const OF_ONE = 512 * 1024;

export class Answers {
  readonly #most: number;
  readonly #sessions = new Set<() => number>();

  /** @param most bytes, of a school */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes, of all sessions. */
  get bytes(): number {
    let bytes = 0;
    for (const waiting of this.#sessions) bytes += waiting();
    return bytes;
  }

  /**
   * Takes a session in until it is told to leave.
   *
   * @param waiting bytes of the session
   */
  join(waiting: () => number): { hasRoom(): boolean; leave(): void } {
    this.#sessions.add(waiting);
    return {
      hasRoom: () => {
        const own = waiting();
        return own === 0 || (own <= OF_ONE && this.bytes <= this.#most);
      },
      leave: () => void this.#sessions.delete(waiting),
    };
  }
}
