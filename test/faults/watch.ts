/**
 * Watches the database itself, past all proxies: one that takes no write for a while is restarted, as
 * an operator would, and counted. A service that hangs over a database that works fails the run.
 */
import type { Sqld } from "../worker/database/sqld.ts";

export interface DatabaseWatch {
  /** How often the database was stuck. */
  stuck: number;
  stop(): Promise<void>;
}

const LOOK_MS = 2_000;
const STUCK_MS = 10_000;

/** `busy`: somebody else is restarting it right now. */
export function watchDatabase(sqld: Sqld, busy: () => boolean): DatabaseWatch {
  let stopped = false;
  const watch: DatabaseWatch = {
    stuck: 0,
    async stop() {
      stopped = true;
      await looking;
    },
  };
  const looking = (async () => {
    while (!stopped) {
      if (!busy() && await isStuck(sqld.url) && !busy()) {
        watch.stuck++;
        await sqld.kill();
        await sqld.restart();
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return watch;
}

/** Does a write that changes nothing get no answer at all? Hrana 2 over HTTP. */
async function isStuck(url: string): Promise<boolean> {
  const sql = "UPDATE directory SET version = version";
  const requests = [{ type: "execute", stmt: { sql } }, { type: "close" }];
  try {
    await fetch(`${url}/v2/pipeline`, {
      method: "POST",
      body: JSON.stringify({ requests }),
      signal: AbortSignal.timeout(STUCK_MS),
    });
    return false;
  } catch (error) {
    return (error as Error).name === "TimeoutError";
  }
}
