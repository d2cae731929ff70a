/** @jsxImportSource hono/jsx */
/** All schools, and making one. */
import { type Context, Hono } from "hono";
import type { School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, typed } from "../desk.ts";
import { Field, Form, type Typed } from "../parts/form.tsx";
import { Head, Page } from "../parts/page.tsx";
import { Card, List, More, Note, Time } from "../parts/show.tsx";

export function schoolsPage(desk: Desk): Hono {
  const routes = new Hono();

  routes.get("/schools", async (c) => {
    const { q = "", cursor } = c.req.query();
    const { items, next } = await desk.ask(c).list<School>("/admin/schools", {
      q,
      cursor,
      limit: 200,
    });
    const reader = desk.reader(c);
    const said = saidOf(c);
    return c.html(
      <Page title="Schools" reader={reader} room="/console/schools">
        <Head title="Schools">
          {reader.role === "admin" && (
            <a class="button" href="/console/schools/new">Make a school</a>
          )}
        </Head>
        {said && <Note tone="good">{said}</Note>}
        <form class="line" method="get" action="/console/schools">
          <Field name="q" label="Search" type="search" value={q} placeholder="name or SFTP user" />
          <button class="second" type="submit">Show</button>
        </form>
        <Card>
          <List
            label="Schools"
            items={items}
            columns={[
              ["School", (it) => <a href={schoolPath(it.slug)}>{it.name}</a>],
              ["SFTP user", (it) => <span class="mono">{it.slug}</span>],
              ["State", (it) => <SchoolState of={it} />],
              ["Bridge", (it) => it.bridge, "later"],
              ["Since", (it) => <Time at={it.createdAt} />, "later"],
            ]}
            nothing={q !== "" ? <p>No school's name or SFTP user has that in it.</p> : (
              <>
                <p>There is no school yet.</p>
                {reader.role === "admin" && (
                  <a class="button" href="/console/schools/new">Make the first</a>
                )}
              </>
            )}
          />
          <More next={next} href={`/console/schools?${new URLSearchParams({ q })}`} />
        </Card>
      </Page>,
    );
  });

  function renderNew(c: Context, values: Typed = {}, problem?: Problem) {
    const reader = desk.reader(c);
    return c.html(
      <Page
        title="Make a school"
        reader={reader}
        room="/console/schools"
        crumbs={[["/console/schools", "Schools"]]}
      >
        <Head title="Make a school" says="Three steps: its name, its key, what to send it." />
        <Card title="1. Its name">
          <Form reader={reader} action="/console/schools/new" problem={problem}>
            <Field
              name="name"
              label="Name"
              hint="As people write it."
              value={values["name"]}
              problem={problem}
              placeholder="Springfield College"
              required
            />
            <Field
              name="slug"
              label="SFTP user name"
              hint="2 to 32 characters: a letter, then letters, digits, - or _, all lower case. It stays for good."
              value={values["slug"]}
              problem={problem}
              placeholder="springfield"
              required
            />
            <button type="submit">Make it, then add its key</button>
          </Form>
        </Card>
      </Page>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/new", (c) => renderNew(c));
  routes.post("/schools/new", async (c) => {
    const values = await typed(c);
    const slug = (values["slug"] ?? "").trim();
    const body = { name: values["name"], slug };
    const answer = await desk.ask(c).send<School>("POST", "/admin/schools", body);
    if ("problem" in answer) return renderNew(c, values, answer.problem);
    return done(c, schoolPath(answer.body.slug, "/keys"), "created");
  });

  return routes;
}

export function SchoolState({ of: { suspendedAt, purgeStartedAt } }: { of: School }) {
  if (purgeStartedAt) return <span class="badge bad">being deleted</span>;
  if (suspendedAt) return <span class="badge warn">suspended</span>;
  return <span class="badge good">open</span>;
}
