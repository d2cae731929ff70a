/** @jsxImportSource hono/jsx */
/** Files of verified students: when they are made, which there are, who fetched them. */
import { type Context, Hono } from "hono";
import type { Export, Schedule, School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Field, Form, type Typed } from "../parts/form.tsx";
import { Head, Page, type Reader } from "../parts/page.tsx";
import {
  Badge,
  Card,
  type Column,
  count,
  List,
  More,
  Note,
  onItsClock,
  Time,
} from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";

export function exportsPage(desk: Desk): Hono {
  const routes = new Hono();

  routes.get("/exports", async (c) => {
    const ask = desk.ask(c);
    const { items, next } = await ask.list<Export>("/admin/exports", {
      limit: 50,
      cursor: c.req.query("cursor"),
    });
    const school: Column<Export> = [
      "School",
      (it) => it.school && <a href={schoolPath(it.school, "/exports")}>{it.school}</a>,
    ];
    return c.html(
      <Page title="Exports" reader={desk.reader(c)} room="/console/exports" live={15}>
        <Head title="Exports" says="Files of verified students, and who fetched them." />
        <Card>
          <List
            label="Exports"
            items={items}
            columns={[school, ...exportColumns]}
            nothing={<p>No export was made yet.</p>}
          />
          <More next={next} href="/console/exports" />
        </Card>
      </Page>,
    );
  });

  async function render(c: Context, values?: Typed, problem?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const path = schoolRoute(slug, "/exports");
    const [school, exports, schedule] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.list<Export>(path, { cursor: c.req.query("cursor"), limit: 50 }),
      ask.find<Schedule>(schoolRoute(slug, "/schedule")),
    ]);
    const reader = desk.reader(c);
    const canChange = reader.role === "admin";
    const again: Column<Export> = [
      "",
      (it) =>
        canChange && ["delivered", "downloaded"].includes(it.state) && (
          <Form reader={reader} action={schoolPath(slug, "/exports/deliver")}>
            <input type="hidden" name="id" value={it.id} />
            <button class="second" type="submit">Deliver again</button>
          </Form>
        ),
    ];
    return c.html(
      <SchoolPage
        school={school}
        reader={reader}
        tab="/exports"
        title="Exports"
        said={saidOf(c)}
        live={15}
      >
        <Card title="Exports">
          {canChange && (
            <Form reader={reader} action={schoolPath(slug, "/exports")}>
              <button type="submit">Run one now</button>
            </Form>
          )}
          <List
            label="Exports"
            items={exports.items}
            columns={[...exportColumns, again]}
            nothing={<p>No export was made yet.</p>}
          />
          <More next={exports.next} href={schoolPath(slug, "/exports")} />
        </Card>
        <ScheduleCard
          slug={slug}
          reader={reader}
          schedule={schedule}
          values={values}
          problem={problem}
        />
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/exports", (c) => render(c));

  routes.post("/schools/:slug/exports", async (c) => {
    const slug = c.req.param("slug");
    const answer = await desk.ask(c).send("POST", schoolRoute(slug, "/exports"));
    if ("problem" in answer) return await render(c, undefined, answer.problem);
    return done(c, schoolPath(slug, "/exports"), "exported");
  });

  routes.post("/schools/:slug/exports/deliver", async (c) => {
    const slug = c.req.param("slug");
    const { id = "" } = await typed(c);
    const path = `/admin/exports/${encodeURIComponent(id)}/deliver`;
    const answer = await desk.ask(c).send("POST", path);
    if ("problem" in answer) return await render(c, undefined, answer.problem);
    return done(c, schoolPath(slug, "/exports"), "delivered");
  });

  routes.post("/schools/:slug/schedule", async (c) => {
    const slug = c.req.param("slug");
    const values = await typed(c);
    const { when = "", timezone = "", remove } = values;
    const path = schoolRoute(slug, "/schedule");
    const ask = desk.ask(c);
    const answer = remove === undefined
      ? await ask.send("PUT", path, { when, ...(timezone === "" ? {} : { timezone }) })
      : await ask.send("DELETE", path);
    if ("problem" in answer) return await render(c, values, answer.problem);
    return done(
      c,
      schoolPath(slug, "/exports"),
      remove === undefined ? "scheduled" : "unscheduled",
    );
  });

  return routes;
}

const exportColumns: Column<Export>[] = [
  ["File", (it) => <a href={`/admin/exports/${it.id}/file`}>{it.name}</a>],
  ["Students", (it) => count(it.students), "number"],
  ["State", (it) => <Badge state={it.state} />],
  ["Due", (it) => <Time at={it.dueAt} />, "later"],
  ["Delivered", (it) => <Time at={it.deliveredAt} />],
  ["Downloaded", (it) => <Time at={it.downloadedAt} />],
];

function ScheduleCard({ slug, reader, schedule, values, problem }: {
  slug: string;
  reader: Reader;
  schedule: Schedule | undefined;
  values: Typed | undefined;
  problem: Problem | undefined;
}) {
  return (
    <Card title="Schedule">
      {schedule
        ? (
          <div>
            {schedule.note && <Note tone="warn">{schedule.note}</Note>}
            <p>
              <strong>{schedule.description}</strong>, {schedule.timezone}{" "}
              <code>{schedule.cron}</code>
            </p>
            <p class="quiet">The next runs:</p>
            <ol>
              {schedule.nextRuns.map(({ local }) => <li>{onItsClock(local)}</li>)}
            </ol>
          </div>
        )
        : <p>No schedule: exports are made only when somebody runs one.</p>}
      {reader.role === "admin" && (
        <>
          <Form reader={reader} action={schoolPath(slug, "/schedule")} problem={problem}>
            <Field
              name="when"
              label="When"
              hint="In words or as cron: every weekday at 6:30 pm, once a day at midnight, every 15 minutes"
              value={values?.["when"]}
              problem={problem}
              required
            />
            <Field
              name="timezone"
              label="Time zone"
              hint="Such as America/New_York"
              value={values?.["timezone"] ?? schedule?.timezone}
              problem={problem}
              required
            />
            <button type="submit">Set the schedule</button>
          </Form>
          {schedule && (
            <Form reader={reader} action={schoolPath(slug, "/schedule")}>
              <input type="hidden" name="remove" value="yes" />
              <button class="danger" type="submit">Remove the schedule</button>
            </Form>
          )}
        </>
      )}
    </Card>
  );
}
