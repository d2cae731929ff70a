/** Who removed which file of a school's home (SPEC section 2: nothing goes by itself). */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { type Asked, removalsAsked } from "../database/control/audit.ts";
import { listRemovals, type Removal, type RemovalKey } from "../database/school/removals.ts";
import { describes, pageOf } from "../http/describe.ts";
import { findSchool } from "./find-school.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { RemovedFile } from "./shapes/school.ts";

const Key: v.GenericSchema<RemovalKey> = v.tuple([v.string(), v.string(), v.number()]);

export function removalRoutes({ database }: WorkerContext): Hono {
  return new Hono().get(
    "/schools/:slug/files/removed",
    needs("viewer"),
    describes({
      summary: "Lists what was removed from a school's home, and by whom",
      query: PAGE,
      answers: { 200: pageOf(RemovedFile) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, Key);
      const removals = await listRemovals(database, school.id, page);
      const asked = await removalsAsked(database, school.id, removals.map(({ path }) => path));
      return c.json(
        writePage(removals, page, ({ key }) => key, (removal) => removalAnswer(removal, asked)),
      );
    },
  );
}

/** `askedBy`: the administrator whose wish the service then did. */
function removalAnswer({ path, size, at, sender }: Removal, asked: readonly Asked[]) {
  const ask = sender === null && asked.find((one) => one.path === path && one.at <= at);
  return { path, size, at, sender, askedBy: ask ? ask.actor : null };
}
