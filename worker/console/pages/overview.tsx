/** @jsxImportSource hono/jsx */
/** The first page: what needs a person, then how things go. */
import { Hono } from "hono";
import type { Overview, Upload } from "../answers.ts";
import { type Desk, schoolPath } from "../desk.ts";
import { UploadsChart } from "../parts/chart.tsx";
import { Head, Page, type Reader } from "../parts/page.tsx";
import { Badge, Card, count, Fingerprint, List, many, Time } from "../parts/show.tsx";
import { uploadColumns } from "./uploads.tsx";

/** A bridge that was not heard of for so long is away, in milliseconds. */
const AWAY_MS = 2 * 60_000;
/** Figures that were counted so long ago are not of this moment, in milliseconds. */
const FRESH_MS = 60_000;

export function overviewPage(desk: Desk): Hono {
  return new Hono().get("/", async (c) => {
    const ask = desk.ask(c);
    const [overview, uploads] = await Promise.all([
      ask.get<Overview>("/admin/overview"),
      ask.list<Upload>("/admin/uploads", { limit: 8 }),
    ]);
    return c.html(
      <OverviewPage
        reader={desk.reader(c)}
        overview={overview}
        uploads={uploads.items}
        now={desk.now()}
      />,
    );
  });
}

function OverviewPage({ reader, overview, uploads, now }: {
  reader: Reader;
  overview: Overview;
  uploads: Upload[];
  now: number;
}) {
  return (
    <Page title="Overview" reader={reader} room="/console" live={15}>
      <Head title="Overview" />
      {overview.schools === 0 ? <FirstRun /> : (
        <>
          <NeedsAPerson overview={overview} now={now} />
          <div class="cards">
            <Figure
              name={overview.schools === 1 ? "school" : "schools"}
              of={overview.schools}
              href="/console/schools"
            />
            <Figure
              name={overview.students === 1 ? "student" : "students"}
              of={overview.students}
            />
            <Figure
              name="uploads in 30 days"
              of={overview.days.reduce(
                (sum, day) => sum + day.applied + day.withRejections + day.refused,
                0,
              )}
              href="/console/uploads"
            />
          </div>
          <UploadsChart days={overview.days} />
          <Counted at={overview.countedAt} now={now} />
          <Card title="Newest uploads" actions={<a href="/console/uploads">All uploads</a>}>
            <List
              label="Newest uploads"
              items={uploads}
              columns={uploadColumns(true)}
              nothing={<p>No school has sent a roster yet.</p>}
            />
          </Card>
          <Bridges overview={overview} now={now} />
        </>
      )}
    </Page>
  );
}

function FirstRun() {
  return (
    <Card title="Begin with a school">
      <p>
        There is no school yet. Make one, paste the public key that it sent you, and send it the
        instructions that the console writes for it. Its page changes by itself when it first comes
        in.
      </p>
      <p>
        <a class="button" href="/console/schools/new">Make a school</a>
      </p>
    </Card>
  );
}

function Figure({ name, of, href }: { name: string; of: number; href?: string }) {
  return (
    <div class="card">
      <div class="figure">{count(of)}</div>
      <div class="quiet">{href ? <a href={href}>{name}</a> : name}</div>
    </div>
  );
}

/** Figures that are not of this moment say so. */
function Counted({ at, now }: { at: string; now: number }) {
  if (now - Date.parse(at) < FRESH_MS) return null;
  return (
    <p class="quiet">
      Students and uploads were counted{" "}
      <Time at={at} />; with so many of them, that is done once in 15 minutes.
    </p>
  );
}

function isAway(seenAt: string, now: number): boolean {
  return now - Date.parse(seenAt) > AWAY_MS;
}

function NeedsAPerson({ overview, now }: { overview: Overview; now: number }) {
  const { standing, silent, expiringKeys, notDownloaded, bridges } = overview;
  const away = bridges.filter(({ seenAt }) => isAway(seenAt, now));
  const all = standing.length + silent.length + expiringKeys.length + notDownloaded.length +
    away.length;
  if (all === 0) {
    return (
      <Card title="Needs a person">
        <p>
          <span class="badge good">all is well</span>{" "}
          Nothing is held or parked, no school is silent, no key is about to expire.
        </p>
      </Card>
    );
  }
  const rows = [
    ...away.map(({ name, seenAt }) => ({
      what: <span class="badge bad">bridge away</span>,
      which: <>Bridge {name}: schools go on, but nothing arrives here</>,
      since: seenAt,
    })),
    ...standing.map(({ id, school, name, state, acceptedAt }) => ({
      what: <Badge state={state} />,
      which: (
        <>
          <a href={`/console/uploads/${id}`}>{name}</a> of <a href={schoolPath(school)}>{school}</a>
        </>
      ),
      since: acceptedAt,
    })),
    ...silent.map(({ school, since }) => ({
      what: <span class="badge warn">silent</span>,
      which: (
        <>
          <a href={schoolPath(school)}>{school}</a> sent no roster although one was expected
        </>
      ),
      since,
    })),
    ...expiringKeys.map(({ school, label, fingerprint, expiresAt }) => ({
      what: <span class="badge warn">key expires</span>,
      which: (
        <>
          <a href={schoolPath(school, "/keys")}>{school}</a>: {label || "a key without a label"}
          {" "}
          <Fingerprint of={fingerprint} />
        </>
      ),
      since: expiresAt,
    })),
    ...notDownloaded.map(({ school, name, deliveredAt }) => ({
      what: <span class="badge warn">not fetched</span>,
      which: (
        <>
          {name} of <a href={schoolPath(school, "/exports")}>{school}</a>
        </>
      ),
      since: deliveredAt,
    })),
  ];
  return (
    <Card title={`Needs a person: ${many(all, "thing")}`}>
      <List
        label="What needs a person"
        items={rows}
        columns={[
          ["What", ({ what }) => what],
          ["Which", ({ which }) => which, "say"],
          ["When", ({ since }) => <Time at={since} />],
        ]}
        nothing=""
      />
    </Card>
  );
}

function Bridges({ overview: { bridges }, now }: { overview: Overview; now: number }) {
  return (
    <Card title="Bridges">
      <List
        label="Bridges"
        items={bridges}
        columns={[
          ["Name", ({ name }) => name],
          ["State", ({ seenAt }) =>
            isAway(seenAt, now)
              ? <span class="badge bad">not heard of</span>
              : <span class="badge good">there</span>],
          ["Last heard of", ({ seenAt }) => <Time at={seenAt} />],
        ]}
        nothing={<p>No bridge has called yet. Is it running, with this worker's address?</p>}
      />
    </Card>
  );
}
