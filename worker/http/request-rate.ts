/**
 * How often one principal may ask: a program that runs wild slows nobody else down. Only who showed a
 * right token or is signed in is counted, and counts are kept for the minute that they are of.
 */
import type { Context, Next } from "hono";
import { type Principal, setPrincipal } from "./principal.ts";
import { HttpProblem } from "./problem.ts";

const MINUTE_MS = 60_000;

export interface RequestRateOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  requestsPerMinute: number;
}

export class RequestRate {
  readonly #options: RequestRateOptions;
  /** By the principal's name, of one minute only. */
  readonly #counts = new Map<string, number>();
  #minute = 0;

  constructor(options: RequestRateOptions) {
    this.#options = options;
  }

  /** How many names it knows. */
  get size(): number {
    return this.#counts.size;
  }

  /** Lets a principal's request through and tells it what is left. @throws HttpProblem 429 */
  async pass(c: Context, principal: Principal, next: Next): Promise<void> {
    const { remaining, seconds } = this.#count(principal.name);
    const { requestsPerMinute: most } = this.#options;
    // draft-ietf-httpapi-ratelimit-headers: the quota, its window; what remains of it, for how long.
    const headers = {
      "ratelimit-policy": `"principal";q=${most};w=${MINUTE_MS / 1000}`,
      "ratelimit": `"principal";r=${Math.max(0, remaining)};t=${seconds}`,
    };
    if (remaining < 0) {
      throw tooMany(principal, most, { ...headers, "retry-after": `${seconds}` });
    }
    setPrincipal(c, principal);
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  }

  #count(name: string): { remaining: number; seconds: number } {
    const now = this.#options.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return {
      remaining: this.#options.requestsPerMinute - count,
      seconds: Math.ceil(((minute + 1) * MINUTE_MS - now) / 1000),
    };
  }
}

function tooMany(
  { name }: Principal,
  most: number,
  headers: Record<"retry-after", string> & Record<string, string>,
): HttpProblem {
  return new HttpProblem(
    429,
    "too_many_requests",
    `${name} asked more than ${most} times within a minute (ADMIN_REQUESTS_PER_MINUTE). Nothing was ` +
      `changed; ask again in ${headers["retry-after"]} s. Nobody else has to wait.`,
    {},
    headers,
  );
}
