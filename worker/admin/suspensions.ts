/** Suspending a school: out at once, nothing deleted; and letting it in again. */
import { Hono } from "hono";
import type { WorkerContext } from "../context.ts";
import { suspendSchool } from "../database/control/suspension.ts";
import { describes } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { Suspended } from "./shapes/school.ts";

export function suspensionRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.post(
    "/schools/:slug/suspension",
    needs("admin"),
    describes({
      summary: "Puts a school out at once; nothing is deleted",
      answers: { 200: Suspended },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const by = author(c, now());
      await suspendSchool(database, school.id, by.at, by);
      return c.json({ slug: school.slug, suspendedAt: school.suspendedAt ?? by.at });
    },
  );

  routes.delete(
    "/schools/:slug/suspension",
    needs("admin"),
    describes({ summary: "Lets a suspended school in again", answers: { 204: null } }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      await suspendSchool(database, school.id, null, author(c, now()));
      return c.body(null, 204);
    },
  );

  return routes;
}
