/** Exports: run one now, list them, deliver one again (SPEC section 6). */
import { Hono } from "hono";
import { Instant } from "../../shared/protocol.ts";
import type { WorkerContext } from "../context.ts";
import { deliverAgain } from "../database/school/deliveries.ts";
import { getExport, listExports, type StoredExport } from "../database/school/exports.ts";
import { runNow } from "../export/tick.ts";
import { HttpProblem } from "../http/problem.ts";
import { takes } from "../http/query.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";

export function exportRoutes(context: WorkerContext): Hono {
  const { database, now, randomId } = context;
  const routes = new Hono();

  routes.post("/schools/:slug/exports", async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    const id = await runNow(context, school.id, author(c, now()));
    if (id === undefined) {
      throw new HttpProblem(
        409,
        "nothing_new",
        `No verification of ${
          c.req.param("slug")
        } waits to be exported, and its setting emptyExports ` +
          "is skip; no export was made.",
      );
    }
    return c.json(writeExport((await getExport(database, id))!), 201);
  });

  routes.get("/schools/:slug/exports", takes(...PAGE), async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    const page = readPage(c, Instant);
    const stored = await listExports(database, school.id, page.after, page.limit + 1);
    return c.json(writePage(stored, page, ({ dueAt }) => dueAt, writeExport));
  });

  routes.post("/exports/:id/deliver", async (c) => {
    const id = c.req.param("id");
    const again = { id, commandId: randomId() };
    if (!await deliverAgain(database, again, author(c, now()))) {
      throw new HttpProblem(
        404,
        "export_unknown",
        `There is no export ${id}; nothing is delivered.`,
      );
    }
    return c.json(writeExport((await getExport(database, id))!), 202);
  });

  return routes;
}

/**
 * An export as administrators see it: `pending` until the bridge has put it into `/outbound` for the
 * first time, `delivered`, then `downloaded` once the school has read it to its end.
 */
export function writeExport({ schoolId: _, ...stored }: StoredExport) {
  const state = stored.downloadedAt ? "downloaded" : stored.deliveredAt ? "delivered" : "pending";
  return { ...stored, state };
}
