/**
 * `POST /bridge/listen`: waits until there is something that the bridge does not have (another
 * directory, further commands) and answers it. Each call ticks the scheduler.
 *
 * Nothing is held between calls and nothing is known of other workers, so the database is looked at
 * again and again while the call waits; this worker's bell only makes it sooner.
 */
import { Hono } from "hono";
import { type ListenAnswer, ListenRequest, LONGEST_LISTEN_MS } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import { bridgeSeen } from "../database/control/bridges.ts";
import { directoryQuery, directoryVersion, readDirectory } from "../database/control/directory.ts";
import { pendingCommands, readCommands } from "../database/school/commands.ts";
import { tickInPassing } from "../export/tick.ts";
import { readJson } from "../http/body.ts";
import { type CallingBridge, callingBridge } from "./caller.ts";

/** How often the database is looked at while a call waits, and how often the scheduler ticks, in ms. */
const LOOK_MS = 500;
const TICK_MS = 2_000;

export function listenRoutes(context: WorkerContext): Hono {
  return new Hono().post("/listen", async (c) => {
    const request = await readJson(c, ListenRequest);
    const bridge = callingBridge(c);
    await bridgeSeen(context.database, bridge, instant(context.now()));
    return c.json(await listen(context, bridge, request));
  });
}

async function listen(
  context: WorkerContext,
  bridge: CallingBridge,
  request: ListenRequest,
): Promise<ListenAnswer> {
  const { database, bell } = context;
  const waitMs = Math.min(request.waitMs, LONGEST_LISTEN_MS);
  let sinceTick = TICK_MS;
  for (let waited = 0;; waited += LOOK_MS) {
    // Before the commands are read, so that what it makes is delivered with this answer.
    if (sinceTick >= TICK_MS) {
      await tickInPassing(context);
      context.tell?.();
      sinceTick = 0;
    }
    // One batch, so that the directory and the commands are those of one moment.
    const [versions, schools, commands] = await database.batch([
      directoryVersion,
      directoryQuery(bridge.name, request.directoryVersion),
      pendingCommands(bridge.name, request.commands, request.room),
    ], "read");
    const directory = readDirectory(request.directoryVersion, versions!.rows, schools!.rows);
    const wanted = readCommands(commands!.rows);
    const isOver = waited >= waitMs || bell.closed;
    if (directory || wanted.length > 0 || isOver) {
      return { ...(directory ? { directory } : {}), commands: wanted };
    }
    await bell.heard(Math.min(LOOK_MS, waitMs - waited));
    sinceTick += LOOK_MS;
  }
}
