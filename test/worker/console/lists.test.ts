import assert from "node:assert/strict";
import { before, test } from "node:test";
import { adminToken, type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { Browser } from "./browser.ts";

eachDatabase("what is found and changed in the console's lists", (database) => {
  let app: AppUnderTest;
  let browser: Browser;
  const school = "/console/schools/springfield";

  before(async () => {
    app = appUnderTest(database().client);
    browser = new Browser(app.app);
    await browser.post("/console/sign-in", { token: adminToken });
    for (const [slug, name] of [["springfield", "Springfield"], ["shelby", "Shelbyville High"]]) {
      await app.admin("POST", "/admin/schools", { slug, name });
    }
    const insert = (id: string, name: string, state: string, acceptedAt: string) => ({
      sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
              address, client, accepted_at)
            SELECT ?, id, ?, '20261122T101530123Z', ?, 1, ?, 'SHA256:f', '192.0.2.7', 'WinSCP', ?
            FROM schools WHERE slug = 'springfield'`,
      args: [id, name, state, "a".repeat(64), acceptedAt],
    });
    await database().client.batch([
      insert(crypto.randomUUID(), "early.csv", "rejected", "2026-11-01T10:00:00.000Z"),
      insert(crypto.randomUUID(), "late.csv", "completed", "2026-11-20T10:00:00.000Z"),
      `INSERT INTO students (school_id, username_key, username, last_name)
       SELECT schools.id, value || '@college.edu', value || '@college.edu', 'Silva'
       FROM schools, json_each('["ana", "bo"]') WHERE slug = 'springfield'`,
    ], "write");
    const verified = { usernames: ["ana@college.edu"] };
    await app.admin("POST", "/admin/schools/springfield/verifications", verified);
  });

  test("schools are found by a part of their name or slug", async () => {
    for (const [q, found] of [["VILLE", "shelby"], ["spring", "springfield"]] as const) {
      const { html } = await browser.open(`/console/schools?q=${q}`);
      assert.deepEqual([...html.matchAll(/<span class="mono">(\w+)</g)].map((it) => it[1]), [
        found,
      ]);
      const { body } = await app.admin("GET", `/admin/schools?q=${q}`);
      assert.deepEqual(body.items.map(({ slug }: { slug: string }) => slug), [found]);
    }
    assert.match((await browser.open("/console/schools?q=%25")).html, /has that in it/);
  });

  test("uploads are found by school, state and day", async () => {
    const found = async (query: string) => {
      const { html } = await browser.open(`/console/uploads?${query}`);
      return ["early.csv", "late.csv"].filter((name) => html.includes(`>${name}<`));
    };
    assert.deepEqual(await found(""), ["early.csv", "late.csv"]);
    assert.deepEqual(await found("school=springfield&state=rejected"), ["early.csv"]);
    assert.deepEqual(await found("since=2026-11-10"), ["late.csv"]);
    assert.deepEqual(await found("school=shelby"), []);
  });

  test("what was typed and is not there is said where it was typed", async () => {
    const { status, html } = await browser.open("/console/uploads?school=nowhere");
    assert.equal(status, 200);
    assert.match(html, /role="alert"/);
    assert.match(html, /value="nowhere"/);
  });

  test("a page that is not there keeps the menu, and says so without a word of routes", async () => {
    for (const path of ["/console/schools/nowhere", "/console/uploads/nothing"]) {
      const { status, html } = await browser.open(path);
      assert.equal(status, 404);
      assert.match(html, /aria-label="Console"/);
      assert.doesNotMatch(html, /\/admin\/|GET /, path);
    }
  });

  test("students are found by who is verified and who waits", async () => {
    const path = `${school}/students`;
    const list = await browser.open(path);
    for (const [verified, there, not] of [["true", "ana", "bo"], ["false", "bo", "ana"]]) {
      const { html } = await browser.submit(list, path, { verified: verified! });
      assert.match(html, new RegExp(`${there}@college`));
      assert.doesNotMatch(html, new RegExp(`${not}@college`));
    }
    const { html } = await browser.submit(list, path, { verified: "false", q: "ana" });
    assert.match(html, /No student was found/);
  });

  test("a contact is changed where it stands, and what is wrong is said beside it", async () => {
    const list = `${school}/contacts`;
    const added = await browser.submit(await browser.open(list), list, {
      email: "registrar@college.edu",
      wants: "held,rejected",
    });
    const path = /href="([^"]*)" aria-label="Change registrar@college\.edu"/.exec(added.html)![1]!;
    const form = await browser.open(path);
    const wrong = await browser.submit(form, path, { email: "nobody", name: "Rita" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.html, /id="email-fault"/);
    assert.match(wrong.html, /value="Rita"/);
    const digest = { digestAt: "07:00", timezone: "America/New_York", name: "Rita" };
    const saved = await browser.submit(form, path, digest);
    assert.equal(saved.path, `${list}?done=saved`);
    const { body } = await app.admin("GET", "/admin/schools/springfield/contacts");
    const { name, wants, digestAt } = body.items[0];
    assert.deepEqual([name, wants, digestAt], ["Rita", ["held", "rejected"], "07:00"]);
    const removed = await browser.submit(await browser.open(list), `${list}/remove`);
    assert.match(removed.html, /Nobody is told by mail yet/);
  });

  test("a webhook is told of the kinds that were named", async () => {
    const path = "/console/messages";
    const typed = { url: "https://desk.example/r", kinds: "upload.held upload.rejected" };
    await browser.submit(await browser.open(path), path, typed);
    const { body } = await app.admin("GET", "/admin/webhooks");
    assert.deepEqual(body.items[0].kinds, ["upload.held", "upload.rejected"]);
    const wrong = await browser.submit(await browser.open(path), path, { ...typed, kinds: "rain" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.html, /value="rain"/);
  });

  test("the files of a school say what removes them", async () => {
    const path = `${school}/files`;
    assert.match((await browser.open(path)).html, /deletes nothing by itself/);
    const retention = { days: 30, reason: "policy" };
    await app.admin("PUT", "/admin/schools/springfield/retention", retention);
    const { html } = await browser.open(path);
    assert.doesNotMatch(html, /deletes nothing by itself/);
    assert.match(html, /goes after 30 days/);
  });
});
