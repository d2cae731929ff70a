/** What is no object is taken for none, and no text has what cannot be seen. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Client } from "@libsql/client";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { rsaLine } from "../ssh-key/test-keys.ts";
import { rows, SafeWorld } from "../intake/safe-world.ts";

let database: Client;
before(async () => {
  database = await openDatabase({ url: "file::memory:" });
  await migrate(database, "2026-11-22T10:15:30.123Z");
});

/** A world with an upload that is held, and what of it there is to change. */
async function held() {
  const limits = { holdWhen: { removedPercent: 10 }, mode: "snapshot" };
  const world = await SafeWorld.open(database, limits, {});
  const applied = await world.send(rows(0, 10));
  const id = await world.send(rows(0, 4));
  const { admin } = world.app;
  const school = `/admin/schools/${world.slug}`;
  const made = async (path: string, body: object) => {
    const answer = await admin("POST", path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const contact = await made(`${school}/contacts`, { email: "ann@x.edu", wants: ["silent"] });
  const webhook = await made("/admin/webhooks", { url: "https://x.example/", school: world.slug });
  return {
    ...{ world, id, applied, school },
    contact: `${school}/contacts/${contact.id}`,
    webhook: `/admin/webhooks/${webhook.id}`,
  };
}

test("a list is no object: it decides and changes nothing, at any depth", async () => {
  const { world, id, applied, school, contact, webhook } = await held();
  const { admin } = world.app;
  const tries: [method: string, path: string, body: unknown, field: string][] = [
    ["POST", `/admin/uploads/${id}/release`, [], "body"],
    ["POST", `/admin/uploads/${id}/discard`, [], "body"],
    ["POST", `/admin/uploads/${applied}/revert`, [], "body"],
    ["PATCH", school, [], "body"],
    ["PATCH", contact, [], "body"],
    ["PATCH", webhook, [], "body"],
    ["PATCH", school, { settings: [] }, "settings"],
    ["PATCH", school, { settings: { holdWhen: [] } }, "settings.holdWhen"],
    ["PATCH", school, { settings: { columnNames: [] } }, "settings.columnNames"],
    ["PATCH", school, { settings: { pauses: [[]] } }, "settings.pauses.0"],
    ["PATCH", school, { settings: { expectEvery: [] } }, "settings.expectEvery"],
    ["PUT", `${school}/placements`, [[]], "0"],
  ];
  const audit = async () => (await admin("GET", `/admin/audit?school=${world.slug}`)).body.items;
  const before = await audit();
  for (const [method, path, body, field] of tries) {
    const answer = await admin(method, path, body);
    const what = `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`;
    assert.deepEqual([answer.status, answer.body.code], [400, "body_invalid"], what);
    assert.equal(answer.body.errors[0].field, field, what);
    assert.match(answer.body.errors[0].problem, /^is a list; /, what);
  }
  assert.deepEqual(await audit(), before);
  assert.equal((await world.upload(id)).state, "held");
});

test("a name and a reason with a character that cannot be seen are refused, saying which it is", async () => {
  const { world, id, applied, school, contact, webhook } = await held();
  const { admin } = world.app;
  const key = { publicKey: rsaLine(2048) };
  const token = { role: "viewer" };
  const wanted = { wants: ["silent"], email: "bo@x.edu" };
  const tries: [string, string, (text: string) => object, string][] = [
    ["POST", `/admin/uploads/${id}/release`, (reason) => ({ reason }), "reason"],
    ["POST", `/admin/uploads/${id}/discard`, (reason) => ({ reason }), "reason"],
    ["POST", `/admin/uploads/${applied}/revert`, (reason) => ({ reason }), "reason"],
    ["PUT", `${school}/retention`, (reason) => ({ days: 9, reason }), "reason"],
    ["POST", "/admin/schools", (name) => ({ slug: "unseen", name }), "name"],
    ["PATCH", school, (name) => ({ name }), "name"],
    ["POST", `${school}/contacts`, (name) => ({ ...wanted, name }), "name"],
    ["PATCH", contact, (name) => ({ name }), "name"],
    ["PATCH", webhook, (description) => ({ description }), "description"],
    ["POST", "/admin/tokens", (name) => ({ ...token, name }), "name"],
    ["POST", `${school}/keys`, (label) => ({ ...key, label }), "label"],
    ["PUT", `${school}/placements`, (term) => [{ requirementGroup: "RN", term }], "0.term"],
    [
      "POST",
      `${school}/verifications`,
      (reviewer) => ({ usernames: ["s0@x.edu"], reviewer }),
      "reviewer",
    ],
  ];
  const unseen: [text: string, problem: string][] = [
    ["ab\0cd", 'is "ab\\u0000cd"; its character 3 is U+0000, a control character: leave it out'],
    ["\u{1f600}\x1b[2J", "its character 2 is U+001B, a control character: leave it out"],
    ["ab\x85", "its character 3 is U+0085, a control character: leave it out"],
    [
      "ab\u202ecd",
      'is "ab\\u202ecd"; its character 3 is U+202E, which turns the direction of writing: leave it out',
    ],
    ["a\u2066", "its character 2 is U+2066, which turns the direction of writing: leave it out"],
    ["a\rb", "its character 2 is U+000D, a line break: leave it out"],
    ["a\ud800b", "its character 2 is U+D800, half a character: leave it out"],
  ];
  for (const [method, path, bodyOf, field] of tries) {
    const lines: typeof unseen = field === "reason" ? [] : [
      ["a\r\nBcc: b@x.edu", "its character 2 is U+000D, a line break: leave it out"],
      ["a\nb", "its character 2 is U+000A, a line break: leave it out"],
      ["a\tb", "its character 2 is U+0009, a tab: leave it out"],
    ];
    for (const [text, problem] of [...unseen, ...lines]) {
      const { status, body } = await admin(method, path, bodyOf(text));
      const what = `${method} ${path} ${JSON.stringify(text)}: ${JSON.stringify(body)}`;
      assert.deepEqual([status, body.code], [400, "body_invalid"], what);
      assert.equal(body.errors[0].field, field, what);
      assert.ok(body.errors[0].problem.endsWith(problem), what);
    }
  }
  assert.equal((await world.upload(id)).state, "held");
});

test("a reason of several lines stands whole in the report and in the audit", async () => {
  const { world, id } = await held();
  const reason = "Not ours:\r\n\tsee the mail,\nمرحبا שלום 👩‍🏫";
  const path = `/admin/uploads/${id}`;
  assert.equal((await world.app.admin("POST", `${path}/discard`, { reason })).status, 202);
  const { body } = await world.app.admin("GET", `${path}/problems`);
  assert.match(body.items[0].message, /Not ours:\r\n\tsee the mail,\nمرحبا שלום 👩‍🏫\. /);
  const audit = `/admin/audit?school=${world.slug}&action=upload.discarded`;
  assert.equal((await world.app.admin("GET", audit)).body.items[0].detail.reason, reason);
});
