/**
 * `POST /bridge/events`: the bridge hands over what happened, in the order of its own numbers, and what
 * became of the worker's commands. Handing over twice is harmless: what was taken is known by number.
 */
import type { InStatement } from "@libsql/client";
import { Hono } from "hono";
import { type EventsAnswer, EventsRequest } from "../../shared/protocol.ts";
import { describeFault } from "../../shared/fault.ts";
import { instant, type WorkerContext } from "../context.ts";
import { beforeEvents, moveHead } from "../database/control/bridges.ts";
import { recordKeyUse } from "../database/control/key-use.ts";
import { finishPurges } from "../database/purge.ts";
import { isConstraint } from "../database/errors.ts";
import { recordOutcomes } from "../database/school/commands.ts";
import { recordDeliveries, recordDownloads } from "../database/school/deliveries.ts";
import { recordRefusals } from "../database/control/refused-logins.ts";
import { recordFiles, recordReads } from "../database/school/files.ts";
import {
  knownHashes,
  type NumberedEvent,
  recordEvents,
  recordGone,
} from "../database/school/ledger.ts";
import { tellOfDeliveries, tellOfDownloads } from "../database/school/occurrences.ts";
import { readJson } from "../http/body.ts";
import { HttpProblem } from "../http/problem.ts";
import { type CallingBridge, callingBridge } from "./caller.ts";
import { readTold, UNREADABLE } from "./told.ts";

/** So long it is kept who was refused; what is of a school stays in its ledger. */
const STRANGERS_MS = 90 * 24 * 3_600_000;

export function eventRoutes(context: WorkerContext): Hono {
  return new Hono().post("/events", async (c) => {
    const request = await readJson(c, EventsRequest);
    const bridge = callingBridge(c);
    const told = await readTold(request.events, context.now());
    const through = await takeOnce(context, bridge, told, request);
    // What was told is taken, whatever becomes of this; the next call tries it again.
    await finishPurges(context.database, instant(context.now())).catch((error) =>
      context.log("purge.unfinished", describeFault(error))
    );
    return c.json({ through } satisfies EventsAnswer);
  });
}

/** Two calls with the same events at once: the second finds them taken and looks again. */
async function takeOnce(
  context: WorkerContext,
  bridge: CallingBridge,
  told: NumberedEvent[],
  request: EventsRequest,
): Promise<number> {
  for (let tries = 0;; tries++) {
    try {
      return await take(context, bridge, told, request);
    } catch (error) {
      if (!isConstraint(error) || tries >= 3) throw error;
    }
  }
}

async function take(
  { database, now, log }: WorkerContext,
  bridge: CallingBridge,
  told: NumberedEvent[],
  { done }: EventsRequest,
): Promise<number> {
  const schoolIds = told.map(({ head }) => head.schoolId);
  const { head, schools } = await beforeEvents(database, bridge, schoolIds);
  const known = told.filter(({ number }) => number <= head.number);
  await refuseAnother(database, bridge, known, schools);
  const fresh = told.filter(({ number }) => number > head.number);
  if (head.number > 0) {
    for (const broken of breaks(fresh, head)) {
      log("ledger.chain_broken", { bridge: bridge.name, ...broken });
    }
  }
  for (const { number } of fresh.filter(({ head: { type } }) => type === UNREADABLE)) {
    log("event.unreadable", { bridge: bridge.name, number });
  }
  const outcomes = done.map((one) => ({ ...one, at: instant(Date.parse(one.at)) }));
  const delivered = outcomes.filter(({ outcome }) => outcome === "done");
  // What is told of a school that is not the bridge's, or is being deleted, is passed over.
  const own = fresh.filter((event) => schools.has(event.head.schoolId));
  const last = fresh.at(-1);
  const statements: InStatement[] = [
    ...recordEvents(bridge.id, own),
    ...recordRefusals(bridge.id, fresh, instant(now() - STRANGERS_MS)),
    ...recordGone(bridge.id, fresh.filter((event) => !schools.has(event.head.schoolId))),
    ...(last ? [moveHead(bridge, { first: fresh[0]!, last }, instant(now()))] : []),
    ...recordFiles(own),
    ...recordReads(own),
    ...recordDownloads(own),
    ...recordKeyUse(own),
    ...receiptsTold(own),
    ...(delivered.length > 0
      ? [recordDeliveries(bridge.name, delivered), tellOfDeliveries(delivered.map(({ id }) => id))]
      : []),
    ...recordOutcomes(bridge.name, outcomes, instant(now())),
  ];
  if (statements.length > 0) await database.batch(statements, "write");
  return last?.number ?? head.number;
}

/** Whoever is told of such things hears that an export was fetched. */
function receiptsTold(events: NumberedEvent[]): InStatement[] {
  const fetched = events.flatMap(({ event }) =>
    event?.type === "download" && event.exportId !== null ? [event.exportId as string] : []
  );
  return fetched.length > 0 ? [tellOfDownloads(fetched)] : [];
}

/** The same number with other words: the bridge's catalog was put back to an older state. */
async function refuseAnother(
  database: WorkerContext["database"],
  bridge: CallingBridge,
  known: NumberedEvent[],
  schools: ReadonlySet<number>,
): Promise<void> {
  if (known.length === 0) return;
  const hashes = await knownHashes(database, bridge.id, known.map(({ number }) => number));
  // Those of a school that is there would have been kept: they were never told.
  const other = known.find(({ number, hash, head }) =>
    hashes.has(number) ? hashes.get(number) !== hash : schools.has(head.schoolId)
  );
  if (!other) return;
  throw new HttpProblem(
    409,
    "ledger_forked",
    `Event ${other.number} of this bridge was told before with other words. A bridge whose catalog ` +
      "was put back takes another id and tells its events again.",
  );
}

interface Break {
  number: number;
  expected: number;
}

/** Where an event is missing before another, or the one before is not the one it says. */
function breaks(events: NumberedEvent[], head: { number: number; hash: string }): Break[] {
  const found: Break[] = [];
  let before = head;
  for (const event of events) {
    const expected = before.number + 1;
    if (event.number !== expected || event.previous !== before.hash) {
      found.push({ number: event.number, expected });
    }
    before = event;
  }
  return found;
}
