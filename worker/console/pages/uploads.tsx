/** @jsxImportSource hono/jsx */
/** Uploads of all schools or of one, newest first. */
import { Hono } from "hono";
import type { Upload } from "../answers.ts";
import { type Desk, schoolPath } from "../desk.ts";
import { Choose, Field } from "../parts/form.tsx";
import { Head, Page } from "../parts/page.tsx";
import { Card, type Column, count, List, More, Note, Time, UploadBadge } from "../parts/show.tsx";

const states: [value: string, words: string][] = [
  ["", "in any state"],
  ["accepted", "waiting"],
  ["checking", "being checked"],
  ["held", "held"],
  ["parked", "parked"],
  ["processing", "processing"],
  ["completed", "completed"],
  ["rejected", "rejected"],
  ["discarded", "discarded"],
  ["reverted", "reverted"],
];

export function uploadsPage(desk: Desk): Hono {
  return new Hono().get("/uploads", async (c) => {
    const { school = "", state = "", since = "", cursor } = c.req.query();
    const { items, next, refused } = await desk.ask(c).search<Upload>("/admin/uploads", {
      school: school.trim(),
      state,
      since: since === "" ? "" : `${since}T00:00:00Z`,
      cursor,
      limit: 50,
    });
    return c.html(
      <Page title="Uploads" reader={desk.reader(c)} room="/console/uploads" live={10}>
        <Head title="Uploads" says="Every roster that a school sent, and what became of it." />
        <form class="line" method="get" action="/console/uploads">
          <Field name="school" label="School" value={school} placeholder="any" />
          <Choose name="state" label="State" value={state} options={states} />
          <Field name="since" label="Accepted since (UTC)" type="date" value={since} />
          <button class="second" type="submit">Show</button>
        </form>
        {refused && <Note tone="bad">{refused}</Note>}
        <Card>
          <List
            label="Uploads"
            items={items}
            columns={uploadColumns(true)}
            nothing={<p>There is no such upload.</p>}
          />
          <More
            next={next}
            href={`/console/uploads?${new URLSearchParams({ school, state, since })}`}
          />
        </Card>
      </Page>,
    );
  });
}

/** The columns of a list of uploads; `withSchool` where there are several schools in it. */
export function uploadColumns(withSchool: boolean): Column<Upload>[] {
  const school: Column<Upload> = [
    "School",
    (it) => it.school ? <a href={schoolPath(it.school)}>{it.school}</a> : "–",
  ];
  return [
    ["File", (it) => <a href={`/console/uploads/${it.id}`}>{it.name}</a>],
    ...withSchool ? [school] : [],
    ["State", (it) => <UploadBadge upload={it} />],
    ["Accepted", (it) => <Time at={it.acceptedAt} />],
    ["Added", (it) => count(it.rows.added), "number"],
    ["Updated", (it) => count(it.rows.updated), "number"],
    ["Unchanged", (it) => count(it.rows.unchanged), "number"],
    ["Rejected", (it) => count(it.rows.rejected), "number"],
    ["Warnings", (it) => count(it.rows.warnings), "number"],
  ];
}
