/**
 * Each change of a home is told for ever in the ledger, so a school that changes things in a loop is
 * slowed to so many a second, after so many at once: no request fails, it only takes its time.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { Bucket, type Rate } from "../bucket.ts";
import type { After } from "../timers.ts";
import type { Home } from "./home.ts";

export class ChangeTurns {
  readonly #schools = new Map<SchoolId, Bucket>();

  constructor(
    readonly rate: Rate,
    readonly clock: { now(): number; after: After },
  ) {}

  /** Resolves when the school may make its next change. */
  async turn(schoolId: SchoolId): Promise<void> {
    let bucket = this.#schools.get(schoolId);
    if (!bucket) {
      bucket = new Bucket(this.rate, this.clock.now);
      this.#schools.set(schoolId, bucket);
    }
    const waitMs = bucket.take(1);
    if (waitMs > 0) await new Promise<void>((done) => void this.clock.after(waitMs, done));
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
