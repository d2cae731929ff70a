/** @jsxImportSource hono/jsx */
/** Who did what, when. */
import { Hono } from "hono";
import type { AuditEntry, LedgerVerified } from "../answers.ts";
import { type Desk, schoolPath } from "../desk.ts";
import { Field } from "../parts/form.tsx";
import { Head, Page, type Reader } from "../parts/page.tsx";
import { Card, count, Facts, List, More, Note, Time } from "../parts/show.tsx";

export function ledgerPage(desk: Desk): Hono {
  const routes = new Hono();
  routes.get("/ledger/verify", async (c) => {
    const verified = await desk.ask(c).get<LedgerVerified>("/admin/audit/verify");
    return c.html(<VerifiedPage reader={desk.reader(c)} verified={verified} />);
  });
  return routes.get("/ledger", async (c) => {
    const { school = "", action = "", who = "", since = "", cursor } = c.req.query();
    const { items, next } = await desk.ask(c).list<AuditEntry>("/admin/audit", {
      school,
      action,
      who,
      since: since === "" ? undefined : `${since}T00:00:00Z`,
      cursor,
      limit: 100,
    });
    return c.html(
      <Page title="Ledger" reader={desk.reader(c)} room="/console/ledger">
        <Head
          title="Ledger"
          says="Everything that happened: who, what, when. Nothing in it is ever changed or removed."
        >
          {desk.reader(c).role === "admin" && (
            <a class="button second" href="/console/ledger/verify">Check it</a>
          )}
        </Head>
        <form class="line" method="get" action="/console/ledger">
          <Field name="school" label="School" value={school} placeholder="any" />
          <Field name="action" label="What" value={action} placeholder="such as key.revoked" />
          <Field name="who" label="Who" value={who} placeholder="a name, key or address" />
          <Field name="since" label="Since" type="date" value={since} />
          <button class="second" type="submit">Show</button>
        </form>
        <Card>
          <List
            label="Ledger"
            items={items}
            columns={[
              ["When", (it) => <Time at={it.at} />],
              ["Who", (it) => it.actor, "say"],
              ["What", (it) => <code>{it.action}</code>],
              ["School", (it) => it.school ? <a href={schoolPath(it.school)}>{it.school}</a> : "–"],
              ["Detail", (it) => <span class="mono small">{detail(it.detail)}</span>, "say"],
            ]}
            nothing={<p>There is no such entry.</p>}
          />
          <More
            next={next}
            href={`/console/ledger?${new URLSearchParams({ school, action, who, since })}`}
          />
        </Card>
      </Page>,
    );
  });
}

function VerifiedPage({ reader, verified }: { reader: Reader; verified: LedgerVerified }) {
  const { isWhole, faults, entries, events, verifiedUpTo } = verified;
  return (
    <Page
      title="The ledger is checked"
      reader={reader}
      room="/console/ledger"
      crumbs={[["/console/ledger", "Ledger"]]}
    >
      <Head title="The ledger is checked" />
      {isWhole
        ? (
          <Note tone="good" title="Nothing is missing, changed or added.">
            {count(entries)} entries and {count(events)} events were checked.
          </Note>
        )
        : <Note tone="bad" title="The ledger is not whole.">What is wrong stands below.</Note>}
      {verifiedUpTo && (
        <Card title="Verified up to">
          <Facts
            of={[
              ["Seal", verifiedUpTo.seal],
              ["Made", <Time at={verifiedUpTo.at} />],
              ["Hash", <span class="mono small">{verifiedUpTo.hash}</span>],
            ]}
          />
          <p class="quiet">
            The worker's log has the same hash under <code>audit.sealed</code>.
          </p>
        </Card>
      )}
      {faults.length > 0 && (
        <Card title="Faults">
          <List
            label="Faults"
            items={faults}
            columns={[
              ["Where", (it) => it.chain],
              ["Number", (it) => it.number, "number"],
              ["What", (it) => it.kind],
              ["Why", (it) => it.why, "say"],
            ]}
            nothing=""
          />
        </Card>
      )}
    </Page>
  );
}

function detail(of: Record<string, unknown>): string {
  return Object.entries(of).filter(([, value]) => value !== null).map(([name, value]) =>
    `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`
  ).join("; ");
}
