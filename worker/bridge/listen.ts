/**
 * `POST /bridge/listen`: waits until there is something that the bridge does not have (another
 * directory, further commands) and answers it. Each call ticks the scheduler.
 *
 * Nothing is held between calls and nothing is known of other workers, so the database is looked at
 * again and again while the call waits; this worker's bell only makes it sooner.
 */
import { Hono } from "hono";
import {
  type FrontDoor,
  type ListenAnswer,
  ListenRequest,
  LONGEST_LISTEN_MS,
} from "../../shared/protocol.ts";
import { describeFault } from "../../shared/fault.ts";
import { instant, type WorkerContext } from "../context.ts";
import { bridgeSeen, speaksAnew } from "../database/control/bridges.ts";
import { directoryQuery, directoryVersion, readDirectory } from "../database/control/directory.ts";
import { askAgain, pendingCommands, readCommands } from "../database/school/commands.ts";
import { tickInPassing } from "../export/tick.ts";
import { readJson } from "../http/body.ts";
import { type CallingBridge, callingBridge } from "./caller.ts";

/**
 * How often the database is looked at while a call waits, and how often the scheduler ticks, in ms.
 * A tick may take longer than a look: nobody who was shut out stays in for it.
 */
const LOOK_MS = 500;
const TICK_MS = 2_000;

export function listenRoutes(context: WorkerContext): Hono {
  const ticking = tickingOnce(context);
  return new Hono().post("/listen", async (c) => {
    const request = await readJson(c, ListenRequest);
    const bridge = callingBridge(c);
    const seen = see(context, bridge, request.door).catch((error) =>
      context.log("bridge.not_recorded", { bridge: bridge.name, ...describeFault(error) })
    );
    await within(LOOK_MS, seen);
    return c.json(await listen({ ...context, ticking }, bridge, request));
  });
}

/** What a bridge did not understand is asked of it again when it speaks another protocol. */
async function see(
  { database, now }: WorkerContext,
  bridge: CallingBridge,
  door: FrontDoor | undefined,
): Promise<void> {
  if (await speaksAnew(database, bridge)) await askAgain(database, bridge.name);
  await bridgeSeen(database, { ...bridge, door }, instant(now()));
}

/** One tick at a time, whoever listens; who asks while it is under way waits for that one. */
function tickingOnce(context: WorkerContext): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () =>
    underWay ??= tickInPassing(context).then(() => {
      underWay = undefined;
      context.tell?.();
    });
}

/** Resolves with the work, or after so many milliseconds without it. */
function within(milliseconds: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function listen(
  { database, bell, ticking }: WorkerContext & { ticking(): Promise<void> },
  bridge: CallingBridge,
  request: ListenRequest,
): Promise<ListenAnswer> {
  const waitMs = Math.min(request.waitMs, LONGEST_LISTEN_MS);
  let sinceTick = TICK_MS;
  for (let waited = 0;; waited += LOOK_MS) {
    // Before the commands are read, so that what it makes is delivered with this answer.
    if (sinceTick >= TICK_MS) {
      await within(LOOK_MS, ticking());
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
