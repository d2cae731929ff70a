/**
 * Sources that fail to log in again and again are shut out for a while: each time twice as long, up to
 * a day. What they did before is forgotten a day after their last ban, and failures ten minutes after
 * the last one. Known in this process only; a bridge that is started anew knows none.
 */
import type { Networks } from "../../shared/networks.ts";

const FAILURES_MS = 10 * 60_000;
const LONGEST_MS = 24 * 3_600_000;
/** So many sources are remembered; beyond that the one heard of longest ago is forgotten. */
const SOURCES = 10_000;

export interface Ban {
  source: string;
  /** Milliseconds since the epoch. */
  since: number;
  until: number;
  /** Connections that failed to log in, over all. */
  failures: number;
}

interface Record {
  /** Since the last login, ban or quiet time. */
  recent: number;
  failures: number;
  lastAt: number;
  bans: number;
  since: number;
  until: number;
}

export interface BansOptions {
  failures: number;
  banMs: number;
  neverBanned: Networks;
  /** Milliseconds since the epoch. */
  now(): number;
  /** A source was shut out. */
  banned(ban: Ban): void;
}

export class Bans {
  readonly #options: BansOptions;
  /** In the order in which they were last heard of. */
  readonly #records = new Map<string, Record>();

  constructor(options: BansOptions) {
    this.#options = options;
  }

  /** Until when the source is shut out, in milliseconds since the epoch; `undefined`: it is not. */
  until(source: string): number | undefined {
    const until = this.#records.get(source)?.until ?? 0;
    return until > this.#options.now() ? until : undefined;
  }

  /** A connection from the address ended with a refused login. */
  failed(source: string, address: string): void {
    const { failures, banMs, neverBanned, now, banned } = this.#options;
    if (neverBanned.has(address)) return;
    const at = now();
    const record = this.#heardOf(source, at);
    record.recent++;
    record.failures++;
    if (record.recent < failures || record.until > at) return;
    record.recent = 0;
    record.since = at;
    record.until = at + Math.min(LONGEST_MS, banMs * 2 ** Math.min(record.bans++, 20));
    banned(banOf(source, record));
  }

  /** Somebody from there logged in. */
  succeeded(source: string): void {
    const record = this.#records.get(source);
    if (record) record.recent = 0;
  }

  /** Lets a source in again and forgets what it did; `false`: it was not shut out. */
  lift(source: string): boolean {
    const wasBanned = this.until(source) !== undefined;
    this.#records.delete(source);
    return wasBanned;
  }

  /** Those in force. */
  list(): Ban[] {
    return [...this.#records].filter(([source]) => this.until(source) !== undefined)
      .map(([source, record]) => banOf(source, record));
  }

  #heardOf(source: string, at: number): Record {
    const known = this.#records.get(source);
    const isForgotten = !known || at - Math.max(known.until, known.lastAt) > LONGEST_MS;
    const record = isForgotten
      ? { recent: 0, failures: 0, lastAt: at, bans: 0, since: 0, until: 0 }
      : known;
    if (at - record.lastAt > FAILURES_MS) record.recent = 0;
    record.lastAt = at;
    this.#records.delete(source);
    this.#records.set(source, record);
    if (this.#records.size > SOURCES) this.#forgetOne(at);
    return record;
  }

  /** The one heard of longest ago that is not shut out; if all are, that one all the same. */
  #forgetOne(at: number): void {
    for (const [source, { until }] of this.#records) {
      if (until <= at) return void this.#records.delete(source);
    }
    this.#records.delete(this.#records.keys().next().value!);
  }
}

function banOf(source: string, { since, until, failures }: Record): Ban {
  return { source, since, until, failures };
}
