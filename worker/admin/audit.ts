/** What administrators did, newest first. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { listAudit } from "../database/control/audit.ts";
import { takes } from "../http/query.ts";
import { PAGE, readPage, writePage } from "./page.ts";

export function auditRoutes({ database }: WorkerContext): Hono {
  return new Hono().get("/audit", takes(...PAGE, "school", "action"), async (c) => {
    const page = readPage(c, v.tuple([v.number()]));
    const entries = await listAudit(database, page, {
      school: c.req.query("school"),
      action: c.req.query("action"),
    });
    return c.json(writePage(entries, page, ({ id }) => [id], (entry) => entry));
  });
}
