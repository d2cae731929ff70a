/**
 * Whether the worker can serve: its database is there, up to date, and takes writes. What is asked often
 * is looked at so often only, as each look is a transaction.
 */
import { isRecent, type WorkerContext } from "../context.ts";
import { isDiskFull, isUnavailable } from "../database/errors.ts";
import { isMigrated, touchMigrations } from "../database/migrate.ts";
import { databaseUnavailable } from "./problem.ts";

/** So long a write that went well stands for the next ones, in milliseconds. */
const WELL_MS = 5_000;
/**
 * So long a write that found no room is told of: a small one may find some in between, and the next
 * slice will not.
 */
const FULL_MS = 60_000;

export interface Health {
  /** @throws what the database failed with, or 503 */
  check(): Promise<void>;
  /** A request failed. */
  failed(error: Error): void;
}

export function watchHealth(
  { database, now }: Pick<WorkerContext, "database" | "now">,
): Health {
  let writtenAt: number | undefined;
  let fullAt: number | undefined;
  return {
    async check() {
      if (!await isMigrated(database)) {
        throw databaseUnavailable("its tables are not up to date");
      }
      if (isRecent(fullAt, now(), FULL_MS)) throw databaseUnavailable(DISK_FULL);
      if (isRecent(writtenAt, now(), WELL_MS)) return;
      try {
        await touchMigrations(database);
      } catch (error) {
        throw isUnavailable(error) ? error : databaseUnavailable("it takes no writes");
      }
      writtenAt = now();
    },
    failed(error) {
      if (!isDiskFull(error)) return;
      fullAt = now();
      writtenAt = undefined;
    },
  };
}

export const DISK_FULL = "its disk is full";
