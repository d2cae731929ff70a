/**
 * The worker before its database is there: it answers 503 and keeps trying, as a database that is
 * away comes back, and a worker that ended would have to be started again by someone.
 */
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import type { Caller } from "../http/caller.ts";
import { databaseFault } from "../database/errors.ts";
import { migrate } from "../database/migrate.ts";
import { databaseUnavailable, problemResponse } from "../http/problem.ts";

type Fetch = (request: Request, caller: Caller) => Response | Promise<Response>;

export interface Starting {
  open(): Promise<Client>;
  /** The worker itself, once the database is open and its tables are up to date. */
  serve(database: Client): Fetch;
  /** ISO 8601 UTC. */
  now(): string;
  /** Resolves after so many milliseconds. */
  wait(milliseconds: number): Promise<void>;
  /** The database can never be used with these settings; the sentence goes on after `DATABASE_URL is …, `. */
  hopeless(fault: string): void;
  log: Log;
}

/** Between tries, in milliseconds; the last one for ever. */
const WAITS = [250, 500, 1_000, 2_000, 5_000, 10_000];
/** So long a request waits for the first try, which on a platform that sleeps is quick. */
const PATIENCE_MS = 5_000;

/**
 * @returns `fetch`, which answers from the first moment on; `stop`, which ends the tries and closes
 *   the database
 */
export function startWorker(starting: Starting): { fetch: Fetch; stop(): void } {
  let database: Client | undefined;
  let serve: Fetch | undefined;
  let stopped = false;

  async function start(): Promise<void> {
    const opened = database ??= await starting.open();
    const applied = await migrate(opened, starting.now());
    if (applied.length > 0) starting.log("database.migrated", { migrations: applied });
    serve = starting.serve(opened);
  }

  async function keepTrying(first: Promise<void>): Promise<void> {
    for (let failures = 0; !stopped; failures++) {
      try {
        return await (failures === 0 ? first : start());
      } catch (error) {
        if (stopped) return;
        const fault = databaseFault(error);
        if (fault !== undefined) return starting.hopeless(fault);
        const waitMs = WAITS[Math.min(failures, WAITS.length - 1)]!;
        starting.log("database.unavailable", { reason: (error as Error).message, waitMs });
        await starting.wait(waitMs);
      }
    }
  }

  const first = start();
  keepTrying(first);
  const patience = Promise.race([first.catch(() => {}), starting.wait(PATIENCE_MS)]);

  return {
    async fetch(request, caller) {
      if (!serve) await patience;
      if (serve) return serve(request, caller);
      return problemResponse(
        databaseUnavailable("it could not be reached since the worker started"),
      );
    },
    stop() {
      stopped = true;
      database?.close();
    },
  };
}
