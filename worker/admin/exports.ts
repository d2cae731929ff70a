/** Exports: run one now, list them, deliver one again (SPEC section 6). */
import { Hono } from "hono";
import * as v from "valibot";
import { Instant } from "../../shared/protocol.ts";
import type { WorkerContext } from "../context.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import { deliverAgain, deliveredAgain } from "../database/school/deliveries.ts";
import {
  getExport,
  listExports,
  listExportsOf,
  type StoredExport,
} from "../database/school/exports.ts";
import { exportFile } from "../export/file.ts";
import { ExportUnderWay, runNow } from "../export/tick.ts";
import { describes, pageOf } from "../http/describe.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { author } from "./author.ts";
import { findExport } from "./find-export.ts";
import { bridgeOf, findSchool } from "./find-school.ts";
import { Export } from "./shapes/student.ts";

export function exportRoutes(context: WorkerContext): Hono {
  const { database, now, randomId } = context;
  const routes = new Hono();

  routes.post(
    "/schools/:slug/exports",
    needs("admin"),
    describes({
      summary: "Makes an export now",
      answers: { 201: Export },
      refuses: { 409: ["nothing_new", "export_under_way"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const skipEmpty = school.settings.emptyExports === "skip";
      const by = author(c, now());
      const of = { id: school.id, bridge: school.bridge, skipEmpty };
      const id = await runNow(context, of, by).catch(refuseWhileMaking);
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
    },
  );

  routes.get(
    "/schools/:slug/exports",
    needs("viewer"),
    describes({
      summary: "Lists a school's exports",
      query: PAGE,
      answers: { 200: pageOf(Export) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, Instant);
      const stored = await listExports(database, school.id, page.after, page.limit + 1);
      return c.json(writePage(stored, page, ({ dueAt }) => dueAt, writeExport));
    },
  );

  routes.get(
    "/exports",
    needs("viewer", "own"),
    describes({
      summary: "Lists the exports of all schools",
      query: PAGE,
      answers: { 200: pageOf(Export) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([Instant, v.string()]));
      const stored = await listExportsOf(database, schoolIds(principalOf(c)), page);
      const slugs = await schoolSlugs(database, stored.map(({ schoolId }) => schoolId));
      return c.json(writePage(stored, page, ({ dueAt, id }) => [dueAt, id], (one) => ({
        school: slugs.get(one.schoolId),
        ...writeExport(one),
      })));
    },
  );

  /** With how a further delivery stands. */
  async function wholeAnswer(id: string) {
    const stored = await findExport(database, id);
    const again = await deliveredAgain(database, stored);
    return { ...writeExport(stored), ...(again ? { again } : {}) };
  }

  /** One that has all its rows. */
  async function wholeExport(id: string): Promise<StoredExport> {
    const stored = await findExport(database, id);
    if (stored.madeAt) return stored;
    throw new HttpProblem(
      409,
      "export_unfinished",
      `Export ${id} is being made; ${stored.students} rows are in it so far. Try again later.`,
    );
  }

  routes.get(
    "/exports/:id",
    needs("viewer", "export"),
    describes({
      summary: "Shows an export",
      answers: { 200: Export },
      refuses: { 404: ["export_unknown"] },
    }),
    async (c) => c.json(await wholeAnswer(c.req.param("id"))),
  );

  // The bytes that the school gets, the same each time.
  routes.get(
    "/exports/:id/file",
    needs("viewer", "export"),
    describes({
      summary: "Downloads an export: the bytes that the school gets",
      answers: { 200: { type: "text/csv", what: "The file" } },
      refuses: { 404: ["export_unknown"], 409: ["export_unfinished"] },
    }),
    async (c) => {
      const stored = await wholeExport(c.req.param("id"));
      return c.body(exportFile(database, stored), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="${stored.name}"`,
      });
    },
  );

  routes.post(
    "/exports/:id/deliver",
    needs("admin", "export"),
    describes({
      summary: "Delivers an export again, byte for byte",
      answers: { 202: Export },
      refuses: { 404: ["export_unknown"], 409: ["export_unfinished"] },
    }),
    async (c) => {
      const stored = await wholeExport(c.req.param("id"));
      const bridge = await bridgeOf(database, stored.schoolId);
      const again = { export: stored, bridge, commandId: randomId() };
      await deliverAgain(database, again, author(c, now()));
      return c.json(await wholeAnswer(stored.id), 202);
    },
  );

  return routes;
}

function refuseWhileMaking(error: unknown): never {
  if (!(error instanceof ExportUnderWay)) throw error;
  throw new HttpProblem(
    409,
    "export_under_way",
    `Another export of this school is being made (${error.id}), one at a time; GET ` +
      `/admin/exports/${error.id} says how far it is. Nothing was made; try again later.`,
  );
}

/**
 * An export as administrators see it: `making` until all rows are in it, `pending` until the bridge has put it into `/outbound` for the
 * first time, `delivered`, then `downloaded` once the school has read it to its end.
 */
export function writeExport({ schoolId: _, madeAt, ...stored }: StoredExport) {
  const state = stored.downloadedAt
    ? "downloaded"
    : stored.deliveredAt
    ? "delivered"
    : madeAt
    ? "pending"
    : "making";
  return { ...stored, state };
}
