/**
 * `POST /bridge/listen`: waits until there is something that the bridge does not have (another
 * directory, further commands) and answers it. Each call ticks the scheduler.
 *
 * Nothing is held between calls and nothing is known of other workers, so the database is looked at
 * again and again while the call waits; this worker's bell only makes it sooner.
 */
import { Hono } from "hono";
import { type ListenAnswer, ListenRequest, LONGEST_LISTEN_MS } from "../../shared/protocol.ts";
import { describeFault } from "../../shared/fault.ts";
import { instant, type WorkerContext } from "../context.ts";
import { runSeen, type Turn } from "../database/control/bridge-runs.ts";
import { liftedBans, readLifted, tellBans } from "../database/control/bans.ts";
import { bridgeSeen, speaksAnew } from "../database/control/bridges.ts";
import { directoryQuery, directoryVersion, readDirectory } from "../database/control/directory.ts";
import { askAgain, pendingCommands, readCommands } from "../database/school/commands.ts";
import { tickInPassing } from "../export/tick.ts";
import { endPauses } from "../intake/pause-ends.ts";
import { retainInPassing } from "../intake/retention.ts";
import { goOnWithReverts } from "../intake/revert.ts";
import { readJson } from "../http/body.ts";
import { HttpProblem } from "../http/problem.ts";
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
    const seen = see(context, bridge, request).catch((error) =>
      context.log("bridge.not_recorded", { bridge: bridge.name, ...describeFault(error) })
    );
    refuseSecond(context, bridge, await within(LOOK_MS, seen));
    return c.json(await listen({ ...context, ticking }, bridge, request));
  });
}

/**
 * What a bridge did not understand is asked of it again when it speaks another protocol, and once at
 * each of its starts: a newer build may understand more of the same protocol.
 */
async function see(
  { database, now }: WorkerContext,
  bridge: CallingBridge,
  { run, door, bans = [] }: ListenRequest,
): Promise<Turn> {
  const at = instant(now());
  const turn = await runSeen(database, { name: bridge.name, run }, at);
  if (turn.type === "begins" || await speaksAnew(database, bridge)) {
    await askAgain(database, bridge.name);
  }
  await bridgeSeen(database, { ...bridge, door }, at);
  await database.execute(tellBans(bridge.id, bans));
  return turn;
}

/** @throws HttpProblem 409 when another bridge is at work with this one's token */
function refuseSecond(
  { log }: WorkerContext,
  { name, id }: CallingBridge,
  turn: Turn | void,
): void {
  if (turn?.type !== "refused") return;
  const { otherSince } = turn;
  log("bridge.refused", { bridge: name, id, otherSince });
  throw new HttpProblem(
    409,
    "bridge_twice",
    `Another bridge calls with the token of the bridge "${name}", since ${otherSince}. Two must not ` +
      "serve the same schools: stop that one first, or give this one a token and schools of its " +
      "own. A copy of a DATA_DIR is for restoring, not for running beside the first.",
  );
}

/** One tick at a time, whoever listens; who asks while it is under way waits for that one. */
function tickingOnce(context: WorkerContext): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  return () =>
    underWay ??= tickInPassing(context)
      .then(() => endPauses(context))
      .then(() => goOnWithReverts(context))
      .then(() => retainInPassing(context))
      .then(() => {
        underWay = undefined;
        context.tell?.();
      });
}

/** Resolves with the work, or after so many milliseconds without it. */
function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result | void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    work.then((result) => {
      clearTimeout(timer);
      resolve(result);
    }, () => resolve());
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
    const bans = request.bans ?? [];
    const [versions, schools, commands, lifted] = await database.batch([
      directoryVersion,
      directoryQuery(bridge.name, request.directoryVersion),
      pendingCommands(bridge.name, request.commands, request.room),
      ...(bans.length > 0 ? [liftedBans(bridge.name, bans)] : []),
    ], "read");
    const directory = readDirectory(request.directoryVersion, versions!.rows, schools!.rows);
    const wanted = readCommands(commands!.rows);
    const liftBans = readLifted(lifted?.rows ?? []);
    const isOver = waited >= waitMs || bell.closed;
    if (directory || wanted.length > 0 || liftBans.length > 0 || isOver) {
      return {
        ...(directory ? { directory } : {}),
        commands: wanted,
        ...(liftBans.length > 0 ? { liftBans } : {}),
      };
    }
    await bell.heard(Math.min(LOOK_MS, waitMs - waited));
    sinceTick += LOOK_MS;
  }
}
