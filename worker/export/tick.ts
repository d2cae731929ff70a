/**
 * The tick: makes the exports that are due. Any number of workers may tick at any time; the batch
 * that makes an export sees to it that one of them does (SPEC section 6).
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { exportName } from "../../shared/file-names.ts";
import { formatTimeCode } from "../../shared/time-code.ts";
import { instant, type WorkerContext } from "../context.ts";
import type { Author } from "../database/control/audit.ts";
import { makeDueExport, makeExportNow, type NewExport } from "../database/school/exports.ts";
import { type DueSchool, dueSchools, putOff } from "../database/control/schedules.ts";
import { isUnavailable } from "../database/errors.ts";
import { nextRun } from "./schedule.ts";

type Ticking = Pick<WorkerContext, "database" | "now" | "randomId" | "log">;

export interface Ticked {
  /** Schools that were found due, and what became of them. */
  due: number;
  made: number;
  failed: number;
}

/** So many exports are made in one tick, unless more are asked for. */
export const TICK_EXPORTS = 50;

/** A tick begins no further export after this many milliseconds: the sync it is part of waits. */
const TICK_MS = 2_000;

/** A school whose export failed is tried again later each time, up to an hour, in milliseconds. */
const RETRY_MS = 60_000;
const RETRY_BUSY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * Makes up to `limit` exports that are due, one after the other. What fails for one school is logged
 * and tried again later; it does not stop the others.
 *
 * @throws when the database cannot be asked at all
 */
export async function tick(context: Ticking, limit = TICK_EXPORTS): Promise<Ticked> {
  const started = context.now();
  const schools = await dueSchools(context.database, instant(started), limit);
  const ticked: Ticked = { due: schools.length, made: 0, failed: 0 };
  for (const due of schools) {
    if (context.now() - started > TICK_MS) break;
    try {
      if (await makeDue(context, due)) ticked.made += 1;
    } catch (error) {
      ticked.failed += 1;
      await fail(context, due, error);
    }
  }
  return ticked;
}

/** A tick of which the caller's own work does not depend: only a database that is away ends it. */
export async function tickInPassing(context: Ticking): Promise<void> {
  try {
    await tick(context);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    context.log("tick.failed", { reason: (error as Error).message });
  }
}

async function makeDue(context: Ticking, due: DueSchool): Promise<boolean> {
  const now = context.now();
  const next = nextRun(due.cron, due.timezone, now);
  const created = newExport(context, due.schoolId, Date.parse(due.dueAt), now);
  return await makeDueExport(
    context.database,
    due,
    created,
    next === undefined ? null : instant(next),
  );
}

/** A large export can exceed the time of a transaction every time, so all that fails is put off. */
async function fail(context: Ticking, due: DueSchool, error: unknown): Promise<void> {
  const first = isUnavailable(error) ? RETRY_BUSY_MS : RETRY_MS;
  const wait = Math.min(first * 2 ** Math.min(due.failures, 10), LONGEST_RETRY_MS);
  const retryAt = instant(context.now() + wait);
  context.log("export.failed", {
    schoolId: due.schoolId,
    dueAt: due.dueAt,
    retryAt,
    reason: (error as Error).message,
  });
  await putOff(context.database, due, retryAt);
}

/**
 * Makes a school's export now, named by this moment; when an export of the same millisecond is there
 * already, by the next free one.
 *
 * @returns its id; `undefined` when nothing is new and the school's `emptyExports` is `skip`
 */
export async function runNow(
  context: Ticking,
  schoolId: SchoolId,
  by: Author,
): Promise<string | undefined> {
  let dueAt = context.now();
  while (true) {
    const created = newExport(context, schoolId, dueAt, context.now());
    const made = await makeExportNow(context.database, created, by);
    if (made === "made") return created.id;
    if (made === "nothing_new") return undefined;
    dueAt += 1;
  }
}

function newExport(context: Ticking, schoolId: SchoolId, dueAt: number, now: number): NewExport {
  return {
    id: context.randomId(),
    commandId: context.randomId(),
    schoolId,
    dueAt: instant(dueAt),
    name: exportName(formatTimeCode(dueAt)),
    now: instant(now),
  };
}
