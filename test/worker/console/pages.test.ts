import assert from "node:assert/strict";
import { before, test } from "node:test";
import { adminToken, type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { DatabaseAway } from "../../../worker/database/errors.ts";
import { aroundBatches, aroundStatements } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { teller } from "../bridge/told.ts";
import { Browser } from "./browser.ts";

eachDatabase("the console's pages", (database) => {
  let app: AppUnderTest;
  let browser: Browser;
  const school = "/console/schools/springfield";

  before(async () => {
    app = appUnderTest(database().client);
    browser = new Browser(app.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const path = "/console/schools/new";
    const fields = { name: "Springfield <College>", slug: "springfield" };
    await browser.submit(await browser.open(path), path, fields);
  });

  test("every page that a page leads to is there, and none says a style or a script of its own", async () => {
    const seen = new Set<string>();
    const left = ["/console"];
    while (left.length > 0) {
      const path = left.pop()!;
      if (seen.has(path)) continue;
      seen.add(path);
      const { status, html } = await browser.open(path);
      assert.equal(status, 200, path);
      if (!html.startsWith("<!doctype html>")) continue;
      assert.doesNotMatch(html, /\sstyle="|<style|\son[a-z]+="|<script(?! src="\/console)/, path);
      assert.match(html, /<h1>/, path);
      for (const [, href] of html.matchAll(/<a [^>]*href="(\/console[^"#]*)"/g)) {
        left.push(href!.replaceAll("&amp;", "&"));
      }
    }
    assert.ok(seen.size > 15, [...seen].join(" "));
  });

  test("a page that is not there is said not to be, as a page, also to who is not signed in", async () => {
    const stranger = new Browser(app.app);
    // The last is where a form goes to, typed.
    for (const path of ["/console/shcools", `${school}/nothing/of/it`, `${school}/suspend`]) {
      const page = await browser.open(path);
      assert.deepEqual([page.status, page.path], [404, path]);
      assert.match(page.html, /^<!doctype html>/);
      assert.match(page.html, /The console has no page at this address/);
      assert.match(page.html, /<a href="\/console\/uploads">Uploads<\/a>/);
      assert.match(page.html, /Signed in as <strong>admin/);

      const unsigned = await stranger.open(path);
      assert.deepEqual([unsigned.status, unsigned.path], [404, path]);
      assert.match(unsigned.html, /The console has no page at this address/);
      assert.doesNotMatch(unsigned.html, /<nav|Signed in/);
    }
    const { headers } = await stranger.fetch("/console/shcools");
    assert.match(headers.get("content-type")!, /^text\/html/);
    assert.match(headers.get("content-security-policy")!, /default-src 'none'/);
  });

  test("pages load nothing from elsewhere, and no other page holds them in a frame", async () => {
    const { headers } = await browser.fetch("/console");
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:/);
    assert.equal(headers.get("cache-control"), "no-store");
  });

  test("a bridge that has not called for two minutes is said to be away", async () => {
    const listened = { directoryVersion: null, commands: [], room: 0, waitMs: 0 };
    assert.equal((await app.bridge("POST", "/bridge/listen", listened)).status, 200);
    assert.doesNotMatch((await browser.open("/console")).html, /bridge away/);
    app.clock.now += 121_000;
    assert.match((await browser.open("/console")).html, /bridge away/);
  });

  test("what a school or a person typed is text, not markup", async () => {
    const { html } = await browser.open(school);
    assert.match(html, /Springfield &lt;College&gt;/);
    assert.doesNotMatch(html, /<College>/);
  });

  test("what a school sends is text, not markup: its students, the names of its files, its software", async () => {
    const { client } = database();
    const evil = (what: string) => `"'><img src=x-${what}>`;
    const at = "2026-11-22T10:15:30.123Z";
    await app.admin("POST", "/admin/schools", { slug: "hostile", name: "Hostile" });
    const insert = (sql: string, ...args: string[]) =>
      client.execute({ sql: `${sql} FROM schools WHERE slug = 'hostile'`, args });
    await insert(
      `INSERT INTO students (school_id, username_key, username, last_name, first_name)
       SELECT id, 'ana', ?, ?, ?`,
      evil("username"),
      evil("last"),
      evil("first"),
    );
    await insert(
      `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint, address,
         client, accepted_at)
       SELECT ?, id, ?, '20261122T101530123Z', 'completed', 1, 'a', 'SHA256:f', '192.0.2.7', ?, ?`,
      "of-a-hostile-school",
      evil("upload"),
      evil("client"),
      at,
    );
    await insert(
      `INSERT INTO files (school_id, path, state, size, at, fingerprint, address, client)
       SELECT id, ?, 'complete', 3, ?, 'SHA256:f', '192.0.2.7', ?`,
      `/inbound/${evil("file")}`,
      at,
      evil("client"),
    );
    let shown = "";
    const pages = ["students", "files"].map((page) => `/console/schools/hostile/${page}`);
    for (const path of [...pages, "/console/uploads", "/console/uploads/of-a-hostile-school"]) {
      const { status, html } = await browser.open(path);
      assert.equal(status, 200, path);
      assert.doesNotMatch(html, /<img src=x-/, path);
      shown += html;
    }
    for (const what of ["username", "last", "first", "upload", "client", "file"]) {
      assert.ok(shown.includes(`&gt;&lt;img src=x-${what}&gt;`), what);
    }
  });

  test("what was wrong stands beside what was typed", async () => {
    const path = "/console/schools/new";
    const fields = { name: "Kept", slug: "Not A Slug" };
    const { status, html } = await browser.submit(await browser.open(path), path, fields);
    assert.equal(status, 400);
    assert.match(html, /value="Kept"/);
    assert.match(html, /aria-invalid="true"/);
    assert.match(html, /id="slug-fault"/);
  });

  test("a private key that was pasted by mistake is not sent back", async () => {
    const path = `${school}/keys`;
    const publicKey =
      "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----";
    const { html } = await browser.submit(await browser.open(path), path, { publicKey });
    assert.match(html, /This is a private key/);
    assert.doesNotMatch(html, /bm90IGEga2V5/);
  });

  test("who was refused of late stands on the page of the keys, with the reason in words", async () => {
    assert.match((await browser.open(`${school}/keys`)).html, /Nobody came yet/);
    const { rows: [row] } = await database().client.execute(
      "SELECT id FROM schools WHERE slug = 'springfield'",
    );
    const bridge = teller();
    const refused = {
      ...{ id: crypto.randomUUID(), at: "2026-11-22T10:00:00.000Z", schoolId: Number(row!["id"]) },
      ...{ type: "refusal", reason: "key_type", slug: "springfield", address: "192.0.2.7" },
      ...{ client: "WinSCP", fingerprint: "SHA256:f", count: 3, since: "2026-11-22T09:59:00.000Z" },
    };
    const body = { events: bridge.tell(refused), done: [] };
    assert.equal((await app.bridge("POST", "/bridge/events", body, bridge.headers)).status, 200);
    const { html } = await browser.open(`${school}/keys`);
    assert.match(html, /refused<\/span> a key of a type that is not let in here/);
    assert.match(html, /192\.0\.2\.7/);
  });

  test("settings are saved as they were typed, and go back to their defaults when emptied", async () => {
    const path = `${school}/settings`;
    const typed = {
      emailDomains: "college.edu, other.edu",
      rowLimit: "200",
      onCampusRequired: "false",
    };
    const shown = await browser.submit(await browser.open(path), path, typed);
    assert.match(shown.html, /Saved\./);
    const settings = async () =>
      (await app.admin("GET", "/admin/schools/springfield")).body.settings;
    const saved = await settings();
    assert.deepEqual(saved.emailDomains, ["college.edu", "other.edu"]);
    assert.equal(saved.rowLimit, 200);
    assert.equal(saved.onCampusRequired, false);
    const emptied = { emailDomains: "", rowLimit: "", onCampusRequired: "true" };
    await browser.submit(await browser.open(path), path, emptied);
    assert.equal((await settings()).rowLimit, 50_000);
  });

  test("a school's own names for columns are typed a line a column", async () => {
    const path = `${school}/settings`;
    const names = "Username: Net ID, Login\nDob: Birth date";
    const typed = { columns: "header", columnNames: names };
    const shown = await browser.submit(await browser.open(path), path, typed);
    assert.match(shown.html, /Username: Net ID, Login\nDob: Birth date<\/textarea>/);
    const { body } = await app.admin("GET", "/admin/schools/springfield");
    const { Username, Dob } = body.settings.columnNames;
    assert.deepEqual([Username, Dob], [["Net ID", "Login"], ["Birth date"]]);
    const wrong = await browser.submit(await browser.open(path), path, { columnNames: "Shoe: x" });
    assert.equal(wrong.status, 400);
    await browser.submit(await browser.open(path), path, { columns: "position", columnNames: "" });
    const emptied = await app.admin("GET", "/admin/schools/springfield");
    assert.deepEqual(emptied.body.settings.columnNames, {});
  });

  test("a list of pairs that is longer than a page is shown and saved whole", async () => {
    const pairs = Array.from({ length: 1500 }, (_, i) => ({
      requirementGroup: `Group ${String(i).padStart(4, "0")}`,
      term: "Fall",
    }));
    await app.admin("PUT", "/admin/schools/springfield/placements", pairs);
    const path = `${school}/placements`;
    await browser.submit(await browser.open(path), path);
    const stored = await app.admin("GET", "/admin/schools/springfield/placements?limit=1000");
    assert.ok(stored.body.next, "all 1,500 are there");
    assert.match((await browser.open(path)).html, /Group 1499 \| Fall/);
    await app.admin("PUT", "/admin/schools/springfield/placements", []);
  });

  test("who is limited to a school is told what it may not see, not refused the page", async () => {
    const body = { name: crypto.randomUUID(), role: "admin", schools: ["springfield"] };
    const { token } = (await app.admin("POST", "/admin/tokens", body)).body;
    const limited = new Browser(app.app);
    await limited.post("/console/sign-in", { token });
    const { status, html } = await limited.open("/console/access");
    assert.equal(status, 200);
    assert.match(html, /Only an administrator of all schools/);
  });

  test("a schedule in words is shown back as both, with the next five runs", async () => {
    const path = `${school}/schedule`;
    const typed = { when: "every weekday at 6:30 pm", timezone: "America/New_York" };
    const { html } = await browser.submit(await browser.open(`${school}/exports`), path, typed);
    assert.match(html, /30 18 \* \* 1-5/);
    assert.equal([...html.matchAll(/<li>20\d\d-\d\d-\d\d 18:30 -0\d:00<\/li>/g)].length, 5);
    const wrong = await browser.submit(await browser.open(`${school}/exports`), path, {
      when: "twice a week",
      timezone: "America/New_York",
    });
    assert.match(wrong.html, /not on which days/);
    assert.match(wrong.html, /value="twice a week"/);
  });

  test("no value of a student stands in an address", async () => {
    await database().client.execute(
      `INSERT INTO students (school_id, username_key, username, last_name)
       SELECT id, 'ana@college.edu', 'Ana@college.edu', 'Silva' FROM schools
       WHERE slug = 'springfield'`,
    );
    const list = await browser.open(`${school}/students`);
    assert.match(list.html, /Ana@college\.edu/);
    for (
      const { html } of [list, await browser.submit(list, `${school}/students`, { q: "silva" })]
    ) {
      assert.match(html, /Silva/);
      for (const [, address] of html.matchAll(/(?:href|action|src)="([^"]*)"/g)) {
        assert.doesNotMatch(address!, /ana|silva/i);
      }
    }
    const one = await browser.submit(list, `${school}/students/one`);
    assert.equal(one.path, `${school}/students/one`);
    assert.match(one.html, /Silva/);
  });

  test("who may only look is offered nothing to change, and who is limited sees its schools only", async () => {
    await app.admin("POST", "/admin/schools", { slug: "shelbyville", name: "Shelbyville" });
    const name = crypto.randomUUID();
    const body = { name, role: "viewer", schools: ["springfield"] };
    const { token } = (await app.admin("POST", "/admin/tokens", body)).body;
    const viewer = new Browser(app.app);
    await viewer.post("/console/sign-in", { token });
    for (const below of ["", "/keys", "/settings", "/contacts", "/exports", "/files"]) {
      const { status, html } = await viewer.open(school + below);
      assert.equal(status, 200, below);
      assert.doesNotMatch(html, /class="danger"|>Save<|>Register the key</, below);
    }
    const schools = await viewer.open("/console/schools");
    assert.match(schools.html, /springfield/);
    assert.doesNotMatch(schools.html, /shelbyville/);
    const refused = await viewer.open("/console/schools/shelbyville");
    assert.ok([403, 404].includes(refused.status));
    assert.doesNotMatch(refused.html, /Shelbyville</);
  });

  test("a database that is away is said to be, as a page, and in the log", async () => {
    const away = () => Promise.reject(new DatabaseAway(new Error("nobody is there")));
    const cut = appUnderTest(aroundBatches(aroundStatements(database().client, away), away));
    const person = new Browser(cut.app);
    for (const [name, value] of browser.cookies) person.cookies.set(name, value);
    for (const path of ["/console", school]) {
      const page = await person.open(path);
      assert.equal(page.status, 503);
      assert.match(page.html, /^<!doctype html>/);
      assert.match(page.html, /database cannot serve now: it is away or busy\. Nothing was lost/);
    }
    assert.equal((await person.fetch(school)).headers.get("retry-after"), "2");
    assert.ok(cut.logged.some(({ event }) => event === "database.unavailable"));
  });
});
