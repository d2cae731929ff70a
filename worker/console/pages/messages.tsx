/** @jsxImportSource hono/jsx */
/** What programs are told (webhooks), what became of it, and sending it again. */
import { type Context, Hono } from "hono";
import type { Delivery, Webhook, WebhookWithSecret } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, typed } from "../desk.ts";
import { Field, Form, type Typed } from "../parts/form.tsx";
import { Head, Page } from "../parts/page.tsx";
import { Badge, Card, List, More, Note, Time } from "../parts/show.tsx";

export function messagesPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(
    c: Context,
    { values = {}, problem, secret }: { values?: Typed; problem?: Problem; secret?: string } = {},
  ) {
    const { items } = await desk.ask(c).list<Webhook>("/admin/webhooks", { limit: 200 });
    const reader = desk.reader(c);
    const said = saidOf(c);
    return c.html(
      <Page title="Messages" reader={reader} room="/console/messages">
        <Head
          title="Messages"
          says="What happens is sent to your programs, signed in the Standard Webhooks format. Mails to a school's people stand with its contacts."
        />
        {said && <Note tone="good">{said}</Note>}
        {secret && (
          <Note tone="warn" title="Its signing secret, shown this once:">
            <code id="secret">{secret}</code>
          </Note>
        )}
        <Card title="Webhooks">
          <List
            label="Webhooks"
            items={items}
            columns={[
              ["To", (it) => <a href={`/console/messages/${it.id}`}>{it.url}</a>, "say"],
              ["Of", (it) => it.school ?? "all schools"],
              ["Kinds", (it) => it.kinds?.join(", ") ?? "all"],
              ["State", (it) => <Badge state={it.state} />],
              ["Failures in a row", (it) => it.failures, "number"],
            ]}
            nothing={<p>No program is told yet.</p>}
          />
        </Card>
        {reader.role === "admin" && (
          <Card title="Add a webhook">
            <Form reader={reader} action="/console/messages" problem={problem}>
              <Field
                name="url"
                label="Address"
                hint="HTTPS, and public."
                value={values["url"]}
                problem={problem}
                placeholder="https://example.org/rosters"
                required
              />
              <Field
                name="school"
                label="Only of the school"
                hint="Its SFTP user name; empty: all."
                value={values["school"]}
                problem={problem}
              />
              <Field
                name="kinds"
                label="Only of these kinds"
                hint="With commas between, such as upload.held, upload.rejected; empty: everything that happens."
                value={values["kinds"]}
                problem={problem}
              />
              <Field
                name="description"
                label="What it is for"
                value={values["description"]}
                problem={problem}
              />
              <button type="submit">Add</button>
            </Form>
          </Card>
        )}
      </Page>,
      problem ? 400 : 200,
    );
  }

  routes.get("/messages", (c) => render(c));
  routes.post("/messages", async (c) => {
    const values = await typed(c);
    const { url, school = "", kinds = "", description = "" } = values;
    const named = kinds.split(/[\s,]+/).filter((kind) => kind !== "");
    const body = {
      ...{ url, school: school === "" ? null : school, description },
      kinds: named.length === 0 ? null : named,
    };
    const answer = await desk.ask(c).send<WebhookWithSecret>("POST", "/admin/webhooks", body);
    if ("problem" in answer) return await render(c, { values, problem: answer.problem });
    return await render(c, { secret: answer.body.secret });
  });

  async function renderOne(c: Context, problem?: Problem) {
    const ask = desk.ask(c);
    const id = encodeURIComponent(c.req.param("id")!);
    const path = `/admin/webhooks/${id}`;
    const { state, cursor } = c.req.query();
    const [webhook, deliveries] = await Promise.all([
      ask.get<Webhook>(path),
      ask.list<Delivery>(`${path}/deliveries`, { state, cursor, limit: 50 }),
    ]);
    const reader = desk.reader(c);
    const said = saidOf(c);
    return c.html(
      <Page
        title="A webhook"
        reader={reader}
        room="/console/messages"
        crumbs={[["/console/messages", "Messages"]]}
        live={10}
      >
        <Head title={webhook.url} says={webhook.description || undefined} />
        {said && <Note tone="good">{said}</Note>}
        {problem && <Note tone="bad" title="That was not done.">{problem.detail}</Note>}
        <Card title="Deliveries">
          <List
            label="Deliveries"
            items={deliveries.items}
            columns={[
              ["What", (it) => it.kind],
              ["State", (it) => <Badge state={it.state} />],
              ["Made", (it) => <Time at={it.createdAt} />],
              ["Tries", (it) => it.attempts.length, "number"],
              [
                "",
                (it) =>
                  reader.role === "admin" && it.state !== "waiting" && (
                    <Form reader={reader} action={`/console/messages/${id}/replay`}>
                      <input type="hidden" name="delivery" value={it.id} />
                      <button class="second" type="submit">Send again</button>
                    </Form>
                  ),
              ],
            ]}
            nothing={<p>Nothing was sent yet.</p>}
          />
          <More
            next={deliveries.next}
            href={`/console/messages/${id}${state ? `?state=${state}` : ""}`}
          />
        </Card>
        {reader.role === "admin" && (
          <Card title="Change">
            <Form reader={reader} action={`/console/messages/${id}/state`}>
              <input type="hidden" name="state" value={webhook.state === "on" ? "off" : "on"} />
              <button class="second" type="submit">
                {webhook.state === "on" ? "Switch it off" : "Switch it on"}
              </button>
            </Form>
            <Form reader={reader} action={`/console/messages/${id}/remove`}>
              <button class="danger" type="submit">Remove this webhook</button>
            </Form>
          </Card>
        )}
      </Page>,
      problem ? 400 : 200,
    );
  }

  routes.get("/messages/:id", (c) => renderOne(c));

  routes.post("/messages/:id/replay", async (c) => {
    const id = encodeURIComponent(c.req.param("id"));
    const { delivery = "" } = await typed(c);
    const path = `/admin/webhooks/${id}/deliveries/${encodeURIComponent(delivery)}/replay`;
    const answer = await desk.ask(c).send("POST", path);
    if ("problem" in answer) return await renderOne(c, answer.problem);
    return done(c, `/console/messages/${id}`, "replayed");
  });

  routes.post("/messages/:id/state", async (c) => {
    const id = encodeURIComponent(c.req.param("id"));
    const { state } = await typed(c);
    const answer = await desk.ask(c).send("PATCH", `/admin/webhooks/${id}`, { state });
    if ("problem" in answer) return await renderOne(c, answer.problem);
    return done(c, `/console/messages/${id}`, "saved");
  });

  routes.post("/messages/:id/remove", async (c) => {
    const id = encodeURIComponent(c.req.param("id"));
    const answer = await desk.ask(c).send("DELETE", `/admin/webhooks/${id}`);
    if ("problem" in answer) return await renderOne(c, answer.problem);
    return done(c, "/console/messages", "removed");
  });

  return routes;
}
