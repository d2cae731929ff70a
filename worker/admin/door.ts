/** Who came to the bridges' doors: a school's logins, logins that were refused, addresses shut out. */
import { Hono } from "hono";
import * as v from "valibot";
import { instant, type WorkerContext } from "../context.ts";
import { liftBans, listBans } from "../database/control/bans.ts";
import { listRefusals } from "../database/control/refused-logins.ts";
import { listLogins } from "../database/school/logins.ts";
import { accept } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Login, RefusedLogin, ShutOut } from "./shapes/door.ts";

const which = { slug: v.optional(v.string()), address: v.optional(v.string()) };

export function doorRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/schools/:slug/logins",
    needs("viewer"),
    describes({
      summary: "A school's logins, and those that were refused with its name, newest first",
      query: PAGE,
      answers: { 200: pageOf(Login) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string(), v.number()]));
      const logins = await listLogins(database, school.id, page);
      return c.json(
        writePage(logins, page, ({ at, number }): [string, number] => [at, number], loginAnswer),
      );
    },
  );

  routes.get(
    "/refused-logins",
    needs("viewer", "all"),
    describes({
      summary: "Logins that were refused, of strangers too, newest first",
      query: { ...PAGE, ...which },
      answers: { 200: pageOf(RefusedLogin) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([v.string(), v.string(), v.number()]));
      const wanted = accept(v.object(which), c.req.query(), "query");
      const refused = await listRefusals(database, page, wanted);
      return c.json(writePage(
        refused,
        page,
        ({ at, bridgeId, number }): [string, string, number] => [at, bridgeId, number],
        ({ bridgeId: _bridge, number: _number, ...answer }) => answer,
      ));
    },
  );

  routes.get(
    "/bans",
    needs("viewer", "all"),
    describes({
      summary: "Addresses that are shut out for a while, as the bridges told of them last",
      answers: { 200: v.object({ items: v.array(ShutOut) }) },
    }),
    async (c) => c.json({ items: await listBans(database, instant(now())) }),
  );

  routes.delete(
    "/bans/:source{.+}",
    needs("admin", "all"),
    describes({
      summary: "Lets an address in again",
      answers: { 204: null },
      refuses: { 404: ["ban_unknown"] },
    }),
    async (c) => {
      const source = c.req.param("source");
      const bans = (await listBans(database, instant(now()))).filter((ban) =>
        ban.source === source
      );
      if (bans.length === 0) {
        throw new HttpProblem(
          404,
          "ban_unknown",
          `No bridge shuts out ${JSON.stringify(source)}. GET /admin/bans lists those it does.`,
        );
      }
      await liftBans(database, bans, author(c, now()));
      return c.body(null, 204);
    },
  );

  return routes;
}

interface ToldLogin {
  at: string;
  event: Record<string, unknown>;
}

function loginAnswer({ at, event }: ToldLogin) {
  const { type, sender, reason, since, count = 1 } = event;
  const { address, client, fingerprint } = (sender ?? event) as Record<string, unknown>;
  return {
    type: type === "login" ? "login" : "refused",
    reason: reason ?? null,
    ...{ at, since: since ?? at, count, address, client, fingerprint: fingerprint ?? null },
  };
}
