/** @jsxImportSource hono/jsx */
/** What lies in a school's home, as its bridge told. */
import { type Context, Hono } from "hono";
import type { HomeFile, School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Form, Refused } from "../parts/form.tsx";
import { Badge, Card, List, many, More, size, Time } from "../parts/show.tsx";
import { SchoolPage } from "./school-frame.tsx";

export function filesPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, problem?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const path = schoolRoute(slug, "/files");
    const [school, files, kept] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.list<HomeFile>(path, { cursor: c.req.query("cursor"), limit: 100 }),
      ask.find<{ days: number }>(schoolRoute(slug, "/retention")),
    ]);
    const reader = desk.reader(c);
    return c.html(
      <SchoolPage
        school={school}
        reader={reader}
        tab="/files"
        title="Files"
        said={saidOf(c)}
        live={15}
      >
        {problem && <Refused problem={problem} />}
        <Card
          title="Files"
          says={`Newest first. ${
            kept
              ? `What the service made in /inbound goes after ${
                many(kept.days, "day")
              }, exports so long after they were downloaded.`
              : "The service deletes nothing by itself."
          }`}
        >
          <List
            label="Files"
            items={files.items}
            columns={[
              ["Path", (it) => <span class="mono">{it.path}</span>, "say"],
              ["State", (it) => (
                <>
                  <Badge state={it.state} />
                  {it.note && <div class="small quiet">{it.note}</div>}
                </>
              )],
              ["Size", (it) => size(it.size), "number"],
              ["Changed", (it) => <Time at={it.at} />],
              ["Downloaded", (it) => <Time at={it.downloadedAt} />, "later"],
              [
                "",
                (it) =>
                  reader.role === "admin" && it.state !== "processing" && (
                    <details class="fold">
                      <summary>Remove</summary>
                      <Form reader={reader} action={schoolPath(slug, "/files/remove")}>
                        <input type="hidden" name="path" value={it.path} />
                        <p>The bridge removes it for good; the audit keeps that it was you.</p>
                        <button class="danger" type="submit">
                          Remove {it.path.split("/").pop()}
                        </button>
                      </Form>
                    </details>
                  ),
              ],
            ]}
            nothing={<p>The home is empty.</p>}
          />
          <More next={files.next} href={schoolPath(slug, "/files")} />
        </Card>
      </SchoolPage>,
      problem ? 409 : 200,
    );
  }

  routes.get("/schools/:slug/files", (c) => render(c));
  routes.post("/schools/:slug/files/remove", async (c) => {
    const slug = c.req.param("slug");
    const { path = "" } = await typed(c);
    const route = schoolRoute(slug, "/files");
    const answer = await desk.ask(c).send("DELETE", route, undefined, { path });
    if ("problem" in answer) return await render(c, answer.problem);
    return done(c, schoolPath(slug, "/files"), "asked");
  });

  return routes;
}
