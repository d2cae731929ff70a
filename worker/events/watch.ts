/**
 * The watch (SPEC section 10): looks by the clock for what did not happen. A school that sent no roster
 * although one was expected, keys about to end, exports that nobody fetched. Each is told once: an
 * occurrence has a name that can be written one time only, so neither a worker that dies nor two at
 * once tell it again.
 */
import type { Client } from "@libsql/client";
import { describeFault } from "../../shared/fault.ts";
import type { Log } from "../../shared/log.ts";
import { CLOCKS_MS, instant } from "../context.ts";
import {
  daysToDownload,
  dueWatches,
  type ExpiringKey,
  expiringKeys,
  moveWatch,
  silentWatches,
  type Watch,
  watchesAhead,
} from "../database/control/watches.ts";
import { isUnavailable } from "../database/errors.ts";
import { tell, tellIfChanged } from "../database/school/occurrences.ts";
import {
  deliveredByNow,
  rosterSince,
  unappliedSince,
  type WaitingExport,
  waitingExports,
} from "../database/school/signs-of-life.ts";
import { nextRun, readSchedule } from "../export/schedule.ts";
import { zoneHere, zoneTrouble } from "../zones.ts";

export interface Watching {
  database: Client;
  /** Is this round due? Of several workers one is told so, every so many milliseconds. */
  isDue(round: string, every: number): Promise<boolean>;
  now(): number;
  log: Log;
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Schools are looked at so often; keys and exports, which are a matter of days, more rarely. */
const SCHOOLS_EVERY_MS = 30 * SECOND;
const DAYS_EVERY_MS = HOUR;
/** So many rows are read at once. */
const PAGE = 200;
/** A file that is under way when its time comes may take so much longer. */
const UNDER_WAY_MS = HOUR;
/** A key is told of when it ends within so many days. */
const KEY_DAYS = [1, 7, 30];
/** Unless a school says otherwise; 0 is never. */
export const NOT_DOWNLOADED_AFTER_DAYS = 7;
/** The most that a school can say. */
export const MOST_DAYS = 60;
/** What was missed for so long is told no more. */
const STALE_DAYS = 14;

/** Looks at what is due to be looked at; of several workers one does. */
export async function watch(context: Watching): Promise<void> {
  if (await context.isDue("schools", SCHOOLS_EVERY_MS)) await watchSchools(context);
  if (await context.isDue("days", DAYS_EVERY_MS)) {
    await watchKeys(context);
    await watchExports(context);
  }
}

async function watchSchools(context: Watching): Promise<void> {
  const { database, now } = context;
  await reckonAgain(context);
  let lastDue: Watch | undefined;
  while (true) {
    const due = await dueWatches(database, instant(now()), lastDue, PAGE);
    for (const watch of due) await each(context, watch, lookAt);
    if (due.length < PAGE) break;
    // One that waits for a file stays due.
    lastDue = due.at(-1)!;
  }
  let lastSilent = 0;
  while (true) {
    const silent = await silentWatches(database, lastSilent, PAGE);
    for (const watch of silent) await each(context, watch, listen);
    if (silent.length < PAGE) return;
    lastSilent = silent.at(-1)!.schoolId;
  }
}

/** One school at which it fails keeps no other from being looked at. */
async function each(
  context: Watching,
  watch: Watch,
  look: (context: Watching, watch: Watch) => Promise<void>,
): Promise<void> {
  try {
    await look(context, watch);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    context.log("watch.failed", { schoolId: watch.schoolId, ...describeFault(error) });
  }
}

/**
 * After a clock that ran ahead was put right, the time that it reckoned may be a year away, and a school
 * silent since a moment that is still to come.
 */
async function reckonAgain(context: Watching): Promise<void> {
  const { database, now } = context;
  while (true) {
    const ahead = await watchesAhead(database, untilNow(now()), PAGE);
    for (const watch of ahead) {
      const { silentSince } = watch;
      const isToCome = silentSince !== null && Date.parse(silentSince) > now();
      await beginAnew(context, watch, isToCome ? instant(now()) : silentSince);
    }
    if (ahead.length < PAGE) return;
  }
}

async function beginAnew(
  { database, now, log }: Watching,
  watch: Watch,
  silentSince: string | null,
): Promise<void> {
  const begun = begin(watch, now());
  if (!begun) log("watch.unreadable", { schoolId: watch.schoolId });
  const after = { ...begun ?? { ...watch, nextAt: null }, silentSince };
  await database.execute(moveWatch(watch, after, instant(now())));
}

/** The time has come by which a roster was expected, or the expectation is new. */
async function lookAt(context: Watching, watch: Watch): Promise<void> {
  const { database, now, log } = context;
  const { schoolId, cron, timezone, since, nextAt } = watch;
  if (cron === null || timezone === null || since === null) {
    return await beginAnew(context, watch, watch.silentSince);
  }
  const due = Date.parse(nextAt!);
  const { isApplied, isUnderWay } = await rosterSince(database, schoolId, since, untilNow(now()));
  if (!isApplied && isUnderWay && now() < due + UNDER_WAY_MS) return;
  const at = instant(now());
  if (zoneTrouble(timezone)) log("zone.unknown", { schoolId, timezone });
  const next = nextRun(cron, timezone, Math.max(due, now()));
  const moved = { ...watch, since: nextAt, nextAt: next === undefined ? null : instant(next) };
  if (isApplied || watch.silentSince !== null) {
    await database.execute(moveWatch(watch, moved, at));
    return;
  }
  const facts = {
    ...{ expected: watch.expectation!.when, expectedBy: nextAt, since },
    ...await unappliedSince(database, schoolId, since),
    ...(isUnderWay ? { underWay: true } : {}),
  };
  await database.batch([
    moveWatch(watch, { ...moved, silentSince: nextAt }, at),
    tellIfChanged({
      ...{ kind: "school.silent", schoolId, subject: String(schoolId), at, facts },
      once: `school.silent:${nextAt}`,
    }),
  ], "write");
}

/** What is later was written by a clock that ran ahead. */
function untilNow(now: number): string {
  return instant(now + CLOCKS_MS);
}

/** The first time after now; a roster that came one interval before it counts. */
function begin(watch: Watch, now: number): Watch | undefined {
  const { when, timezone } = watch.expectation!;
  const reading = readSchedule(when, zoneHere(timezone), now);
  if (!("schedule" in reading)) return undefined;
  const { cron } = reading.schedule;
  const first = nextRun(cron, timezone, now);
  const second = first === undefined ? undefined : nextRun(cron, timezone, first);
  if (first === undefined) return undefined;
  const since = first - (second === undefined ? DAY : second - first);
  return { ...watch, cron, timezone, since: instant(since), nextAt: instant(first) };
}

/** Is a school that was silent heard again? */
async function listen({ database, now }: Watching, watch: Watch): Promise<void> {
  const { schoolId, silentSince } = watch;
  const { isApplied } = await rosterSince(database, schoolId, silentSince!, untilNow(now()));
  if (!isApplied) return;
  const at = instant(now());
  await database.batch([
    moveWatch(watch, { ...watch, silentSince: null }, at),
    tellIfChanged({
      ...{ kind: "school.heard", schoolId, subject: String(schoolId), at },
      ...{ facts: { silentSince }, once: `school.heard:${silentSince}` },
    }),
  ], "write");
}

async function watchKeys({ database, now }: Watching): Promise<void> {
  const span = { now: instant(now()), by: instant(now() + KEY_DAYS.at(-1)! * DAY) };
  let last: ExpiringKey | undefined;
  while (true) {
    const keys = await expiringKeys(database, span, last, PAGE);
    if (keys.length > 0) {
      await database.batch(keys.map((key) => tell(expiring(key, now()))), "write");
    }
    if (keys.length < PAGE) return;
    last = keys.at(-1)!;
  }
}

/** Once for each of the numbers of days, the smallest that it ends within. */
function expiring({ schoolId, fingerprint, expiresAt }: ExpiringKey, now: number) {
  const left = Date.parse(expiresAt) - now;
  const days = KEY_DAYS.find((limit) => left <= limit * DAY)!;
  return {
    kind: "key.expiring" as const,
    schoolId,
    subject: fingerprint,
    at: instant(now),
    facts: { days },
    once: `key.expiring:${fingerprint}:${expiresAt}:${days}`,
  };
}

async function watchExports({ database, now }: Watching): Promise<void> {
  await deliveredByNow(database, { now: instant(now()), later: instant(now() + DAY) });
  const span = {
    after: instant(now() - (MOST_DAYS + STALE_DAYS) * DAY),
    until: instant(now() - DAY),
  };
  let last: WaitingExport | undefined;
  while (true) {
    const waiting = await waitingExports(database, span, last, PAGE);
    const schoolIds = [...new Set(waiting.map(({ schoolId }) => schoolId))];
    const days = await daysToDownload(database, schoolIds);
    const told = waiting.flatMap(({ id, schoolId, deliveredAt }) => {
      const limit = days.get(schoolId) ?? NOT_DOWNLOADED_AFTER_DAYS;
      const age = now() - Date.parse(deliveredAt);
      if (limit === 0 || age < limit * DAY || age > (limit + STALE_DAYS) * DAY) return [];
      const happening = { kind: "export.not_downloaded", schoolId, subject: id } as const;
      return [tell({ ...happening, at: instant(now()), facts: { days: limit, deliveredAt } })];
    });
    if (told.length > 0) await database.batch(told, "write");
    if (waiting.length < PAGE) return;
    last = waiting.at(-1)!;
  }
}
