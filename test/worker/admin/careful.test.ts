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
    // A body that is read for its key is still there for the route.
    const keyed = await world.app.admin("POST", path, { nothing: 1 }, {
      "idempotency-key": crypto.randomUUID(),
    });
    assert.match(keyed.body.detail, /nothing is not known here/);
    const stale = await asPerson(world.app, FRESH_MS, "POST", `${path}?confirm=roster.csv`);
    assert.deepEqual([stale.status, stale.body.code], [403, "sign_in_again"]);
    const untyped = await asPerson(world.app, 0, "POST", path);
    assert.deepEqual([untyped.status, untyped.body.code], [400, "confirm_missing"]);
    assert.match(
      untyped.body.detail,
      /makes 6 students inactive\. .*type roster\.csv again: in the form, after --confirm on the command line, or as \?confirm=roster\.csv of the API/,
    );
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

  test("a POST that is sent again with its Idempotency-Key is done once, and answered the same", async () => {
    const app = start();
    const key = crypto.randomUUID();
    const make = (name: string, headers: Record<string, string> = { "idempotency-key": key }) =>
      app.admin("POST", "/admin/tokens", { name, role: "viewer" }, headers);
    const first = await make("once");
    const second = await make("once");
    assert.equal(first.status, 201);
    assert.equal(second.status, 201);
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers.get("location"), first.headers.get("location"));
    assert.equal(second.headers.get("idempotency-replayed"), "true");
    const { rows } = await database().client.execute("SELECT * FROM repeats");
    assert.ok(rows.length > 0);
    assert.ok(!JSON.stringify(rows).includes(first.body.token.slice(4)));

    assert.equal((await make("other")).body.code, "idempotency_key_reused");
    assert.equal((await make("once", {})).body.code, "token_name_taken");
    assert.equal((await make("x", { "idempotency-key": "short" })).status, 400);
    // Another's key of the same name is another's.
    const { token } = first.body;
    const theirs = { "idempotency-key": key, authorization: `Bearer ${token}` };
    assert.equal((await make("once", theirs)).status, 403);

    app.clock.now += 24 * 3_600_000 + 1;
    assert.equal((await make("once")).body.code, "token_name_taken", "a day later it is forgotten");
  });

  test("what was refused may be sent again with the same Idempotency-Key; two at once are done once", async () => {
    const app = start();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const make = (name: string) =>
      app.admin("POST", "/admin/schools", { slug: "repeated", name }, headers);
    assert.equal((await make("")).status, 400);
    const answers = await Promise.all([make("x"), make("x"), make("x")]);
    const made = answers.filter(({ status }) => status === 201);
    assert.ok(made.length >= 1);
    assert.ok(
      answers.every(({ status, body }) => status === 201 || body.code === "idempotency_unfinished"),
    );
    assert.equal((await make("x")).status, 201);
    const { body } = await app.admin("GET", "/admin/audit?action=school.created&school=repeated");
    assert.equal(body.items.length, 1);
  });

  test("a request whose answer was lost in a crash is not done again with its Idempotency-Key, for a day", async () => {
    const app = start();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const make = () => app.admin("POST", "/admin/schools", { slug: "crashed", name: "x" }, headers);
    assert.equal((await make()).status, 201);
    // The worker ended between what it did and keeping its answer.
    await database().client.execute("UPDATE repeats SET answer = NULL");
    const again = await make();
    assert.deepEqual([again.status, again.body.code], [409, "idempotency_unfinished"]);
    assert.match(again.body.detail, /look whether it was done/);
    assert.equal(again.headers.get("retry-after"), "2");
    app.clock.now += 24 * 3_600_000 + 1;
    assert.equal((await make()).body.code, "slug_taken", "a day later it is asked anew");
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
