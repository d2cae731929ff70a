import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { adminToken, type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { Browser } from "./browser.ts";

const HOUR_MS = 3_600_000;

eachDatabase("signing in to the console", (database) => {
  let app: AppUnderTest;

  beforeEach(() => {
    app = appUnderTest(database().client);
  });

  async function signedIn(token = adminToken, origin?: string): Promise<Browser> {
    const browser = new Browser(app.app, origin);
    const page = await browser.submit(await browser.open("/console"), "/console/sign-in", {
      token,
    });
    assert.equal(page.path, "/console", page.html);
    return browser;
  }

  test("who is not signed in is led to the door, and to the page afterwards", async () => {
    const browser = new Browser(app.app);
    const door = await browser.open("/console/uploads?state=held");
    assert.match(door.path, /^\/console\/sign-in\?to=/);
    const page = await browser.submit(door, "/console/sign-in", { token: adminToken });
    assert.equal(page.path, "/console/uploads?state=held");
    assert.match(page.html, /Signed in as <strong>admin/);
  });

  test("nobody is led out of the console", async () => {
    const browser = new Browser(app.app);
    for (const to of ["https://evil.example/", "//evil.example", "/admin/schools", "/consolex"]) {
      const fields = { token: adminToken, to };
      assert.equal((await browser.post("/console/sign-in", fields)).path, "/console");
    }
  });

  test("a wrong token opens nothing, and is slowed as elsewhere", async () => {
    const waited: number[] = [];
    app = appUnderTest(database().client, {
      wait: (milliseconds) => {
        waited.push(milliseconds);
        return Promise.resolve();
      },
    });
    const browser = new Browser(app.app);
    for (let i = 0; i < 20; i++) {
      const page = await browser.post("/console/sign-in", { token: `wrong-token-${i}` });
      assert.equal(page.status, 401);
      assert.match(page.html, /Not signed in/);
    }
    assert.ok(waited.some((milliseconds) => milliseconds > 0), "nothing slowed it down");
    assert.equal(browser.cookies.size, 0);
  });

  test("the cookie is for no script and no other site, over TLS for one host alone", async () => {
    const { cookies } = await signedIn();
    assert.deepEqual([...cookies.keys()], ["rosterbridge"]);
    const browser = new Browser(app.app, "https://worker.test");
    const form = new URLSearchParams({ token: adminToken });
    const init = { method: "POST", body: form };
    const answer = await browser.fetch("/console/sign-in", init, { origin: "https://worker.test" });
    const cookie = answer.headers.get("set-cookie")!;
    assert.match(cookie, /^__Host-rosterbridge=[0-9a-f]{64};/);
    for (const word of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) {
      assert.ok(cookie.includes(word), `${cookie} lacks ${word}`);
    }
  });

  test("only a hash of it is stored", async () => {
    const { cookies } = await signedIn();
    const { rows } = await database().client.execute("SELECT * FROM sessions");
    const stored = JSON.stringify(rows);
    for (const secret of [...cookies.values(), adminToken]) assert.ok(!stored.includes(secret));
  });

  test("a session ends when it is not used, in any case after half a day, and by signing out", async () => {
    const unused = await signedIn();
    app.clock.now += 2 * HOUR_MS + 1;
    assert.match((await unused.open("/console")).path, /sign-in/);

    const busy = await signedIn();
    for (let hours = 0; hours < 11; hours++) {
      app.clock.now += HOUR_MS;
      assert.equal((await busy.open("/console")).path, "/console");
    }
    app.clock.now += HOUR_MS;
    assert.match((await busy.open("/console")).path, /sign-in/);

    const leaving = await signedIn();
    await leaving.submit(await leaving.open("/console"), "/console/sign-out");
    assert.equal(leaving.cookies.size, 0);
  });

  test("a session that was ended elsewhere opens nothing, though the cookie is still sent", async () => {
    const browser = await signedIn();
    const copy = new Browser(app.app);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    assert.equal((await copy.open("/console")).path, "/console");
    await browser.submit(await browser.open("/console"), "/console/sign-out");
    assert.match((await copy.open("/console")).path, /sign-in/);
  });

  test("a session ends with the token that it was begun with", async () => {
    const name = crypto.randomUUID();
    const made = await app.admin("POST", "/admin/tokens", { name, role: "viewer" });
    const browser = await signedIn(made.body.token);
    assert.match((await browser.open("/console")).html, /\(viewer\)/);
    await app.admin("DELETE", `/admin/tokens/${made.body.id}`);
    assert.match((await browser.open("/console")).path, /sign-in/);
  });

  test("a session ends when ADMIN_TOKEN is another one, whoever began it", async () => {
    const name = crypto.randomUUID();
    const made = await app.admin("POST", "/admin/tokens", { name, role: "viewer" });
    const browsers = [await signedIn(), await signedIn(made.body.token)];
    const restarted = appUnderTest(database().client, { adminToken: "another-admin-token" });
    for (const browser of browsers) {
      const after = new Browser(restarted.app);
      for (const cookie of browser.cookies) after.cookies.set(...cookie);
      assert.match((await after.open("/console")).path, /sign-in/);
      assert.equal((await after.fetch("/admin/me")).status, 401);
      assert.equal(
        (await browser.open("/console")).path,
        "/console",
        "with the old one it goes on",
      );
    }
  });

  test("a form of another site, or of another session, changes nothing", async () => {
    const browser = await signedIn();
    const slug = `s${crypto.randomUUID().slice(0, 8)}`;
    const fields = { name: "A school", slug };
    const path = "/console/schools/new";
    assert.equal((await browser.post(path, fields)).status, 403);
    const other = await signedIn();
    const theirs = /name="form-token" value="([0-9a-f]+)"/.exec((await other.open(path)).html)![1]!;
    assert.equal((await browser.post(path, { ...fields, "form-token": theirs })).status, 403);
    const evil = { origin: "https://evil.example" };
    assert.equal((await browser.post("/console/sign-in", { token: adminToken }, evil)).status, 403);
    assert.equal((await app.admin("GET", `/admin/schools/${slug}`)).status, 404);

    const mine = await browser.submit(await browser.open(path), path, fields);
    assert.match(mine.path, new RegExp(`^/console/schools/${slug}/keys`));
  });

  test("the cookie opens what is read of the admin routes, and nothing that changes something", async () => {
    const browser = await signedIn();
    assert.equal((await browser.fetch("/admin/schools")).status, 200);
    const body = JSON.stringify({ slug: "by-cookie", name: "x" });
    assert.equal((await browser.fetch("/admin/schools", { method: "POST", body })).status, 401);
  });

  test("the newest sign-ins stand on the page of access, for who may see them", async () => {
    const name = `Zoe ${crypto.randomUUID()}`;
    const made = await app.admin("POST", "/admin/tokens", { name, role: "viewer" });
    const visitor = await signedIn(made.body.token);
    const { html } = await (await signedIn()).open("/console/access");
    const shown = html.slice(html.indexOf("Recent sign-ins"));
    assert.match(shown, new RegExp(`token ${name}[\\s\\S]*?signed in`));
    assert.doesNotMatch((await visitor.open("/console/access")).html, /Recent sign-ins/);
  });

  test("what is changed in the console stands in the audit with who did it", async () => {
    const name = `Ada ${crypto.randomUUID()}`;
    const made = await app.admin("POST", "/admin/tokens", { name, role: "admin" });
    const browser = await signedIn(made.body.token);
    const slug = `s${crypto.randomUUID().slice(0, 8)}`;
    const path = "/console/schools/new";
    await browser.submit(await browser.open(path), path, { name: "A school", slug });
    const { items } = (await app.admin("GET", `/admin/audit?school=${slug}`)).body;
    assert.deepEqual(items.map((it: { actor: string }) => it.actor), [`token ${name}`]);
  });
});
