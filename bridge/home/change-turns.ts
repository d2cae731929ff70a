/**
 * Each change of a home is told for ever in the ledger, so a school that changes things in a loop is
 * slowed to so many a second, after so many at once: no request fails, it only takes its time.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { Bucket, type Rate } from "../bucket.ts";
import type { Reached } from "../limits-reached.ts";
import type { After } from "../timers.ts";
import type { Home } from "./home.ts";

export class ChangeTurns {
  readonly #schools = new Map<SchoolId, Bucket>();

  constructor(
    readonly rate: Rate,
    readonly surroundings: { now(): number; after: After; reached: Reached },
  ) {}

  /** Resolves when the school may make its next change. */
  async turn(schoolId: SchoolId): Promise<void> {
    const { now, after, reached } = this.surroundings;
    let bucket = this.#schools.get(schoolId);
    if (!bucket) {
      bucket = new Bucket(this.rate, now);
      this.#schools.set(schoolId, bucket);
    }
    const waitMs = bucket.take(1);
    if (waitMs === 0) return;
    reached("changes", schoolId);
    await new Promise<void>((done) => void after(waitMs, done));
  }
}

/** The same home, whose changes wait for their turn. */
export function inTurn(changes: ChangeTurns, schoolId: SchoolId, home: Home): Home {
  return {
    ...home,
    async open(path, mode) {
      if (mode.write) await changes.turn(schoolId);
      return home.open(path, mode);
    },
    async remove(path) {
      await changes.turn(schoolId);
      return home.remove(path);
    },
    async rename(from, to, options) {
      await changes.turn(schoolId);
      return home.rename(from, to, options);
    },
  };
}
