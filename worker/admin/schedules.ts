/** When a school's exports are made (SPEC section 6). */
import { Hono } from "hono";
import * as v from "valibot";
import { strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { deleteSchedule, getSchedule, putSchedule } from "../database/control/schedules.ts";
import { zoneHere, zoneTrouble } from "../zones.ts";
import { readSchedule, type ScheduleReading } from "../export/schedule.ts";
import { readJson } from "../http/body.ts";
import { describes } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { Schedule } from "./shapes/student.ts";

const PutSchedule = strictObject({
  /** A cron expression, or words. */
  when: v.pipe(v.string(), v.maxLength(500)),
  /** Asked for, never assumed: midnight is another moment in each zone. */
  timezone: v.optional(v.string()),
});

export function scheduleRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.put(
    "/schools/:slug/schedule",
    needs("admin"),
    describes({
      summary: "Sets when a school's exports are made",
      body: PutSchedule,
      answers: { 200: Schedule },
      refuses: {
        400: [
          "schedule_words",
          "schedule_cron",
          "schedule_too_often",
          "schedule_never",
          "timezone",
          "timezone_missing",
        ],
      },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const { when, timezone } = await readJson(c, PutSchedule);
      const moment = now();
      if (timezone === undefined) throw timezoneMissing();
      const schedule = accepted(readSchedule(when, timezone, moment));
      await putSchedule(database, {
        schoolId: school.id,
        cron: schedule.cron,
        timezone: schedule.timezone,
        nextDueAt: schedule.nextRuns[0]!.utc,
      }, author(c, moment));
      return c.json(schedule);
    },
  );

  routes.get(
    "/schools/:slug/schedule",
    needs("viewer"),
    describes({
      summary: "Shows a school's schedule with its next five runs",
      answers: { 200: Schedule },
      refuses: { 404: ["school_unknown", "no_schedule"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const stored = await getSchedule(database, school.id);
      if (!stored) throw noSchedule(c.req.param("slug"));
      const { cron, timezone } = stored;
      const schedule = accepted(readSchedule(cron, zoneHere(timezone), now()));
      const note = zoneTrouble(timezone);
      return c.json({ ...schedule, timezone, ...(note ? { note } : {}) });
    },
  );

  routes.delete(
    "/schools/:slug/schedule",
    needs("admin"),
    describes({
      summary: "Ends a school's schedule; exports are made when an administrator runs one",
      answers: { 204: null },
      refuses: { 404: ["school_unknown", "no_schedule"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      if (!await deleteSchedule(database, school.id, author(c, now()))) {
        throw noSchedule(c.req.param("slug"));
      }
      return c.body(null, 204);
    },
  );

  return routes;
}

function accepted(reading: ScheduleReading) {
  if ("schedule" in reading) return reading.schedule;
  const { code, message, understood, examples } = reading.problem;
  const detail = `${message} The school's schedule is as it was.`;
  throw new HttpProblem(400, code, detail, { understood, examples });
}

function timezoneMissing(): HttpProblem {
  return new HttpProblem(
    400,
    "timezone_missing",
    "timezone is missing; it takes the full name of the school's time zone, such as " +
      "America/New_York, America/Chicago, America/Denver, America/Los_Angeles, Europe/Berlin or UTC. " +
      "The school's schedule is as it was.",
  );
}

function noSchedule(slug: string): HttpProblem {
  return new HttpProblem(
    404,
    "no_schedule",
    `${slug} has no schedule; its exports are made only when an administrator runs one.`,
  );
}
