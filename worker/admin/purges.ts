/** A purge that waits for a bridge: what it waits for, and ending it without that bridge. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { purgeWaits } from "../database/purge-waits.ts";
import { giveUpPurge } from "../database/give-up-purge.ts";
import { describes } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { confirmMissing } from "./confirm.ts";
import { findAnySchool } from "./find-school.ts";
import { needs } from "./needs.ts";
import { PurgeGivenUp, Purging } from "./shapes/school.ts";

const Confirm = v.pipe(v.string(), v.description("The school's slug once more"));

export function purgeRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  async function purging(slug: string) {
    const school = await findAnySchool(database, slug);
    if (school.deletedAt !== null && school.deletedAt !== undefined) return school;
    throw new HttpProblem(
      409,
      "not_purging",
      `${slug} is not being deleted. DELETE /admin/schools/${slug} begins it.`,
    );
  }

  routes.get(
    "/schools/:slug/purge",
    needs("viewer"),
    describes({
      summary: "What the deletion of a school waits for",
      answers: { 200: Purging },
      refuses: { 404: ["school_unknown"], 409: ["not_purging"] },
    }),
    async (c) => {
      const { id, slug, deletedAt } = await purging(c.req.param("slug"));
      const waitsFor = await purgeWaits(database, id);
      return c.json({ slug, state: "purging", purgeStartedAt: deletedAt!, waitsFor });
    },
  );

  routes.delete(
    "/schools/:slug/purge",
    needs("admin", "all", "anew"),
    describes({
      summary: "Ends a deletion without the bridges it waits for",
      description:
        "For a bridge that never comes back. What its disk still has of the school stays there.",
      query: { confirm: Confirm },
      answers: { 200: PurgeGivenUp },
      refuses: { 400: ["confirm_missing"], 404: ["school_unknown"], 409: ["not_purging"] },
    }),
    async (c) => {
      const school = await purging(c.req.param("slug"));
      const { id, slug } = school;
      const waits = await purgeWaits(database, id);
      if (c.req.query("confirm") !== slug) {
        const names = waits.map(({ bridge }) => bridge).join(", ") || "no bridge";
        throw confirmMissing(
          slug,
          `This ends the deletion of ${slug} without ${names}: what is on the disk of a bridge stays ` +
            "there, with the school's key",
        );
      }
      await giveUpPurge(database, school, waits, author(c, now()));
      return c.json({ slug, state: "deleted", givenUp: waits.map(({ bridge }) => bridge) });
    },
  );

  return routes;
}
