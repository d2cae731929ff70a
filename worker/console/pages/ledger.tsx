/** @jsxImportSource hono/jsx */
/** Who did what, when. */
import { Hono } from "hono";
import type { AuditEntry } from "../answers.ts";
import { type Desk, schoolPath } from "../desk.ts";
import { Field } from "../parts/form.tsx";
import { Head, Page } from "../parts/page.tsx";
import { Card, List, More, Time } from "../parts/show.tsx";

export function ledgerPage(desk: Desk): Hono {
  return new Hono().get("/ledger", async (c) => {
    const { school = "", action = "", since = "", cursor } = c.req.query();
    const { items, next } = await desk.ask(c).list<AuditEntry>("/admin/audit", {
      school,
      action,
      since: since === "" ? undefined : `${since}T00:00:00Z`,
      cursor,
      limit: 100,
    });
    return c.html(
      <Page title="Ledger" reader={desk.reader(c)} room="/console/ledger">
        <Head
          title="Ledger"
          says="Every change: who, what, when. Nothing in it is ever changed or removed."
        />
        <form class="line" method="get" action="/console/ledger">
          <Field name="school" label="School" value={school} placeholder="any" />
          <Field name="action" label="What" value={action} placeholder="such as key.revoked" />
          <Field name="since" label="Since" type="date" value={since} />
          <button class="second" type="submit">Show</button>
        </form>
        <Card>
          <List
            label="Ledger"
            items={items}
            columns={[
              ["When", (it) => <Time at={it.at} />],
              ["Who", (it) => it.actor],
              ["What", (it) => <code>{it.action}</code>],
              ["School", (it) => it.school ? <a href={schoolPath(it.school)}>{it.school}</a> : "–"],
              ["Detail", (it) => <span class="mono small">{detail(it.detail)}</span>, "say"],
            ]}
            nothing={<p>There is no such entry.</p>}
          />
          <More
            next={next}
            href={`/console/ledger?${new URLSearchParams({ school, action, since })}`}
          />
        </Card>
      </Page>,
    );
  });
}

function detail(of: Record<string, unknown>): string {
  return Object.entries(of).map(([name, value]) =>
    `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`
  ).join("; ");
}
