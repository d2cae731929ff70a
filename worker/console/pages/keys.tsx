/** @jsxImportSource hono/jsx */
/** A school's SSH keys: paste one, see when each was used and who was refused, revoke one. */
import { type Context, Hono } from "hono";
import type { Key, Login, School } from "../answers.ts";
import type { Problem } from "../ask.ts";
import { type Desk, done, saidOf, schoolPath, schoolRoute, typed } from "../desk.ts";
import { Area, Field, Form, type Typed } from "../parts/form.tsx";
import type { Reader } from "../parts/page.tsx";
import { Card, Fingerprint, List, Time } from "../parts/show.tsx";
import { Logins } from "./logins.tsx";
import { SchoolPage } from "./school-frame.tsx";

export function keysPage(desk: Desk): Hono {
  const routes = new Hono();

  async function render(c: Context, values: Typed = {}, problem?: Problem) {
    const ask = desk.ask(c);
    const slug = c.req.param("slug")!;
    const [school, keys, logins] = await Promise.all([
      ask.get<School>(schoolRoute(slug)),
      ask.list<Key>(schoolRoute(slug, "/keys"), { limit: 100 }),
      ask.list<Login>(schoolRoute(slug, "/logins"), { limit: 10 }),
    ]);
    const reader = desk.reader(c);
    return c.html(
      <SchoolPage school={school} reader={reader} tab="/keys" title="Keys" said={saidOf(c)}>
        <Card title="Keys">
          <List
            label="Keys"
            items={keys.items}
            columns={[
              ["Label", (it) => it.label || "–"],
              ["Fingerprint", (it) => <Fingerprint of={it.fingerprint} />],
              ["Kind", (it) => `${it.type}${it.bits ? ` ${it.bits}` : ""}`, "later"],
              ["State", (it) => <KeyState of={it} now={desk.now()} />],
              ["Expires", (it) => <Time at={it.expiresAt} />, "later"],
              ["Last used", (it) => it.lastUsedAt ? <Time at={it.lastUsedAt} /> : "never"],
              [
                "",
                (it) =>
                  reader.role === "admin" && it.revokedAt === null
                    ? <Revoke slug={slug} fingerprint={it.fingerprint} reader={reader} />
                    : "",
              ],
            ]}
            nothing={<p>No key yet: without one the school cannot come in.</p>}
          />
        </Card>
        <Logins logins={logins.items} />
        {reader.role === "admin" && (
          <NewKey school={school} reader={reader} values={values} problem={problem} />
        )}
      </SchoolPage>,
      problem ? 400 : 200,
    );
  }

  routes.get("/schools/:slug/keys", (c) => render(c));

  routes.post("/schools/:slug/keys", async (c) => {
    const slug = c.req.param("slug");
    const values = await typed(c);
    const { publicKey = "", label = "", expires = "" } = values;
    const body = {
      publicKey,
      ...(label === "" ? {} : { label }),
      ...(expires === "" ? {} : { expiresAt: `${expires}T00:00:00Z` }),
    };
    const answer = await desk.ask(c).send<Key>("POST", schoolRoute(slug, "/keys"), body);
    if (!("problem" in answer)) return done(c, schoolPath(slug, "/keys"), "key-added");
    // What was pasted by mistake is not sent back: a private key ends here.
    const kept = answer.problem.code === "key_private" ? { ...values, publicKey: "" } : values;
    return await render(c, kept, answer.problem);
  });

  routes.post("/schools/:slug/keys/revoke", async (c) => {
    const slug = c.req.param("slug");
    const { fingerprint = "", confirm = "" } = await typed(c);
    const path = schoolRoute(slug, `/keys/${encodeURIComponent(fingerprint)}`);
    const answer = await desk.ask(c).send("DELETE", path, undefined, { confirm });
    if ("problem" in answer) return await render(c, {}, answer.problem);
    return done(c, schoolPath(slug, "/keys"), "key-revoked");
  });

  return routes;
}

function KeyState({ of: { revokedAt, expiresAt }, now }: { of: Key; now: number }) {
  if (revokedAt) return <span class="badge idle">revoked</span>;
  if (expiresAt && Date.parse(expiresAt) <= now) return <span class="badge bad">expired</span>;
  return <span class="badge good">opens the door</span>;
}

function Revoke({ slug, fingerprint, reader }: {
  slug: string;
  fingerprint: string;
  reader: Reader;
}) {
  return (
    <details class="fold">
      <summary>Revoke</summary>
      <Form reader={reader} action={schoolPath(slug, "/keys/revoke")}>
        <input type="hidden" name="fingerprint" value={fingerprint} />
        <div class="field">
          <label for={`confirm-${fingerprint}`}>The fingerprint again</label>
          <input id={`confirm-${fingerprint}`} name="confirm" required autocomplete="off" />
        </div>
        <button class="danger" type="submit">Revoke for good</button>
      </Form>
    </details>
  );
}

function NewKey({ school, reader, values, problem }: {
  school: School;
  reader: Reader;
  values: Typed;
  problem: Problem | undefined;
}) {
  return (
    <Card
      title="Register a key"
      says="Paste what the school sent: the whole public key, in any of the usual forms (OpenSSH, PuTTY, RFC 4716, PEM). RSA of 2048 bits or more."
    >
      <Form reader={reader} action={schoolPath(school.slug, "/keys")} problem={problem}>
        <Area
          name="publicKey"
          label="Public key"
          hint="It begins with ssh-rsa. Never a private key."
          value={values["publicKey"]}
          problem={problem}
          isKey
        />
        <Field
          name="label"
          label="Label"
          hint="Whose it is, such as “nightly job 2026”."
          value={values["label"]}
          problem={problem}
        />
        <Field
          name="expires"
          label="Expires"
          type="date"
          hint="Optional; at the beginning of that day, UTC."
          value={values["expires"]}
          problem={problem}
          field="expiresAt"
        />
        <button type="submit">Register the key</button>
      </Form>
    </Card>
  );
}
