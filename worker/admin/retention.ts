/** For how long a school's home keeps what is done with; for ever, unless an administrator says why not. */
import { Hono } from "hono";
import * as v from "valibot";
import { severalLines, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { endRetention, retentionOf, setRetention } from "../database/control/retentions.ts";
import { readJson } from "../http/body.ts";
import { describes } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { needs } from "./needs.ts";

const DAYS = "a whole number of days from 1 to 36500";
const REASON = "why files of the school are to be removed, in 1 to 1000 characters";

const Wanted = strictObject({
  days: v.pipe(v.number(DAYS), v.integer(DAYS), v.minValue(1, DAYS), v.maxValue(36_500, DAYS)),
  reason: v.pipe(severalLines(REASON), v.nonEmpty(REASON), v.maxLength(1000, REASON)),
});

const Retention = v.pipe(
  v.object({
    days: v.number(),
    reason: v.string(),
    actor: v.pipe(v.string(), v.description("Who asked for it")),
    at: v.pipe(v.string(), v.isoTimestamp()),
  }),
  v.metadata({ ref: "Retention" }),
);

export function retentionRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();
  const path = "/schools/:slug/retention";

  const shown = describes({
    summary: "Says for how many days a school's home keeps what is done with",
    answers: { 200: Retention },
    refuses: { 404: ["retention_unset"] },
  });
  routes.get(path, needs("viewer"), shown, async (c) => {
    const { id, slug } = await findSchool(database, c.req.param("slug"));
    const retention = await retentionOf(database, id);
    if (!retention) {
      throw new HttpProblem(404, "retention_unset", `${slug} keeps everything for ever.`);
    }
    return c.json(retention);
  });

  const sets = describes({
    summary: "Has evidence, reports and downloaded exports removed after so many days",
    description:
      "Files in /inbound that the service named .original, .completed or .rejected, so many days after " +
      "they were made, and exports so many days after they were downloaded. The reason is kept in the " +
      "audit, and so is each file.",
    body: Wanted,
    answers: { 200: Retention },
  });
  routes.put(path, needs("admin"), sets, async (c) => {
    const { id } = await findSchool(database, c.req.param("slug"));
    const by = author(c, now());
    await setRetention(database, id, await readJson(c, Wanted), by);
    return c.json(await retentionOf(database, id));
  });

  const ends = describes({
    summary: "Has everything kept again from now on",
    answers: { 204: null },
  });
  routes.delete(path, needs("admin"), ends, async (c) => {
    const { id } = await findSchool(database, c.req.param("slug"));
    await endRetention(database, id, author(c, now()));
    return c.body(null, 204);
  });

  return routes;
}
