/** The mails to a school's contacts, and what the mail server said to each. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { listMails } from "../database/control/mails.ts";
import { findSchool } from "./find-school.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Mail } from "./shapes/told.ts";

export function mailRoutes({ database }: WorkerContext): Hono {
  return new Hono().get(
    "/schools/:slug/mails",
    needs("viewer"),
    describes({
      summary: "Lists the mails to a school's contacts, and what the mail server said",
      query: PAGE,
      answers: { 200: pageOf(Mail) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const mails = await listMails(database, school.id, page);
      return c.json(writePage(mails, page, ({ createdAt, id }) => [createdAt, id], (mail) => mail));
    },
  );
}
