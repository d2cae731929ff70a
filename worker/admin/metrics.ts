/** How the worker stands, for Prometheus. Few metrics, and none per school. */
import { Hono } from "hono";
import { EXPOSITION_TYPE, gauge } from "../../shared/exposition.ts";
import type { WorkerContext } from "../context.ts";
import { allSlugs, bridgesSeen, countWaiting, type Waiting } from "../database/control/overview.ts";
import { oldestUnsealed } from "../database/control/seals.ts";
import { type SchoolWork, schoolWork } from "../database/school/overview.ts";
import { adminDoor } from "../http/admin-door.ts";
import { describes } from "../http/describe.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import { knownQuery } from "../http/query.ts";
import type { RequestRate } from "../http/request-rate.ts";
import { needs, sayWhatTheyNeed } from "./needs.ts";

export function metricsRoutes(
  context: WorkerContext,
  failed: FailedTokens,
  rate: RequestRate,
): Hono {
  const { database } = context;
  const described = describes({
    summary: "Says how the worker stands, for Prometheus",
    answers: { 200: { type: "text/plain", what: "Prometheus's text exposition format" } },
  });
  const routes = new Hono();
  routes.use(adminDoor({ ...context, failed, rate }));
  routes.use(sayWhatTheyNeed(context));
  routes.use(knownQuery);
  routes.get("/", needs("viewer", "all"), described, async (c) => {
    const [slugs, work, waiting, unsealed, bridges] = await Promise.all([
      allSlugs(database),
      schoolWork(database),
      countWaiting(database),
      oldestUnsealed(database),
      bridgesSeen(database),
    ]);
    const text = workText(work) + waitingText(waiting) + schoolsText(slugs.size, waiting) +
      unsealedText(unsealed) + bridgesText(bridges);
    return c.body(text, 200, { "content-type": EXPOSITION_TYPE });
  });
  return routes;
}

function workText(work: SchoolWork): string {
  return gauge(
    named("uploads"),
    "Uploads that are not done: under way, held by a rule, parked by a fault.",
    "state",
    work.uploads,
  ) +
    gauge(named("reverts"), "Uploads that are being put back.", work.revertsUnderWay) +
    gauge(
      named("exports_not_downloaded"),
      "Exports that lie in /outbound and were not fetched yet.",
      work.exportsNotDownloaded,
    ) +
    gauge(named("commands_waiting"), "Commands that bridges have yet to do.", work.commandsWaiting);
}

function waitingText({ webhookDeliveries, mails }: Waiting): string {
  return gauge(
    named("webhook_deliveries_waiting"),
    "Messages that are yet to reach their webhook, where that is on.",
    webhookDeliveries,
  ) + gauge(named("mails_waiting"), "Mails that are yet to be sent.", mails);
}

function schoolsText(schools: number, { silentSchools }: Waiting): string {
  return gauge(named("schools"), "Schools.", schools) +
    gauge(
      named("schools_silent"),
      "Schools whose roster is expected and did not come.",
      silentSchools,
    );
}

/** Not when it was last sealed: where nobody changes anything, that is long ago and all is well. */
function unsealedText(entry: { at: string } | undefined): string {
  return gauge(
    named("audit_unsealed_timestamp_seconds"),
    "When the oldest entry of the audit that is yet to be sealed was made; 0: all are sealed.",
    entry ? seconds(entry.at) : 0,
  );
}

function bridgesText(bridges: { name: string; seenAt: string }[]): string {
  return gauge(
    named("bridge_seen_timestamp_seconds"),
    "When each bridge was last heard of.",
    "bridge",
    Object.fromEntries(bridges.map(({ name, seenAt }) => [name, seconds(seenAt)])),
  );
}

function named(name: string): string {
  return `rosterbridge_worker_${name}`;
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}
