/** What administrators did, newest first. */
import { Hono } from "hono";
import * as v from "valibot";
import { instant, type WorkerContext } from "../context.ts";
import { listAudit } from "../database/control/audit.ts";
import { accept } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { InstantText } from "./instant.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { AuditEntry } from "./shapes/access.ts";

/** Which entries: of a school (its slug), of a kind of change, of a moment and later. */
const Which = v.object({
  school: v.optional(v.string()),
  action: v.optional(v.string()),
  since: v.optional(InstantText),
});

export function auditRoutes({ database }: WorkerContext): Hono {
  return new Hono().get(
    "/audit",
    needs("viewer", "own"),
    describes({
      summary: "Lists what administrators did",
      query: { ...PAGE, ...Which.entries },
      answers: { 200: pageOf(AuditEntry) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([v.number()]));
      const { school, action, since } = accept(Which, c.req.query(), "query");
      const entries = await listAudit(database, page, {
        school,
        action,
        since: since === undefined ? undefined : instant(Date.parse(since)),
        only: schoolIds(principalOf(c)),
      });
      return c.json(writePage(entries, page, ({ id }) => [id], (entry) => entry));
    },
  );
}
