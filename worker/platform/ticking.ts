/**
 * What ticks when no bridge does: the platform's own cron where it has one, a job in this process
 * elsewhere. Each sync ticks too.
 */
import { describeFault } from "../../shared/fault.ts";
import { Cron } from "croner";
import type { WorkerContext } from "../context.ts";
import { endPauses } from "../intake/pause-ends.ts";
import { goOnWithReverts } from "../intake/revert.ts";
import { tick, TICK_EXPORTS } from "../export/tick.ts";

const EVERY_MINUTE = "* * * * *";

/** As `Deno.cron` is on Deno Deploy, and with `--unstable-cron`. */
export type PlatformCron = (
  name: string,
  schedule: string,
  options: { signal: AbortSignal },
  handler: () => Promise<void>,
) => Promise<void>;

/**
 * Starts ticking once a minute. Stopping lets a tick that is under way come to its end.
 *
 * Deno Deploy only takes crons that are there when the module has run, which is before the database
 * is: so the context is asked for at each tick.
 *
 * It fires crons on the timeline of every branch, too; there none runs, so that a preview never makes
 * a school's exports.
 *
 * @param current the worker's context, once there is one
 * @param timeline Deno Deploy's DENO_TIMELINE; none elsewhere
 * @param cron the platform's own, where it has one
 */
export function startTicking(
  current: () => WorkerContext | undefined,
  timeline?: string,
  cron: PlatformCron | undefined = platformCron(),
): { stop(): void } {
  if (timeline !== undefined && timeline !== "production") return { stop() {} };
  const run = async () => {
    const context = current();
    if (context) await tickAll(context);
  };
  if (cron) {
    const stopping = new AbortController();
    cron("exports", EVERY_MINUTE, { signal: stopping.signal }, run);
    return { stop: () => stopping.abort() };
  }
  // Not unref'd: croner asks Deno to, with a timer that Deno 2.5 refuses. The worker ends by exiting.
  const job = new Cron(EVERY_MINUTE, { protect: true }, run);
  return { stop: () => job.stop() };
}

function platformCron(): PlatformCron | undefined {
  return (globalThis as { Deno?: { cron?: PlatformCron } }).Deno?.cron;
}

/** Ticks until none is left, for a minute at most: then the next one goes on. */
async function tickAll(context: WorkerContext): Promise<void> {
  await endPauses(context);
  await goOnWithReverts(context);
  context.tell?.();
  const end = context.now() + 55_000;
  try {
    let more = true;
    while (more && context.now() < end) {
      const { due, unfinished } = await tick(context);
      more = due === TICK_EXPORTS || unfinished;
    }
  } catch (error) {
    context.log("tick.failed", describeFault(error));
  }
}
