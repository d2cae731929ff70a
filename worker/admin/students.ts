/** A school's students. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { listStudents, studentByUsername, studentStatuses } from "../database/school/students.ts";
import { type HistoryEntry as Entry, studentHistory } from "../database/school/student-history.ts";
import { usernameKey } from "../roster/values/username.ts";
import { accept } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { findSchool } from "./find-school.ts";
import { HistoryEntry } from "./shapes/revert.ts";
import { Student } from "./shapes/student.ts";

/** More words than these are more than one statement takes. */
const Search = v.object({
  verified: v.optional(v.picklist(["true", "false"], "it takes true or false")),
  q: v.optional(v.pipe(v.string(), v.maxLength(200, "takes up to 200 characters"))),
  status: v.optional(v.picklist(studentStatuses, "it takes active or inactive")),
});

export function studentRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/schools/:slug/students",
    needs("viewer"),
    describes({
      summary: "Lists a school's students, in the order of their Usernames",
      query: { ...PAGE, ...Search.entries },
      answers: { 200: pageOf(Student) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string()]));
      const { q, verified, status } = accept(Search, c.req.query(), "query");
      const students = await listStudents(database, school.id, page, {
        search: q,
        isVerified: verified && verified === "true",
        status,
      });
      return c.json(
        writePage(students, page, ({ username }) => [usernameKey(username)], (student) => student),
      );
    },
  );

  // A Username may be any text where the school says so, slashes too.
  routes.get(
    "/schools/:slug/students/:username{.+}/history",
    needs("viewer"),
    describes({
      summary: "Shows which upload or person changed what of a student, newest first",
      query: PAGE,
      answers: { 200: pageOf(HistoryEntry) },
      refuses: { 404: ["school_unknown", "student_unknown"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const username = c.req.param("username");
      const page = readPage(c, v.tuple([v.string(), v.string(), v.number()]));
      if (!await studentByUsername(database, school.id, username)) {
        throw studentUnknown(school.slug, username);
      }
      const key = usernameKey(username.trim());
      const entries = await studentHistory(database, school.id, key, page);
      return c.json(writePage(entries, page, ({ at, kind, id }) => [at, kind, id], historyAnswer));
    },
  );

  routes.get(
    "/schools/:slug/students/:username{.+}",
    needs("viewer"),
    describes({
      summary: "Shows a student",
      answers: { 200: Student },
      refuses: { 404: ["school_unknown", "student_unknown"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const username = c.req.param("username");
      const student = await studentByUsername(database, school.id, username);
      if (!student) throw studentUnknown(school.slug, username);
      return c.json(student);
    },
  );

  return routes;
}

function studentUnknown(slug: string, username: string): HttpProblem {
  return new HttpProblem(
    404,
    "student_unknown",
    `${slug} has no student with the Username ${JSON.stringify(username)}.`,
  );
}

function historyAnswer({ id: _, ...entry }: Entry) {
  return entry;
}
