/**
 * Wrong tokens: the answer to each comes later the more of them an address has sent, and the log says
 * how many there were. A right token is never kept waiting, whoever else sends wrong ones from the
 * same address (a proxy's, say).
 */
import type { Log } from "../../shared/log.ts";

/** The longest an answer is put off, and by how much for each wrong token before it, in milliseconds. */
const MOST_MS = 2_000;
const STEP_MS = 100;
/** An address that sent none for so long is as good as new, in milliseconds. */
const FORGOTTEN_MS = 10 * 60_000;
/** So many addresses are remembered; beyond that the one heard of longest ago is forgotten. */
const ADDRESSES = 10_000;
/** So many answers of one address are put off at once; further ones are 429 at once. */
const WAITING = 16;

export interface FailedTokensOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds. */
  wait(milliseconds: number): Promise<void>;
  log: Log;
}

interface Heard {
  failures: number;
  waiting: number;
  lastAt: number;
}

export class FailedTokens {
  readonly #options: FailedTokensOptions;
  /** In the order in which they were last heard of. */
  readonly #addresses = new Map<string, Heard>();

  constructor(options: FailedTokensOptions) {
    this.#options = options;
  }

  /** Counts a wrong token and waits its time; `false`: too many answers of the address wait already. */
  async slowDown(address: string, door: string): Promise<boolean> {
    const { wait, log } = this.#options;
    const record = this.#heardOf(address);
    record.failures++;
    // 1, 2, 4, 8 …: a flood makes a handful of lines.
    if (Number.isInteger(Math.log2(record.failures))) {
      log("token.refused", { door, address, failures: record.failures });
    }
    if (record.waiting >= WAITING) return false;
    record.waiting++;
    try {
      await wait(Math.min(MOST_MS, STEP_MS * (record.failures - 1)));
    } finally {
      record.waiting--;
    }
    return true;
  }

  #heardOf(address: string): Heard {
    const at = this.#options.now();
    const known = this.#addresses.get(address);
    const record = known && at - known.lastAt < FORGOTTEN_MS
      ? known
      : { failures: 0, waiting: 0, lastAt: at };
    record.lastAt = at;
    this.#addresses.delete(address);
    this.#addresses.set(address, record);
    if (this.#addresses.size > ADDRESSES) {
      this.#addresses.delete(this.#addresses.keys().next().value!);
    }
    return record;
  }
}
