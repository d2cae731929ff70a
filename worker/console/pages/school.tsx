/** @jsxImportSource hono/jsx */
/** One school: how it stands; a new one is led to its first upload. */
import { type Context, Hono } from "hono";
import type { Export, Key, Schedule, School, Upload } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Field, Form } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Badge, Card, Facts, List, onItsClock, Time } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";
import { uploadColumns } from "./uploads.tsx";

export function schoolPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, refused?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const route = (below: string) => schoolRoute(slug, below);
    const [school, keys, uploads, exports, schedule] = await Promise.all([
      ask.get<School>(route("")),
      ask.list<Key>(route("/keys"), { limit: 100 }),
      ask.list<Upload>(route("/uploads"), { limit: 10 }),
      ask.list<Export>(route("/exports"), { limit: 3 }),
      ask.find<Schedule>(route("/schedule")),
    ]);
    const reader = desk.reader(c);
    const open = keys.items.filter(({ revokedAt }) => revokedAt === null);
    const isNew = uploads.items.length === 0;
    return c.html(
      <SchoolPage school={school} reader={reader} tab="" said={saidOf(c)} live={isNew ? 3 : 10}>
        {isNew && <FirstSteps school={school} keys={open} />}
        <Card
          title="Newest uploads"
          actions={<a href={`/console/uploads?school=${school.slug}`}>All uploads</a>}
        >
          <List
            label="Newest uploads"
            items={uploads.items}
            columns={uploadColumns(false)}
            nothing={<p>Nothing has arrived yet. This page changes by itself when it does.</p>}
          />
        </Card>
        <Card title="Exports" actions={<a href={schoolPath(slug, "/exports")}>All exports</a>}>
          <Facts
            of={[
              [
                "When",
                schedule
                  ? `${schedule.description} (${schedule.timezone})`
                  : "only when somebody runs one",
              ],
              ["Next", schedule?.nextRuns[0] ? onItsClock(schedule.nextRuns[0].local) : "–"],
              [
                "Newest",
                exports.items[0]
                  ? (
                    <>
                      {exports.items[0].name} <Badge state={exports.items[0].state} />
                    </>
                  )
                  : "none yet",
              ],
            ]}
          />
        </Card>
        {reader.role === "admin" && <Danger school={school} reader={reader} refused={refused} />}
      </SchoolPage>,
      refused ? 409 : 200,
    );
  }

  routes.get("/schools/:slug", (c) => render(c));

  routes.post("/schools/:slug/suspend", async (c) => {
    const slug = c.req.param("slug");
    const answer = await desk.ask(c).send("POST", schoolRoute(slug, "/suspension"));
    return "problem" in answer
      ? await render(c, answer.problem)
      : done(c, schoolPath(slug), "suspended");
  });

  routes.post("/schools/:slug/admit", async (c) => {
    const slug = c.req.param("slug");
    const answer = await desk.ask(c).send("DELETE", schoolRoute(slug, "/suspension"));
    return "problem" in answer
      ? await render(c, answer.problem)
      : done(c, schoolPath(slug), "admitted");
  });

  routes.post("/schools/:slug/delete", async (c) => {
    const slug = c.req.param("slug");
    const { confirm = "" } = await typed(c);
    const answer = await desk.ask(c).send("DELETE", schoolRoute(slug), undefined, { confirm });
    return "problem" in answer
      ? await render(c, answer.problem)
      : done(c, "/console/schools", "purging");
  });

  return routes;
}

function FirstSteps({ school, keys }: { school: School; keys: Key[] }) {
  const wasUsed = keys.some(({ lastUsedAt }) => lastUsedAt);
  return (
    <Card title="First steps">
      <ol class="story">
        <li>
          <div>The school is made.</div>
        </li>
        <li class={keys.length > 0 ? undefined : "wait"}>
          <div>
            {keys.length > 0
              ? "Its key is registered."
              : (
                <a href={schoolPath(school.slug, "/keys")}>
                  Register the public key that it sent you
                </a>
              )}
          </div>
        </li>
        <li class={wasUsed ? undefined : "wait"}>
          <div>
            {wasUsed ? "It has come in." : (
              <>
                Send it{" "}
                <a href={schoolPath(school.slug, "/sheet")}>its instructions</a>: the address, the
                command, the template. This page says when it first comes in.
              </>
            )}
          </div>
        </li>
        <li class="wait">
          <div>Its first roster arrives, and its report is here.</div>
        </li>
      </ol>
    </Card>
  );
}

function Danger({ school, reader, refused }: {
  school: School;
  reader: Reader;
  refused: Problem | undefined;
}) {
  const path = (below: string) => schoolPath(school.slug, below);
  return (
    <Card title="Access">
      <Facts
        of={[
          ["Made", <Time at={school.createdAt} />],
          ["Bridge", school.bridge],
          ["Suspended", school.suspendedAt ? <Time at={school.suspendedAt} /> : "no"],
        ]}
      />
      {school.suspendedAt
        ? (
          <Form reader={reader} action={path("/admit")}>
            <button class="second" type="submit">Let it in again</button>
          </Form>
        )
        : (
          <Form reader={reader} action={path("/suspend")}>
            <p>Suspending puts it out at once and deletes nothing.</p>
            <button class="danger" type="submit">Suspend</button>
          </Form>
        )}
      <details class="fold" open={refused !== undefined}>
        <summary>Delete this school and all that is its own</summary>
        <Form reader={reader} action={path("/delete")} problem={refused}>
          <p>
            Its students, uploads, keys, files on the bridge and all else go for good; only the
            audit trail stays.
          </p>
          <Field name="confirm" label="Its SFTP user name again" hint={school.slug} required />
          <button class="danger" type="submit">Delete for good</button>
        </Form>
      </details>
    </Card>
  );
}
