/** What keeps administrators from doing the wrong thing, or the right one twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FRESH_MS } from "../../../worker/http/session.ts";
import type { Principal } from "../../../worker/http/principal.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { rows, SafeWorld } from "../intake/safe-world.ts";
import { line, rsaNumbers, rsaWire } from "../ssh-key/test-keys.ts";

eachDatabase("careful administration", (database) => {
  const start = () => appUnderTest(database().client);

  /** As the console asks for a person who signed in so long ago. */
  async function asPerson(app: AppUnderTest, age: number, method: string, path: string) {
    const signedInAt = new Date(app.clock.now - age).toISOString();
    const principal: Principal = {
      ...{ name: "ruth@college.edu", role: "admin", schools: null, expiresAt: null, signedInAt },
    };
    const request = new Request(`http://worker.test${path}`, { method });
    const answer = await app.app.fetch(request, { principal });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  test("what cannot be taken back needs a sign-in not older than 15 minutes", async () => {
    const app = start();
    await app.admin("POST", "/admin/schools", { slug: "purged", name: "x" });
    const path = "/admin/schools/purged?confirm=purged";
    const stale = await asPerson(app, FRESH_MS, "DELETE", path);
    assert.deepEqual([stale.status, stale.body.code], [403, "sign_in_again"]);
    assert.equal((await app.admin("GET", "/admin/schools/purged")).body.purgeStartedAt, undefined);
    assert.equal((await asPerson(app, FRESH_MS - 1, "DELETE", path)).status, 202);
  });

  test("a person types the name again; what is named wrongly is not done", async () => {
    const app = start();
    await app.admin("POST", "/admin/schools", { slug: "typed", name: "x" });
    const publicKey = line("ssh-rsa", rsaWire(rsaNumbers(2048)), "laptop");
    const { body: key } = await app.admin("POST", "/admin/schools/typed/keys", { publicKey });
    const path = `/admin/schools/typed/keys/${key.fingerprint}`;
    const confirmed = `${path}?confirm=${encodeURIComponent(key.fingerprint)}`;
    assert.equal((await asPerson(app, 0, "DELETE", path)).body.code, "confirm_missing");
    assert.equal((await asPerson(app, 0, "DELETE", `${path}?confirm=x`)).status, 400);
    assert.equal((await app.admin("DELETE", `${path}?confirm=x`)).body.code, "confirm_missing");
    assert.equal((await asPerson(app, FRESH_MS, "DELETE", confirmed)).body.code, "sign_in_again");
    assert.equal((await asPerson(app, 0, "DELETE", confirmed)).status, 204);
    // A program has named it in the address.
    assert.equal((await app.admin("DELETE", path)).status, 204);
  });

  test("a person who releases removals types the file's name and signed in a short while ago", async () => {
    const limits = { holdWhen: { removedPercent: 10 }, mode: "snapshot" };
    const world = await SafeWorld.open(database().client, limits, {});
    await world.send(rows(0, 10));
    const id = await world.send(rows(0, 4));
    const path = `/admin/uploads/${id}/release`;
    const stale = await asPerson(world.app, FRESH_MS, "POST", `${path}?confirm=roster.csv`);
    assert.deepEqual([stale.status, stale.body.code], [403, "sign_in_again"]);
    const untyped = await asPerson(world.app, 0, "POST", path);
    assert.deepEqual([untyped.status, untyped.body.code], [400, "confirm_missing"]);
    assert.match(untyped.body.detail, /makes 6 students inactive\. .*\?confirm=roster\.csv/);
    assert.equal((await world.upload(id)).state, "held");
  });

  test("a school is changed only as it was read, with ETag and If-Match", async () => {
    const app = start();
    await app.admin("POST", "/admin/schools", { slug: "tagged", name: "One" });
    const read = await app.admin("GET", "/admin/schools/tagged");
    const etag = read.headers.get("etag")!;
    assert.match(etag, /^"[0-9a-f]{32}"$/);
    const change = (name: string, match?: string) =>
      app.admin(
        ...["PATCH", "/admin/schools/tagged", { name }] as const,
        match ? { "if-match": match } : {},
      );
    const first = await change("Two", etag);
    assert.equal(first.status, 200);
    const second = await change("Three", etag);
    assert.deepEqual([second.status, second.body.code], [412, "changed_meanwhile"]);
    assert.equal((await change("Three", `W/${etag}`)).status, 412);
    assert.equal((await change("Four", first.headers.get("etag")!)).status, 200);
    assert.equal((await change("Five", "*")).status, 200);
    assert.equal((await change("Six")).status, 200);
    const { body } = await app.admin("GET", "/admin/audit?school=tagged&action=school.changed");
    assert.equal(body.items.length, 4, "what was refused is not in the audit");
  });

  test("of two who read the same and change at once, one is told", async () => {
    const app = start();
    await app.admin("POST", "/admin/schools", { slug: "raced", name: "One" });
    const etag = (await app.admin("GET", "/admin/schools/raced")).headers.get("etag")!;
    const answers = await Promise.all(
      ["Two", "Three", "Four"].map((name) =>
        app.admin("PATCH", "/admin/schools/raced", { name }, { "if-match": etag })
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412, 412]);
  });

  test("no page of another site reads an answer: there is no CORS", async () => {
    const app = start();
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await app.app.fetch(
        new Request("http://worker.test/admin/schools", {
          method,
          headers: { origin: "https://evil.example", "access-control-request-method": "GET" },
        }),
      );
      assert.ok(answer.status >= 400);
      for (const [name] of answer.headers) assert.doesNotMatch(name, /^access-control-/);
      await answer.body?.cancel();
    }
  });
});
