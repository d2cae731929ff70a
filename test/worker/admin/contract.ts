/**
 * Sends every request that the document of the routes describes, and holds every answer against it: no
 * member is missing, none is there that it does not name.
 */
import assert from "node:assert/strict";
import type { Client } from "@libsql/client";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { announceUpload } from "../../../worker/database/school/arrivals.ts";
import { addDeliveries } from "../../../worker/database/control/webhook-deliveries.ts";
import { line, rsaNumbers, rsaWire } from "../ssh-key/test-keys.ts";
import { header, upload } from "../roster/world.ts";

export interface Api {
  fetch(path: string, init: RequestInit): Promise<Response>;
  token: string;
  /** The same database as the worker's. */
  database: Client;
}

interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any
  body: any;
}

export async function keepsItsContract(api: Api): Promise<void> {
  const document = await (await api.fetch("/openapi.json", {})).json();
  const { call, missing } = caller(api, document);
  await story(call, api);
  assert.deepEqual(missing(), [], "described, and never answered so");
}

type Call = (
  method: string,
  path: string,
  names: Record<string, string>,
  status: number,
  body?: unknown,
) => Promise<Answer>;

function caller({ fetch, token }: Api, document: Document) {
  const check = checker(document);
  const left = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const status of Object.keys(responses).filter((status) => status.startsWith("2"))) {
        left.add(`${method} ${path} ${status}`);
      }
    }
  }
  const call: Call = async (method, path, names, status, body) => {
    const [template, query] = path.split("?") as [string, string | undefined];
    const address = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name]!));
    const response = await fetch(`${address}${query ? `?${query}` : ""}`, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const title = `${method} ${address}: ${response.status} ${text.slice(0, 1000)}`;
    assert.equal(response.status, status, title);
    const answered = check(method, template, response, text, title);
    left.delete(`${method} ${template} ${status}`);
    return { status, body: answered };
  };
  return { call, missing: () => [...left] };
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Described> }>>;
}

interface Described {
  $ref?: string;
  content?: Record<string, unknown>;
}

function checker(document: Document) {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addSchema(closed(document) as object, "api");

  return (method: string, path: string, response: Response, text: string, title: string) => {
    const operation = document.paths[path]?.[method];
    assert.ok(operation, `${method} ${path} is not described`);
    const { status } = response;
    const key = [String(status), `${String(status)[0]}XX`].find((one) => operation.responses[one]);
    assert.ok(key, `${title} is not described`);
    const described = operation.responses[key]!;
    const type = response.headers.get("content-type")?.split(";")[0];
    let pointer = described.$ref?.slice(1) ??
      `/paths/${escaped(path)}/${method}/responses/${key}`;
    const content = described.$ref ? { "application/problem+json": {} } : described.content;
    if (!content) {
      assert.equal(text, "", title);
      return undefined;
    }
    assert.ok(type && type in content, `${title}: ${type}`);
    if (!/json$/.test(type)) return text;
    pointer += `/content/${escaped(type)}/schema`;
    const body = JSON.parse(text);
    const validate = ajv.getSchema(`api#${encodeURI(pointer)}`) ??
      ajv.compile({ $ref: `api#${encodeURI(pointer)}` });
    assert.ok(validate(body), `${title}\n${JSON.stringify(validate.errors, null, 1)}`);
    return body;
  };
}

const escaped = (part: string) => part.replace(/~/g, "~0").replace(/\//g, "~1");

/** The same schemas, but nothing is allowed that they do not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  const names = Object.keys(copy["properties"] ?? {});
  // One without any names is open; so is the document, of which one is named.
  const isClosed = copy["type"] === "object" && names.some((name) => name !== "openapi");
  return { ...(isClosed ? { additionalProperties: false } : {}), ...copy };
}

/** One life of a school, told in requests. */
async function story(call: Call, { database }: Api): Promise<void> {
  const at = "2026-11-22T10:00:00.000Z";
  await call("get", "/healthz", {}, 200);
  await call("get", "/openapi.json", {}, 200);
  await call("get", "/docs", {}, 200);
  await call("get", "/metrics", {}, 200);
  await call("get", "/admin/me", {}, 200);

  const slug = `oak-${crypto.randomUUID().slice(0, 8)}`;
  const school = { slug };
  await call("post", "/admin/schools", {}, 201, { slug, name: "Oak", settings: { country: "CA" } });
  await call("post", "/admin/schools", {}, 409, { slug, name: "Oak" });
  await call("post", "/admin/schools", {}, 400, { slug });
  await call("get", "/admin/schools", {}, 200);
  await call("get", "/admin/schools/{slug}", school, 200);
  await call("get", "/admin/schools/{slug}", { slug: "nobody" }, 404);
  const expectEvery = { when: "every weekday at 6 pm", timezone: "America/New_York" };
  await call("patch", "/admin/schools/{slug}", school, 200, { settings: { expectEvery } });
  const { rows } = await database.execute({
    sql: "SELECT id FROM schools WHERE slug = ?",
    args: [slug],
  });
  const schoolId = Number(rows[0]!["id"]);

  const key = await call("post", "/admin/schools/{slug}/keys", school, 201, {
    publicKey: line("ssh-rsa", rsaWire(rsaNumbers(2048)), "laptop"),
    expiresAt: "2100-01-01T00:00:00Z",
  });
  await call("get", "/admin/schools/{slug}/keys", school, 200);
  const { fingerprint } = key.body;
  const label = { label: "desktop" };
  await call(
    "patch",
    "/admin/schools/{slug}/keys/{fingerprint}",
    { slug, fingerprint },
    200,
    label,
  );
  await call("delete", "/admin/schools/{slug}/keys/{fingerprint}", { slug, fingerprint }, 204);
  const placements = [{ requirementGroup: "Nursing", term: "Fall 2026" }];
  await call("put", "/admin/schools/{slug}/placements", school, 204, placements);
  await call("get", "/admin/schools/{slug}/placements?limit=1", school, 200);
  await call("get", "/admin/schools/{slug}/connection", school, 200);
  await call("get", "/admin/schools/{slug}/storage-key", school, 200);
  await call("get", "/admin/schools/{slug}/retention", school, 404);
  const retention = { days: 365, reason: "The registrar's policy of 2026" };
  await call("put", "/admin/schools/{slug}/retention", school, 200, retention);
  await call("get", "/admin/schools/{slug}/retention", school, 200);
  await call("delete", "/admin/schools/{slug}/retention", school, 204);
  await call("post", "/admin/schools/{slug}/storage-key/rotate", school, 202);
  await call("post", "/admin/schools/{slug}/storage-key/rotate", school, 409);
  await call("post", "/admin/schools/{slug}/suspension", school, 200);
  await call("get", "/admin/schools/{slug}", school, 200);
  await call("delete", "/admin/schools/{slug}/suspension", school, 204);

  const roster = `${header}ana@x.edu,S1,García,Ana,,01/02/2003,Nursing,Fall 2026,1\r\n` +
    "bo@x.edu,S2,Berg,Bo,,31/02/2003,,,0\r\n";
  const { id } = await upload(database, schoolId, roster);
  await call("get", "/admin/schools/{slug}/uploads", school, 200);
  await call("get", "/admin/uploads/{id}", { id }, 200);
  await call("get", "/admin/uploads/{id}", { id: "none" }, 404);
  await call("get", `/admin/uploads?school=${slug}&state=completed`, {}, 200);
  await call("get", "/admin/uploads?school=nobody", {}, 404);
  const codes = await call("get", "/admin/uploads/{id}/problems/codes", { id }, 200);
  assert.ok(codes.body.items.length > 0);
  await call("get", "/admin/overview", {}, 200);
  await call("get", "/admin/exports", {}, 200);
  const told = await call("get", "/admin/uploads/{id}/story", { id }, 200);
  assert.ok(told.body.items.length > 0);
  const problems = await call("get", "/admin/uploads/{id}/problems", { id }, 200);
  assert.ok(problems.body.items.length > 0);
  await call("get", "/admin/uploads/{id}/report", { id }, 200);
  await call("get", "/admin/uploads/{id}/rejected.csv", { id }, 200);
  await call("get", "/admin/uploads/{id}/progress", { id }, 200);
  for (const [decision, body] of [["retry", undefined], ["discard", { reason: "old" }]] as const) {
    const parked = await parkedUpload(database, schoolId, at);
    await call("get", "/admin/uploads/{id}", { id: parked }, 200);
    await call("post", `/admin/uploads/{id}/${decision}`, { id: parked }, 202, body);
    await call("post", `/admin/uploads/{id}/${decision}`, { id }, 409);
  }

  const settings = (holdWhen: object | null) => ({ settings: { holdWhen } });
  await call("patch", "/admin/schools/{slug}", school, 200, settings({ changedPercent: 0 }));
  const changed = `${header}ana@x.edu,,Lopez,,,,,,1\r\nnew@x.edu,,,,,,,,1\r\n`;
  const terms = { checkOnly: false, additionsUntil: null, isSnapshot: false };
  const held = await upload(database, schoolId, changed, { terms });
  const preview = await call("get", "/admin/uploads/{id}/preview", { id: held.id }, 200);
  assert.deepEqual(preview.body.items.map(({ outcome }: { outcome: string }) => outcome), [
    ...["changed", "added"],
  ]);
  await call("get", "/admin/uploads/{id}/preview", { id }, 409);
  await call("get", "/admin/uploads/{id}/preview?outcome=none", { id: held.id }, 400);
  await call("patch", "/admin/schools/{slug}", school, 200, settings(null));
  await call("post", "/admin/uploads/{id}/release", { id: held.id }, 202, { reason: "looked at" });
  await call("post", "/admin/uploads/{id}/release", { id: held.id }, 409);

  const username = "ana@x.edu";
  const usernames = [username, "nobody@x.edu"];
  await call("get", "/admin/schools/{slug}/students?q=ana", school, 200);
  await call("get", "/admin/schools/{slug}/students/{username}", { slug, username }, 200);
  const history = "/admin/schools/{slug}/students/{username}/history";
  await call("get", history, { slug, username }, 200);
  await call("get", history, { slug, username: "nobody@x.edu" }, 404);
  const another = roster.replaceAll("ana@", "zoe@");
  const sent = { id: (await upload(database, schoolId, another)).id };
  await call("get", "/admin/uploads/{id}/revert", sent, 404);
  await call("post", "/admin/uploads/{id}/revert", sent, 200, { reason: "another's" });
  await call("get", "/admin/uploads/{id}/revert?limit=1", sent, 200);
  await call("post", "/admin/schools/{slug}/verifications", school, 200, { usernames });
  await call("get", "/admin/schools/{slug}/verifications?state=waiting", school, 200);
  const schedule = "/admin/schools/{slug}/schedule";
  await call("put", schedule, school, 200, { when: "daily at 6pm", timezone: "UTC" });
  await call("put", schedule, school, 400, { when: "now and then", timezone: "UTC" });
  await call("get", schedule, school, 200);
  await call("delete", schedule, school, 204);
  const made = await call("post", "/admin/schools/{slug}/exports", school, 201);
  const exported = { id: made.body.id };
  await call("get", "/admin/schools/{slug}/exports", school, 200);
  await call("get", "/admin/exports/{id}", exported, 200);
  await call("get", "/admin/exports/{id}/file", exported, 200);
  await call("post", "/admin/exports/{id}/deliver", exported, 202);
  await call("get", "/admin/exports/{id}", exported, 200);
  const verification = "/admin/schools/{slug}/verifications/{username}";
  await call("delete", `${verification}?reviewer=Ruth`, { slug, username }, 200);
  await call("get", "/admin/schools/{slug}/verifications", school, 200);

  for (const sender of [["SHA256:f", "192.0.2.7", "WinSCP"], [null, null, null]]) {
    await database.execute({
      sql: `INSERT INTO files (school_id, path, state, size, at, fingerprint, address, client)
            VALUES (?, ?, 'complete', 3, ?, ?, ?, ?)`,
      args: [schoolId, `/inbound/${sender[0] ? "a" : "b"}.txt`, at, ...sender],
    });
  }
  await call("get", "/admin/schools/{slug}/files", school, 200);
  await call("get", "/admin/schools/{slug}/files?path=/inbound/a.txt", school, 200);
  await call("delete", "/admin/schools/{slug}/files?path=/inbound/a.txt", school, 202);

  await call("get", "/admin/schools/{slug}/files/removed", school, 200);

  const contacts = "/admin/schools/{slug}/contacts";
  const contact = { email: "registrar@x.edu", wants: ["held"] };
  const added = await call("post", contacts, school, 201, contact);
  const one = { slug, id: added.body.id };
  await call("get", contacts, school, 200);
  await call("get", `${contacts}/{id}`, one, 200);
  await call("patch", `${contacts}/{id}`, one, 200, { digestAt: "07:00", timezone: "UTC" });
  await database.execute({
    sql: `INSERT INTO mails (id, contact_id, school_id, is_digest, state, created_at, due_at)
          VALUES (?, ?, ?, 0, 'waiting', ?, ?)`,
    args: [crypto.randomUUID(), one.id, schoolId, at, at],
  });
  const mails = await call("get", "/admin/schools/{slug}/mails", school, 200);
  assert.equal(mails.body.items.length, 1);
  await call("delete", `${contacts}/{id}`, one, 204);

  await doors(call, database, slug);
  await webhooks(call, database, { slug, id: schoolId });
  await tokens(call, slug);
  await call("get", `/admin/audit?school=${slug}`, {}, 200);
  await call("get", "/admin/audit/verify", {}, 200);
  await call("delete", "/admin/schools/{slug}", school, 400);
  await call("delete", `/admin/schools/{slug}?confirm=${slug}`, school, 202);
  await call("get", "/admin/schools/{slug}", school, 200);
  await call("get", "/admin/schools/{slug}/purge", school, 200);
  await call("delete", `/admin/schools/{slug}/purge?confirm=${slug}`, school, 200);
}

async function doors(call: Call, database: Client, slug: string) {
  await call("get", "/admin/schools/{slug}/logins", { slug }, 200);
  await call("get", "/admin/refused-logins", {}, 200);
  const source = "2001:db8::/64";
  const at = "2026-11-22T10:00:00.000Z";
  const bans = [{ source, since: at, until: "2100-01-01T00:00:00.000Z", failures: 60 }];
  await database.execute({
    sql: "INSERT INTO bridges (id, name, protocol, seen_at, bans) VALUES (?, 'default', 1, ?, ?)",
    args: [crypto.randomUUID(), at, JSON.stringify(bans)],
  });
  const listed = await call("get", "/admin/bans", {}, 200);
  assert.equal(listed.body.items.length, 1);
  await call("delete", "/admin/bans/{source}", { source }, 204);
}

async function webhooks(call: Call, database: Client, school: { slug: string; id: number }) {
  const hook = { url: "https://hooks.example.com/in", school: school.slug };
  const { body } = await call("post", "/admin/webhooks", {}, 201, hook);
  const webhook = { id: body.id };
  await call("get", "/admin/webhooks", {}, 200);
  await call("get", "/admin/webhooks/{id}", webhook, 200);
  await call("patch", "/admin/webhooks/{id}", webhook, 200, { state: "off", rotateSecret: true });
  const delivery = { id: crypto.randomUUID(), webhookId: webhook.id, schoolId: school.id };
  const message = { messageId: "msg_1", kind: "key.added", body: '{"type":"key.added"}' };
  const times = { now: "2026-11-22T10:00:00.000Z", giveUpAt: "2100-01-01T00:00:00.000Z" };
  await database.batch([addDeliveries([{ ...delivery, ...message } as never], times)], "write");
  const deliveries = "/admin/webhooks/{id}/deliveries";
  const listed = await call("get", `${deliveries}?state=waiting`, webhook, 200);
  assert.equal(listed.body.items.length, 1);
  const names = { ...webhook, delivery: delivery.id };
  await call("post", `${deliveries}/{delivery}/replay`, names, 202);
  await call("post", "/admin/webhooks/{id}/replay", webhook, 202, { since: times.now });
  await call("delete", "/admin/webhooks/{id}", webhook, 204);
}

async function tokens(call: Call, slug: string) {
  const token = { name: `of ${slug}`, role: "reviewer", schools: [slug] };
  const made = await call("post", "/admin/tokens", {}, 201, token);
  await call("post", "/admin/tokens", {}, 409, token);
  await call("get", "/admin/tokens", {}, 200);
  await call("delete", "/admin/tokens/{id}", { id: made.body.id }, 204);
}

async function parkedUpload(database: Client, schoolId: number, at: string): Promise<string> {
  const id = crypto.randomUUID();
  const announcement = {
    ...{ id, schoolId, lane: "roster", name: "broken.csv", timeCode: "20261121T000000000Z" },
    ...{ acceptedAt: at, size: 3, sha256: null, sender: null, parked: "its bytes are damaged" },
  };
  await announceUpload(database, announcement as never, at);
  return id;
}
