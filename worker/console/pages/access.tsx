/** @jsxImportSource hono/jsx */
/** Who may use the admin routes and this console, and who did: tokens, sign-ins, addresses shut out. */
import { type Context, Hono } from "hono";
import type { AuditEntry, Ban, Token } from "../answers.ts";
import type { Page as Listed, Problem } from "../ask.ts";
import { type Desk, done, saidOf, typed } from "../desk.ts";
import { Choose, Field, Form, type Typed } from "../parts/form.tsx";
import { Head, Page } from "../parts/page.tsx";
import { Card, List, Note, Time } from "../parts/show.tsx";

/** So many of the newest sign-ins are shown, and of those that were refused. */
const SIGN_INS = 20;

export function accessPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(
    c: Context,
    { values = {}, problem, token }: { values?: Typed; problem?: Problem; token?: string } = {},
  ) {
    const reader = desk.reader(c);
    const ask = desk.ask(c);
    const audit = "/admin/audit";
    const [listed, begun, refused, bans] = await Promise.all([
      ask.find<Listed<Token>>("/admin/tokens", { limit: 200 }),
      ask.list<AuditEntry>(audit, { action: "session.begun", limit: SIGN_INS }),
      ask.list<AuditEntry>(audit, { action: "session.refused", limit: SIGN_INS }),
      ask.find<Listed<Ban>>("/admin/bans"),
    ]);
    const tokens = listed?.items;
    const signIns = [...begun.items, ...refused.items]
      .sort((a, b) => a.at < b.at ? 1 : -1)
      .slice(0, SIGN_INS);
    const said = saidOf(c);
    return c.html(
      <Page title="Access" reader={reader} room="/console/access">
        <Head title="Access" says="Tokens of administrators, reviewers and viewers." />
        {said && <Note tone="good">{said}</Note>}
        {token && (
          <Note tone="warn" title="The token, shown this once:">
            <code>{token}</code>
          </Note>
        )}
        {tokens === undefined
          ? <Note tone="idle">Only an administrator of all schools sees the tokens.</Note>
          : (
            <>
              <Card title="Tokens">
                <List
                  label="Tokens"
                  items={tokens}
                  columns={[
                    ["Whose", (it) => it.name],
                    ["Role", (it) => it.role],
                    ["Schools", (it) => it.schools?.join(", ") ?? "all", "say"],
                    ["Expires", (it) => <Time at={it.expiresAt} />],
                    ["Last used", (it) => it.lastUsedAt ? <Time at={it.lastUsedAt} /> : "never"],
                    ["", (it) => (
                      <Form reader={reader} action="/console/access/remove">
                        <input type="hidden" name="id" value={it.id} />
                        <button
                          class="danger"
                          type="submit"
                          aria-label={`Remove the token ${it.name}`}
                        >
                          Remove
                        </button>
                      </Form>
                    )],
                  ]}
                  nothing={<p>None but the worker's own ADMIN_TOKEN.</p>}
                />
              </Card>
              <Card
                title="Recent sign-ins"
                says="Who came into this console, and whom the provider knows but no group lets in."
              >
                <List
                  label="Recent sign-ins"
                  items={signIns}
                  columns={[
                    ["When", (it) => <Time at={it.at} />],
                    ["Who", (it) => it.actor, "say"],
                    ["", (it) =>
                      it.action === "session.begun"
                        ? <span class="badge good">signed in</span>
                        : <span class="badge bad">in no group</span>],
                  ]}
                  nothing={<p>Nobody yet.</p>}
                />
              </Card>
              <Card title="Make a token">
                <Form reader={reader} action="/console/access" problem={problem}>
                  <Field
                    name="name"
                    label="Whose it is"
                    value={values["name"]}
                    problem={problem}
                    required
                  />
                  <Choose
                    name="role"
                    label="Role"
                    value={values["role"]}
                    options={[
                      ["viewer", "viewer: looks at everything"],
                      ["reviewer", "reviewer: also marks students verified"],
                      ["admin", "admin: everything"],
                    ]}
                  />
                  <Field
                    name="schools"
                    label="Only for the schools"
                    hint="SFTP user names with commas between; empty: all."
                    value={values["schools"]}
                    problem={problem}
                  />
                  <Field
                    name="expires"
                    label="Expires"
                    type="date"
                    value={values["expires"]}
                    problem={problem}
                    field="expiresAt"
                  />
                  <button type="submit">Make it</button>
                </Form>
              </Card>
            </>
          )}
        {bans && (
          <Card
            title="Addresses that are shut out"
            says="After too many failed logins an address is let in no more for a while."
          >
            <List
              label="Addresses that are shut out"
              items={bans.items}
              columns={[
                ["Address", (it) => <span class="mono">{it.source}</span>],
                ["Failed logins", (it) => it.failures, "number"],
                ["Until", (it) => <Time at={it.until} />],
                ["", (it) =>
                  reader.role === "admin" && (
                    <Form reader={reader} action="/console/access/lift">
                      <input type="hidden" name="source" value={it.source} />
                      <button class="second" type="submit">Let it in</button>
                    </Form>
                  )],
              ]}
              nothing={<p>None.</p>}
            />
          </Card>
        )}
      </Page>,
      problem ? 400 : 200,
    );
  }

  routes.get("/access", (c) => render(c));
  routes.post("/access", async (c) => {
    const values = await typed(c);
    const { name, role, schools = "", expires = "" } = values;
    const slugs = schools.split(/[\s,]+/).filter((slug) => slug !== "");
    const body = {
      name,
      role,
      ...(slugs.length > 0 ? { schools: slugs } : {}),
      ...(expires === "" ? {} : { expiresAt: `${expires}T00:00:00Z` }),
    };
    const answer = await desk.ask(c).send<{ token: string }>("POST", "/admin/tokens", body);
    if ("problem" in answer) return await render(c, { values, problem: answer.problem });
    return await render(c, { token: answer.body.token });
  });
  routes.post("/access/remove", async (c) => {
    const { id = "" } = await typed(c);
    const answer = await desk.ask(c).send("DELETE", `/admin/tokens/${encodeURIComponent(id)}`);
    if ("problem" in answer) return await render(c, { problem: answer.problem });
    return done(c, "/console/access", "removed");
  });

  routes.post("/access/lift", async (c) => {
    const { source = "" } = await typed(c);
    const answer = await desk.ask(c).send("DELETE", `/admin/bans/${encodeURIComponent(source)}`);
    if ("problem" in answer) return await render(c, { problem: answer.problem });
    return done(c, "/console/access", "admitted");
  });

  return routes;
}
