import assert from "node:assert/strict";
import { test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("administrators' tokens", (database) => {
  const start = () => appUnderTest(database().client);

  async function made(app: AppUnderTest, body: Record<string, unknown>) {
    const answer = await app.admin("POST", "/admin/tokens", body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }

  const as = (app: AppUnderTest, token: string): AppUnderTest["admin"] => (method, path, body) =>
    app.admin(method, path, body, { authorization: `Bearer ${token}` });

  test("a token is shown once, stored hashed, and opens the door as what it is", async () => {
    const app = start();
    const { token, ...stored } = await made(app, { name: "shown once", role: "viewer" });
    assert.match(token, /^rba_[\w-]{43}$/);
    const { body: me } = await as(app, token)("GET", "/admin/me");
    assert.deepEqual(me, {
      name: "token shown once",
      role: "viewer",
      schools: null,
      expiresAt: null,
    });
    const { body: list } = await app.admin("GET", "/admin/tokens");
    const listed = list.items.find(({ id }: { id: string }) => id === stored.id);
    assert.deepEqual(listed, { ...stored, lastUsedAt: "2026-11-22T10:15:30.123Z" });
    const { rows } = await database().client.execute("SELECT * FROM tokens");
    assert.ok(!JSON.stringify(rows).includes(token.slice(4)));
    const { rows: audit } = await database().client.execute("SELECT detail FROM audit");
    assert.ok(!JSON.stringify(audit).includes(token.slice(4)));
  });

  test("its last use is told to the minute", async () => {
    const app = start();
    const { token, id } = await made(app, { name: "used", role: "viewer" });
    const lastUse = async () => {
      await as(app, token)("GET", "/admin/me");
      const { body } = await app.admin("GET", "/admin/tokens");
      return body.items.find((one: { id: string }) => one.id === id).lastUsedAt;
    };
    assert.equal(await lastUse(), "2026-11-22T10:15:30.123Z");
    app.clock.now += 59_000;
    assert.equal(await lastUse(), "2026-11-22T10:15:30.123Z");
    app.clock.now += 1_000;
    assert.equal(await lastUse(), "2026-11-22T10:16:30.123Z");
  });

  test("one that expired or was revoked opens nothing, and its holder is told why", async () => {
    const app = start();
    const expiresAt = "2026-11-22T10:20:00+00:00";
    const short = await made(app, { name: "short", role: "admin", expiresAt });
    assert.equal(short.expiresAt, "2026-11-22T10:20:00.000Z");
    assert.equal((await as(app, short.token)("GET", "/admin/me")).status, 200);
    app.clock.now = Date.parse("2026-11-22T10:20:00Z");
    const late = await as(app, short.token)("GET", "/admin/me");
    assert.equal(late.status, 401);
    assert.match(late.body.detail, /expired at 2026-11-22T10:20:00.000Z/);
    assert.match(late.headers.get("www-authenticate")!, /invalid_token/);

    const revoked = await made(app, { name: "revoked", role: "admin" });
    assert.equal((await app.admin("DELETE", `/admin/tokens/${revoked.id}`)).status, 204);
    assert.equal((await app.admin("DELETE", `/admin/tokens/${revoked.id}`)).status, 204);
    const after = await as(app, revoked.token)("POST", "/admin/schools", {});
    assert.equal(after.status, 401);
    assert.match(after.body.detail, /was revoked at/);
    const { body } = await app.admin("GET", "/admin/audit?action=token.revoked");
    assert.equal(body.items.length, 1);
    assert.equal(body.items[0].detail.name, "revoked");
    assert.equal((await app.admin("DELETE", "/admin/tokens/tok_none")).status, 404);
  });

  test("a wrong token costs its sender time, and no token is guessed from another", async () => {
    const app = start();
    const { token } = await made(app, { name: "guessed", role: "admin" });
    for (const wrong of [`${token}x`, token.slice(0, -1), token.replace("rba_", ""), "rba_"]) {
      assert.equal((await as(app, wrong)("GET", "/admin/me")).status, 401);
    }
    assert.ok(app.logged.some(({ event }) => event === "token.refused"));
    assert.ok(!JSON.stringify(app.logged).includes(token.slice(4, 20)));
  });

  test("a token is not made with a name that is in use, an end in the past or an unknown school", async () => {
    const app = start();
    await made(app, { name: "taken", role: "viewer" });
    const refused = async (body: Record<string, unknown>) => {
      const answer = await app.admin("POST", "/admin/tokens", {
        name: "refused",
        role: "viewer",
        ...body,
      });
      assert.ok(answer.status >= 400);
      return answer.body.code;
    };
    assert.equal(await refused({ name: " taken " }), "token_name_taken");
    assert.equal(await refused({ expiresAt: "2026-11-22T10:15:30.123Z" }), "expires_invalid");
    assert.equal(await refused({ schools: ["nobody"] }), "school_unknown");
    assert.equal(await refused({ schools: [] }), "body_invalid");
    assert.equal(await refused({ role: "owner" }), "body_invalid");
    const { body } = await app.admin("GET", "/admin/tokens");
    assert.ok(!body.items.some(({ name }: { name: string }) => name === "refused"));
  });

  test("every change is in the audit with who really made it", async () => {
    const app = start();
    const { token } = await made(app, { name: "registrar sync", role: "admin" });
    await app.admin("POST", "/admin/schools", { slug: "by-token", name: "x" }, {
      authorization: `Bearer ${token}`,
      "x-actor": "admin",
    });
    const { body } = await app.admin("GET", "/admin/audit?school=by-token");
    assert.equal(body.items[0].actor, "token registrar sync for admin");
    const { body: tokens } = await app.admin("GET", "/admin/audit?action=token.created");
    assert.equal(tokens.items[0].actor, "admin");
    assert.equal(tokens.items[0].detail.name, "registrar sync");
  });

  test("one that is limited to schools sees these only, in lists and in the audit too", async () => {
    const app = start();
    for (const slug of ["mine", "mine-too", "theirs"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
    }
    const schools = ["mine-too", "mine", "mine"];
    const { token, ...limited } = await made(app, { name: "limited", role: "admin", schools });
    assert.deepEqual(limited.schools, ["mine", "mine-too"]);
    const mine = as(app, token);
    const { body: list } = await mine("GET", "/admin/schools");
    assert.deepEqual(list.items.map(({ slug }: { slug: string }) => slug), ["mine-too", "mine"]);
    const { body: audit } = await mine("GET", "/admin/audit");
    assert.deepEqual(audit.items.map(({ school }: { school: string }) => school), [
      "mine-too",
      "mine",
    ]);
    assert.equal((await mine("GET", "/admin/audit?school=theirs")).body.items.length, 0);
    assert.equal((await mine("PATCH", "/admin/schools/mine", { name: "Mine" })).status, 200);
    const theirs = await mine("PATCH", "/admin/schools/theirs", { name: "Mine" });
    const nobodys = await mine("PATCH", "/admin/schools/nobodys", { name: "Mine" });
    assert.equal(theirs.status, 404);
    assert.equal(theirs.body.detail, nobodys.body.detail.replace("nobodys", "theirs"));
    assert.equal((await mine("DELETE", "/admin/schools/mine?confirm=mine")).status, 403);
    assert.equal((await mine("POST", "/admin/tokens", {})).body.code, "not_for_all_schools");
  });
});
