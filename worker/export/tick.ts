/**
 * The tick: makes the exports that are due, and goes on with those that a worker began and did not
 * end. Any number of workers may tick at any time; the claim of an export sees to it that one of them
 * makes it (SPEC section 6).
 */
import { describeFault } from "../../shared/fault.ts";
import type { SchoolId } from "../../shared/protocol.ts";
import { exportName } from "../../shared/file-names.ts";
import { formatTimeCode } from "../../shared/time-code.ts";
import { CLOCKS_MS, instant, type WorkerContext } from "../context.ts";
import type { Author } from "../database/control/audit.ts";
import {
  beginExport,
  continueExport,
  type Making,
  type NewExport,
  unfinishedExports,
} from "../database/school/exports.ts";
import {
  type Done,
  type DueSchool,
  dueSchools,
  moveOn,
  putOff,
  reckonedAhead,
} from "../database/control/schedules.ts";
import { bridgesOf } from "../database/control/bridges.ts";
import { isUnavailable } from "../database/errors.ts";
import { zoneTrouble } from "../zones.ts";
import { nextRun } from "./schedule.ts";

type Ticking = Pick<WorkerContext, "database" | "now" | "randomId" | "log">;

export interface Ticked {
  /** Schools that were found due, and what became of them. */
  due: number;
  made: number;
  failed: number;
  /** Is an export not whole yet? The next tick goes on. */
  unfinished: boolean;
}

/** So many exports are made in one tick, unless more are asked for. */
export const TICK_EXPORTS = 50;

/** A tick begins nothing further after this many milliseconds: the call it is part of waits. */
const TICK_MS = 2_000;

/** A school whose export failed is tried again later each time, up to an hour, in milliseconds. */
const RETRY_MS = 60_000;
const RETRY_BUSY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;

/** So long a run that an administrator asked for is filled before the answer, in milliseconds. */
const RUN_NOW_MS = 10_000;

/**
 * Makes up to `limit` exports that are due, one after the other. What fails for one school is logged
 * and tried again later; it does not stop the others.
 *
 * @throws when the database cannot be asked at all
 */
export async function tick(context: Ticking, limit = TICK_EXPORTS): Promise<Ticked> {
  const started = context.now();
  const inTime = () => context.now() - started <= TICK_MS;
  await reckonAgain(context, limit);
  const schools = await dueSchools(context.database, instant(started), limit);
  const ticked: Ticked = { due: schools.length, made: 0, failed: 0, unfinished: false };
  // Together at the end: a run that is found again before finds its export and makes none.
  const done: Done[] = [];
  for (const due of schools) {
    if (!inTime()) break;
    try {
      if (await makeDue(context, due, done)) ticked.made += 1;
    } catch (error) {
      ticked.failed += 1;
      await fail(context, due, error);
    }
  }
  await moveOn(context.database, done, instant(context.now()));
  let trouble: unknown;
  for (const making of await unfinished(context, limit)) {
    // A piece that is too slow for the database costs its own school only.
    const reached = await goOn(context, making, inTime).catch((error) => void (trouble = error));
    if (reached === "more") ticked.unfinished = true;
  }
  if (trouble !== undefined) throw trouble;
  return ticked;
}

/**
 * After a clock that ran ahead was put right, the next run that it reckoned may be a year away. What
 * was due before stays due.
 */
async function reckonAgain({ database, now }: Ticking, limit: number): Promise<void> {
  const ahead = await reckonedAhead(database, instant(now() + CLOCKS_MS), limit);
  const reckoned = ahead.map((due) => {
    const next = nextRun(due.cron, due.timezone, now());
    const isSooner = next !== undefined && next < Date.parse(due.dueAt);
    return { due, nextDueAt: isSooner ? instant(next) : due.dueAt };
  });
  await moveOn(database, reckoned, instant(now()));
}

/** Exports that are not whole; one whose school is gone goes with it. */
async function unfinished({ database }: Ticking, limit: number): Promise<Making[]> {
  const begun = await unfinishedExports(database, limit);
  const bridges = await bridgesOf(database, begun.map(({ schoolId }) => schoolId));
  return begun.flatMap((making) => {
    const bridge = bridges.get(making.schoolId);
    return bridge === undefined ? [] : [{ ...making, bridge }];
  });
}

/** Writes piece after piece while there is time. `failed`: the next tick tries again. */
async function goOn(
  context: Ticking,
  making: Making,
  inTime: () => boolean,
): Promise<"whole" | "more" | "failed"> {
  let left: Making | undefined = making;
  try {
    while (left && inTime()) {
      left = await continueExport(context.database, left, instant(context.now()));
    }
  } catch (error) {
    if (isUnavailable(error)) throw error;
    context.log("export.failed", {
      schoolId: making.schoolId,
      export: making.id,
      ...describeFault(error),
    });
    return "failed";
  }
  return left ? "more" : "whole";
}

/** A tick of which the caller's own work does not depend: it throws nothing. */
export async function tickInPassing(context: Ticking): Promise<void> {
  try {
    await tick(context);
  } catch (error) {
    context.log("tick.failed", describeFault(error));
  }
}

/** @returns whether this call made it, or began to */
async function makeDue(context: Ticking, due: DueSchool, done: Done[]): Promise<boolean> {
  const now = context.now();
  const { schoolId, timezone } = due;
  if (zoneTrouble(timezone)) context.log("zone.unknown", { schoolId, timezone });
  const next = nextRun(due.cron, due.timezone, now);
  const created = newExport(context, due, Date.parse(due.dueAt), now);
  const begun = await beginExport(context.database, created, due);
  // The one that is being made comes first; this one stays due.
  if (!begun.claimed && begun.why === "busy") return false;
  done.push({ due, nextDueAt: next === undefined ? null : instant(next) });
  return begun.claimed;
}

async function fail(context: Ticking, due: DueSchool, error: unknown): Promise<void> {
  const first = isUnavailable(error) ? RETRY_BUSY_MS : RETRY_MS;
  const wait = Math.min(first * 2 ** Math.min(due.failures, 10), LONGEST_RETRY_MS);
  const retryAt = instant(context.now() + wait);
  context.log("export.failed", {
    schoolId: due.schoolId,
    dueAt: due.dueAt,
    retryAt,
    ...describeFault(error),
  });
  await putOff(context.database, due, retryAt, instant(context.now()));
}

/**
 * Makes a school's export now, named by this moment; when an export of the same millisecond is there
 * already, by the next free one. A large one may be `making` still: the tick goes on with it.
 *
 * @param school its id, its bridge, and whether it wants no file when nothing is new
 * @returns its id; `undefined` when nothing is new and none is wanted then
 */
export async function runNow(
  context: Ticking,
  school: { id: SchoolId; bridge: string; skipEmpty: boolean },
  by: Author,
): Promise<string | undefined> {
  const started = context.now();
  const inTime = () => context.now() - started <= RUN_NOW_MS;
  const of = { schoolId: school.id, bridge: school.bridge };
  let dueAt = started;
  while (true) {
    const created = newExport(context, of, dueAt, context.now());
    const begun = await beginExport(context.database, created, {
      skipEmpty: school.skipEmpty,
      by,
    });
    if (begun.claimed) {
      if (begun.making) await goOn(context, begun.making, inTime);
      return created.id;
    }
    if (begun.why === "nothing_new") return undefined;
    if (begun.why !== "busy") dueAt += 1;
    else if (await goOn(context, begun.making, inTime) !== "whole") {
      throw new ExportUnderWay(begun.making.id);
    }
  }
}

/** Another export of the school is being made and takes long. */
export class ExportUnderWay extends Error {
  constructor(readonly id: string) {
    super("another export of the school is being made");
    this.name = "ExportUnderWay";
  }
}

function newExport(
  context: Ticking,
  { schoolId, bridge }: Pick<NewExport, "schoolId" | "bridge">,
  dueAt: number,
  now: number,
): NewExport {
  return {
    id: context.randomId(),
    commandId: context.randomId(),
    schoolId,
    bridge,
    dueAt: instant(dueAt),
    name: exportName(formatTimeCode(dueAt)),
    now: instant(now),
  };
}
