/** @jsxImportSource hono/jsx */
/** One upload: its story, what became of its rows, what was wrong, and what can be done now. */
import { type Context, Hono } from "hono";
import type {
  Preview,
  Problem as RowProblem,
  ProblemGroup,
  Revert,
  StoryStep,
  Upload,
} from "../answers.ts";
import type { Page as Listed } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, typed } from "../desk.ts";
import { RowsBar } from "../parts/chart.tsx";
import { Head, Page, type Reader } from "../parts/page.tsx";
import {
  Badge,
  Card,
  count,
  Facts,
  Fingerprint,
  List,
  many,
  More,
  Note,
  size,
  Time,
  UploadBadge,
} from "../parts/show.tsx";
import { adviceFor } from "./advice.ts";
import { decisions, type Tried, WhatToDo } from "./decisions.tsx";
import { PreviewCard } from "./preview.tsx";
import { RemainsCard, Reverting } from "./remains.tsx";
import { Story } from "./story.tsx";

const saidAfter = {
  release: "released",
  discard: "discarded",
  retry: "retried",
  revert: "reverted",
};

export function uploadPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(
    c: Context,
    { tried, from, remains }: {
      tried?: Tried;
      from?: { outcome?: string; cursor?: string };
      remains?: { cursor?: string };
    } = {},
  ) {
    const ask = desk.ask(c);
    const path = `/admin/uploads/${encodeURIComponent(c.req.param("id")!)}`;
    const { code, cursor } = c.req.query();
    const { outcome = c.req.query("outcome"), cursor: student } = from ?? {};
    const upload = await ask.get<Upload>(path);
    const [grouped, shown, preview, revert, story] = await Promise.all([
      ask.list<ProblemGroup>(`${path}/problems/codes`),
      code === undefined
        ? undefined
        : ask.list<RowProblem>(`${path}/problems`, { limit: 100, cursor, code }),
      upload.state === "held"
        ? ask.get<Preview>(`${path}/preview`, { outcome, cursor: student, limit: 50 })
        : undefined,
      ["completed", "discarded", "reverted"].includes(upload.state)
        ? ask.find<Revert>(`${path}/revert`, { limit: 100, cursor: remains?.cursor })
        : undefined,
      ask.list<StoryStep>(`${path}/story`),
    ]);
    return c.html(
      <UploadPage
        reader={desk.reader(c)}
        upload={upload}
        grouped={grouped.items}
        shown={shown}
        code={code}
        preview={preview}
        revert={revert}
        outcome={outcome || undefined}
        story={story.items}
        tried={tried}
        said={saidOf(c)}
      />,
      tried ? 409 : 200,
    );
  }

  routes.get("/uploads/:id", (c) => render(c));
  routes.post("/uploads/:id/preview", async (c) => render(c, { from: await typed(c) }));
  routes.post("/uploads/:id/remains", async (c) => render(c, { remains: await typed(c) }));
  for (const decision of decisions) {
    routes.post(`/uploads/:id/${decision}`, async (c) => {
      const id = encodeURIComponent(c.req.param("id"));
      const values = await typed(c);
      const { reason = "", confirm, without = "" } = values;
      const body = {
        ...(reason === "" ? {} : { reason }),
        ...(without === "" ? {} : { withoutRemovals: true }),
      };
      const path = `/admin/uploads/${id}/${decision}`;
      const answer = await desk.ask(c).send<Upload>("POST", path, body, { confirm });
      if ("problem" in answer) {
        return await render(c, { tried: { decision, values, problem: answer.problem } });
      }
      return done(c, `/console/uploads/${id}`, saidAfter[decision]);
    });
  }
  return routes;
}

interface Props {
  reader: Reader;
  upload: Upload;
  grouped: ProblemGroup[];
  shown: Listed<RowProblem> | undefined;
  code: string | undefined;
  preview: Preview | undefined;
  revert: Revert | undefined;
  outcome: string | undefined;
  story: StoryStep[];
  tried: Tried | undefined;
  said: string | undefined;
}

function UploadPage(props: Props) {
  const { reader, upload, grouped, shown, code, preview, revert, outcome, story, tried, said } =
    props;
  const isUnderWay = ["accepted", "checking", "processing"].includes(upload.state);
  const isReverting = revert?.state === "reverting";
  const crumbs: [string, string][] = [["/console/uploads", "Uploads"]];
  if (upload.school) crumbs.push([schoolPath(upload.school), upload.school]);
  return (
    <Page
      title={upload.name}
      reader={reader}
      room="/console/uploads"
      crumbs={crumbs}
      live={isUnderWay || isReverting ? 5 : undefined}
    >
      <Head
        title={upload.name}
        says={
          <>
            <UploadBadge upload={upload} /> accepted <Time at={upload.acceptedAt} />
          </>
        }
      >
        <Downloads upload={upload} />
      </Head>
      {said && <Note tone="good">{said}</Note>}
      {isUnderWay && <UnderWay upload={upload} />}
      {isReverting
        ? <Reverting revert={revert} />
        : <WhatToDo upload={upload} revert={revert} reader={reader} tried={tried} />}
      {preview && (
        <PreviewCard preview={preview} upload={upload} outcome={outcome} reader={reader} />
      )}
      {revert?.state === "reverted" && <RemainsCard revert={revert} reader={reader} />}
      <Rows upload={upload} />
      <Problems upload={upload} grouped={grouped} shown={shown} code={code} />
      <Story steps={story} isUnderWay={isUnderWay} />
      <Card title="The file">
        <Facts
          of={[
            ["Size", size(upload.size)],
            ["Time code", <span class="mono">{upload.timeCode}</span>],
            ["SHA-256", <span class="mono small">{upload.sha256}</span>],
            ["Sent with the key", <Fingerprint of={upload.sender.fingerprint} />],
            ["From", upload.sender.address],
            ["With", upload.sender.client],
          ]}
        />
      </Card>
    </Page>
  );
}

function Downloads({ upload }: { upload: Upload }) {
  const path = `/admin/uploads/${upload.id}`;
  return (
    <>
      {upload.completedAt && <a class="button second" href={`${path}/report`}>Report</a>}
      {upload.rows.rejected > 0 && (
        <a class="button second" href={`${path}/rejected.csv`}>Rejected rows</a>
      )}
    </>
  );
}

function UnderWay({ upload }: { upload: Upload }) {
  return (
    <Card title="Under way">
      <progress
        aria-label="Bytes processed"
        max={Math.max(1, upload.size)}
        value={0}
        data-progress={`/admin/uploads/${upload.id}/progress`}
      >
        {upload.state}
      </progress>
      <p class="quiet" data-progress-words>
        {many(upload.rows.read, "row")} read so far.
      </p>
    </Card>
  );
}

function Rows({ upload: { rows } }: { upload: Upload }) {
  if (rows.read === 0) return null;
  const more = ([["warnings", rows.warnings], ["not processed", rows.unprocessed], [
    "left",
    rows.left ?? 0,
  ], ["returned", rows.returned ?? 0]] as const).filter(([, number]) => number > 0);
  return (
    <Card title={many(rows.read, "row")}>
      <RowsBar rows={rows} />
      {more.length > 0 && (
        <p class="quiet">{more.map(([name, number]) => `${count(number)} ${name}`).join(", ")}</p>
      )}
    </Card>
  );
}

/** By code: how often, an example, what to do; then one code's lines. */
function Problems({ upload, grouped, shown, code }: {
  upload: Upload;
  grouped: ProblemGroup[];
  shown: Listed<RowProblem> | undefined;
  code: string | undefined;
}) {
  if (grouped.length === 0) return null;
  const path = `/console/uploads/${upload.id}`;
  return (
    <Card title="Problems">
      <List
        label="Problems by code"
        items={grouped}
        columns={[
          ["Severity", (it) => <Badge state={it.severity} />],
          ["Code", (it) => (
            <a
              href={`${path}?code=${it.code}#lines`}
              aria-current={it.code === code ? "true" : undefined}
            >
              {it.code}
            </a>
          )],
          ["Times", (it) => count(it.count), "number"],
          ["For example", ({ first }) => (
            <>
              line {first.line}
              {first.column && `, ${first.column}`}: {first.message}
            </>
          ), "say"],
          ["What to do", (it) => adviceFor(it.code), "say"],
        ]}
        nothing=""
      />
      {shown && (
        <div id="lines">
          <h3>
            Lines with <code>{code}</code>
          </h3>
          <List
            label={`Lines with ${code}`}
            items={shown.items}
            columns={[
              ["Line", (it) => it.line, "number"],
              ["Username", (it) => it.username],
              ["Column", (it) => it.column],
              ["Message", (it) => it.message, "say"],
            ]}
            nothing={<p>None.</p>}
          />
          <More next={shown.next} href={`${path}?code=${code}`} />
        </div>
      )}
    </Card>
  );
}
