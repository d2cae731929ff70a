/**
 * How often schools came up against a limit since the start: each is a metric, and seldom a line of the
 * log. What the door itself limits is counted there ({@link DoorFigures}).
 */
import type { SchoolId } from "../shared/protocol.ts";
import type { Log } from "../shared/log.ts";
import { fewLines } from "./door/few-lines.ts";

/**
 * - `sessions`: a login found all connections of its school, or of all schools, taken
 * - `logins`: a school logged in so often that its address waits as one whose logins fail
 * - `handles`, `open_files`: an OPEN was refused, as too many are open
 * - `waiting_bytes`: a connection that takes no answers was ended
 * - `requests`, `bandwidth`: a request had to wait
 * - `changes`: an upload, a rename or a removal had to wait
 * - `home`: the home is full
 * - `upload_size`: a file would be too large
 * - `idle`: a connection without requests was ended
 * - `exchanges`: a connection that exchanged keys anew too often was ended
 * - `gave_way`: a quiet connection was ended, for a school that has fewer
 */
export const limits = [
  "sessions",
  "logins",
  "handles",
  "open_files",
  "waiting_bytes",
  "requests",
  "bandwidth",
  "changes",
  "home",
  "upload_size",
  "idle",
  "exchanges",
  "gave_way",
] as const;
export type Limit = typeof limits[number];

export type Reached = (limit: Limit, schoolId: SchoolId) => void;

export class LimitsReached {
  readonly #counts = Object.fromEntries(limits.map((limit) => [limit, 0])) as Record<Limit, number>;
  readonly #say: ReturnType<typeof fewLines>;

  /** @param now milliseconds since the epoch */
  constructor(log: Log, now: () => number) {
    this.#say = fewLines(log, now);
  }

  readonly reached: Reached = (limit, schoolId) => {
    this.#counts[limit]++;
    this.#say("limit.reached", `${limit} ${schoolId}`, { limit, schoolId });
  };

  get counts(): Readonly<Record<Limit, number>> {
    return { ...this.#counts };
  }
}
