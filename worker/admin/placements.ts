/** The pairs of RequirementGroup and Term that a school's rosters may name. */
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { listPlacements, replacePlacements } from "../database/school/placements.ts";
import { readJson } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { Placement } from "./shapes/school.ts";

const Words = v.pipe(
  oneLine(),
  v.nonEmpty("it takes 1 to 200 characters"),
  v.maxLength(200),
);

/** The whole list; empty: rosters may name any pair. */
const Placements = v.pipe(
  v.array(strictObject({ requirementGroup: Words, term: Words })),
  v.maxLength(10_000),
);

export function placementRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.put(
    "/schools/:slug/placements",
    needs("admin"),
    describes({
      summary: "Sets the list of pairs that a school's rosters may name",
      description: "An empty list: any pair.",
      body: Placements,
      answers: { 204: null },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const placements = await readJson(c, Placements);
      await replacePlacements(database, school.id, placements, author(c, now()));
      return c.body(null, 204);
    },
  );

  routes.get(
    "/schools/:slug/placements",
    needs("viewer"),
    describes({
      summary: "Lists the pairs that a school's rosters may name",
      query: PAGE,
      answers: { 200: pageOf(Placement) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const placements = await listPlacements(database, school.id, page);
      return c.json(writePage(
        placements,
        page,
        ({ requirementGroup, term }) => [requirementGroup, term],
        (placement) => placement,
      ));
    },
  );

  return routes;
}
