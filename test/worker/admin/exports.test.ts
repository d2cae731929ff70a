import assert from "node:assert/strict";
import { test } from "node:test";
import { adminToken, appUnderTest, bridgeHeaders, bridgeToken } from "../app-under-test.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";

let schools = 0;

eachDatabase("outbound over the admin routes", (database) => {
  /** A school with three students, and the calls about it. */
  async function school(settings = {}) {
    const under = appUnderTest(database().client);
    const slug = `outbound-${++schools}`;
    const created = await under.admin("POST", "/admin/schools", { slug, name: slug, settings });
    assert.equal(created.status, 201);
    const { rows: [row] } = await database().client.execute({
      sql: "SELECT id FROM schools WHERE slug = ?",
      args: [slug],
    });
    const id = Number(row!.id);
    await database().client.execute({
      sql: `INSERT INTO students (school_id, username_key, username, student_id)
        VALUES (?1, 'ana@x.edu', 'Ana@x.edu', 'S1'), (?1, 'bo/b@x.edu', 'Bo/b@x.edu', 'S2'),
          (?1, 'zoë@x.edu', 'Zoë@x.edu', NULL)`,
      args: [id],
    });
    const call = (method: string, path: string, body?: unknown) =>
      under.admin(method, `/admin/schools/${slug}${path}`, body);
    const by = teller();
    const sync = async (request: Record<string, unknown> = {}) => {
      const { events = [], done = [] } = request as { events?: object[]; done?: object[] };
      const told = { events: by.tell(...events), done };
      const taken = await under.bridge("POST", "/bridge/events", told, by.headers);
      assert.equal(taken.status, 200, JSON.stringify(under.logged));
      const asked = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
      const answer = await under.bridge("POST", "/bridge/listen", asked, by.headers);
      assert.equal(answer.status, 200, JSON.stringify(under.logged));
      return (answer.body.commands as { schoolId: number }[]).filter((command) =>
        command.schoolId === id
      ) as { id: string; exportId: string; name: string; schoolId: number }[];
    };
    const file = async (exportId: string) => {
      const headers = { ...by.headers, authorization: `Bearer ${bridgeToken}` };
      const answer = await under.app.request(`/bridge/exports/${exportId}/file`, { headers });
      assert.equal(answer.headers.get("content-type"), "text/csv; charset=utf-8");
      return await answer.text();
    };
    return { ...under, slug, id, call, sync, file };
  }

  test("a reviewer marks students verified; unknown ones are answered by name, nothing else is lost", async () => {
    const { call } = await school();
    const usernames = ["ANA@x.edu", "nobody@x.edu", " ana@x.edu ", "Zoe\u0308@x.edu"];
    const answer = await call("POST", "/verifications", { usernames, reviewer: "Ruth" });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      verified: ["ANA@x.edu", "Zoe\u0308@x.edu"],
      alreadyVerified: [],
      unknown: ["nobody@x.edu"],
    });
    const again = await call("POST", "/verifications", { usernames: ["ana@x.edu", "bo/b@x.edu"] });
    assert.deepEqual(again.body, {
      verified: ["bo/b@x.edu"],
      alreadyVerified: ["ana@x.edu"],
      unknown: [],
    });
    const student = await call("GET", "/students/ana@x.edu");
    assert.equal(student.body.verifiedAt, "2026-11-22T10:15:30.123Z");
  });

  test("verifiedAt may be in the past, never in the future", async () => {
    const { call } = await school();
    const post = (verifiedAt: unknown) =>
      call("POST", "/verifications", { usernames: ["ana@x.edu"], verifiedAt });
    const future = await post("2026-11-22T10:15:30.124Z");
    assert.equal(future.status, 422);
    assert.match(future.body.detail, /still to come.*Nobody was verified/);
    for (const wrong of ["yesterday", "2026-02-30T00:00:00Z", 5]) {
      assert.equal((await post(wrong)).status, 400, String(wrong));
    }
    assert.equal((await call("GET", "/students/ana@x.edu")).body.verifiedAt, null);
    assert.equal((await post("2026-11-01T01:00:00+02:00")).status, 200);
    const student = await call("GET", "/students/ana@x.edu");
    assert.equal(student.body.verifiedAt, "2026-10-31T23:00:00.000Z");
  });

  test("a reviewer may withdraw a verification; who is not verified is answered 404", async () => {
    const { call } = await school();
    await call("POST", "/verifications", { usernames: ["bo/b@x.edu"] });
    const withdraw = () => call("DELETE", "/verifications/Bo%2Fb@x.edu?reviewer=Ruth");
    assert.equal((await withdraw()).status, 200);
    const twice = await withdraw();
    assert.equal(twice.status, 404);
    assert.match(twice.body.detail, /is not verified/);
    assert.equal((await call("GET", "/students/bo%2Fb@x.edu")).body.verifiedAt, null);
  });

  test("an administrator sees who is verified and waits, who was exported, and in which file", async () => {
    const { call, admin } = await school();
    const list = async (query: string) => (await call("GET", `/verifications${query}`)).body;
    await call("POST", "/verifications", { usernames: ["ana@x.edu"], reviewer: "Ruth" });
    const made = (await call("POST", "/exports")).body;
    await call("POST", "/verifications", { usernames: ["bo/b@x.edu"] });
    const [waiting] = (await list("?state=waiting")).items;
    assert.equal(waiting.username.toLowerCase(), "bo/b@x.edu");
    assert.equal(waiting.state, "waiting");
    const [exported] = (await list("?state=exported")).items;
    assert.equal(exported.exportId, made.id);
    assert.equal(exported.reviewer, "Ruth");
    await call("DELETE", "/verifications/ana@x.edu?reviewer=Rob");
    const [withdrawn] = (await list("?state=withdrawn")).items;
    assert.equal(withdrawn.exportId, made.id, "that it had been exported already is seen");
    assert.equal(withdrawn.withdrawnBy, "Rob");
    const page = await list("?limit=1");
    assert.deepEqual(page.items, [waiting]);
    assert.deepEqual((await list(`?limit=1&cursor=${page.next}`)).items, [withdrawn]);
    assert.match((await list("?state=all")).detail, /state is "all".*waiting, exported, withdrawn/);

    assert.equal((await admin("GET", `/admin/exports/${made.id}`)).body.students, 1);
    assert.equal((await admin("GET", "/admin/exports/none")).status, 404);
  });

  test("verifications and withdrawals stand in the audit trail with their reviewer", async () => {
    const { call, admin, slug } = await school();
    await call("POST", "/verifications", {
      usernames: ["ana@x.edu", "who@x.edu"],
      reviewer: "Ruth",
    });
    await call("DELETE", "/verifications/ana@x.edu?reviewer=Rob");
    await call("DELETE", "/verifications/ana@x.edu?reviewer=Rob");
    const { body } = await admin("GET", "/admin/audit");
    const entries = body.items.filter((entry: { school: string }) => entry.school === slug);
    assert.deepEqual(
      entries.slice(0, 2).map(({ action, detail }: { action: string; detail: unknown }) => [
        action,
        detail,
      ]),
      [
        ["students.verification_withdrawn", {
          reviewer: "Rob",
          username: "ana@x.edu",
          students: 1,
        }],
        ["students.verified", {
          reviewer: "Ruth",
          verifiedAt: "2026-11-22T10:15:30.123Z",
          asked: ["ana@x.edu", "who@x.edu"],
          students: 1,
        }],
      ],
    );
  });

  test("fifty thousand are verified in one call, and what is no list of names is refused", async () => {
    const { call, id } = await school();
    await database().client.execute({
      sql: `INSERT INTO students (school_id, username_key, username)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
        SELECT ?, 'student' || n, 'Student' || n FROM numbers`,
      args: [id],
    });
    const usernames = Array.from({ length: 50_000 }, (_, index) => `STUDENT${index + 1}`);
    const { body } = await call("POST", "/verifications", { usernames });
    assert.deepEqual(body.verified, usernames);
    const wrong = [
      {},
      { usernames: [] },
      { usernames: [""] },
      { usernames: "ana" },
      { usernames: [...usernames, "x"] },
    ];
    for (const refused of wrong) {
      assert.equal((await call("POST", "/verifications", refused)).status, 400);
    }
  });

  test("a schedule in words is shown back as cron, words and the next five runs", async () => {
    const { call } = await school();
    const when = "every weekday at 6:30 pm";
    const put = await call("PUT", "/schedule", { when, timezone: "America/New_York" });
    assert.equal(put.status, 200);
    assert.equal(put.body.cron, "30 18 * * 1-5");
    assert.equal(put.body.description, "At 06:30 PM, Monday through Friday");
    assert.equal(put.body.nextRuns.length, 5);
    assert.deepEqual(put.body.nextRuns[0], {
      utc: "2026-11-23T23:30:00.000Z",
      local: "2026-11-23T18:30:00-05:00",
    });
    assert.deepEqual((await call("GET", "/schedule")).body, put.body);
    assert.equal((await call("DELETE", "/schedule")).status, 204);
    for (const method of ["GET", "DELETE"]) {
      const none = await call(method, "/schedule");
      assert.equal(none.status, 404);
      assert.match(none.body.detail, /has no schedule/);
    }
  });

  test("a schedule that cannot be read is answered with what was understood, and changes nothing", async () => {
    const { call } = await school();
    await call("PUT", "/schedule", { when: "@daily", timezone: "UTC" });
    const refused = await call("PUT", "/schedule", {
      when: "every monday at tea time",
      timezone: "UTC",
    });
    assert.equal(refused.status, 400);
    assert.equal(refused.body.code, "schedule_words");
    assert.deepEqual(refused.body.understood, ["every monday"]);
    assert.equal(refused.body.examples.length, 3);
    const zone = await call("PUT", "/schedule", { when: "@daily", timezone: "EST" });
    assert.equal(zone.status, 400);
    assert.equal(zone.body.code, "timezone");
    assert.equal((await call("PUT", "/schedule", { when: 5 })).status, 400);
    assert.equal((await call("GET", "/schedule")).body.cron, "0 0 * * *");
  });

  test("a sync delivers what is due, and the school's read to the end is the receipt", async () => {
    const { call, sync, file, clock, id } = await school();
    await call("PUT", "/schedule", { when: "once a day at midnight", timezone: "UTC" });
    await call("POST", "/verifications", { usernames: ["ana@x.edu"] });
    assert.deepEqual(await sync(), []);
    clock.now = Date.parse("2026-11-23T00:00:01.500Z");
    const [command, ...others] = await sync();
    assert.deepEqual(others, []);
    assert.equal(command!.name, "verified-20261123T000000000Z.csv");
    assert.deepEqual(await sync(), [command], "repeated until it is done");
    const bytes = "Username,StudentId,VerifyDate\r\nAna@x.edu,S1,11/22/2026\r\n";
    assert.equal(await file(command!.exportId), bytes);
    const list = async () => (await call("GET", "/exports")).body.items[0];
    assert.deepEqual(await list(), {
      id: command!.exportId,
      name: command!.name,
      state: "pending",
      students: 1,
      dueAt: "2026-11-23T00:00:00.000Z",
      deliveredAt: null,
      downloadedAt: null,
      receipt: null,
    });
    const done = [{ id: command!.id, at: "2026-11-23T00:00:02.000Z" }];
    assert.deepEqual(await sync({ done }), []);
    assert.equal((await list()).state, "delivered");
    assert.equal((await list()).deliveredAt, "2026-11-23T00:00:02.000Z");
    const events = [{
      id: crypto.randomUUID(),
      at: "2026-11-23T00:05:00.000Z",
      schoolId: id,
      type: "download",
      path: `/outbound/${command!.name}`,
      exportId: command!.exportId,
      sender: { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH" },
    }];
    await sync({ events });
    await sync({ events });
    assert.equal((await list()).state, "downloaded");
    assert.equal((await list()).downloadedAt, "2026-11-23T00:05:00.000Z");
    assert.deepEqual((await list()).receipt, {
      fingerprint: "SHA256:abc",
      address: "192.0.2.7",
    });
  });

  test("administrators run an export now, and deliver one again byte for byte", async () => {
    const { call, admin, sync, file, clock } = await school();
    await call("POST", "/verifications", { usernames: ["ana@x.edu"] });
    const made = await call("POST", "/exports");
    assert.equal(made.status, 201);
    assert.equal(made.body.name, "verified-20261122T101530123Z.csv");
    assert.equal(made.body.students, 1);
    const [first] = await sync();
    const bytes = await file(made.body.id);
    await sync({ done: [{ id: first!.id, at: "2026-11-22T10:15:31.000Z" }] });
    await call("DELETE", "/verifications/ana@x.edu");
    clock.now += 60_000;
    const again = await admin("POST", `/admin/exports/${made.body.id}/deliver`);
    assert.equal(again.status, 202);
    assert.equal(again.body.id, made.body.id);
    const [second] = await sync();
    assert.notEqual(second!.id, first!.id);
    assert.equal(second!.name, first!.name);
    assert.equal(await file(second!.exportId), bytes);
    for (const id of [crypto.randomUUID(), "nonsense"]) {
      assert.equal((await admin("POST", `/admin/exports/${id}/deliver`)).status, 404);
    }
  });

  test("run now with nothing new and emptyExports skip is answered, and makes nothing", async () => {
    const { call } = await school({ emptyExports: "skip" });
    const refused = await call("POST", "/exports");
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, "nothing_new");
    assert.deepEqual((await call("GET", "/exports")).body, { items: [] });
  });

  test("exports are listed newest first, page by page", async () => {
    const { call, clock } = await school();
    const names: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      clock.now += 1000;
      names.unshift((await call("POST", "/exports")).body.name);
    }
    const found: string[] = [];
    for (let after: string | undefined = "";;) {
      const page = await call("GET", `/exports?limit=2${after ? `&cursor=${after}` : ""}`);
      found.push(...page.body.items.map(({ name }: { name: string }) => name));
      after = page.body.next;
      if (after === undefined) break;
    }
    assert.deepEqual(found, names);
    assert.equal((await call("GET", "/exports?cursor=nonsense")).status, 400);
  });

  test("exports of all schools are listed, whatever is made between two pages; of others nobody is told", async () => {
    const one = await school();
    const other = await school();
    // Later than what other tests make.
    let now = Date.parse("2027-06-01T00:00:00Z");
    const make = async ({ call, clock }: typeof one) => {
      clock.now = now += 60_000;
      return (await call("POST", "/exports")).body.name as string;
    };
    const made = [await make(one), await make(other), await make(one), await make(other)].reverse();
    const first = (await one.admin("GET", "/admin/exports?limit=2")).body;
    await make(one);
    const second = (await one.admin("GET", `/admin/exports?limit=2&cursor=${first.next}`)).body;
    const all = [...first.items, ...second.items];
    assert.deepEqual(all.map(({ name }) => name), made);
    assert.equal(new Set(all.map(({ school }) => school)).size, 2);
    const body = { name: crypto.randomUUID(), role: "viewer", schools: [first.items[0].school] };
    const { token } = (await one.admin("POST", "/admin/tokens", body)).body;
    const authorization = { authorization: `Bearer ${token}` };
    const theirs = (await one.admin("GET", "/admin/exports", undefined, authorization)).body.items;
    assert.deepEqual(theirs.map(({ name }: { name: string }) => name), [made[0], made[2]]);
    assert.equal((await one.admin("GET", "/admin/exports?cursor=nonsense")).status, 400);
  });

  test("an unknown school or export is answered 404, a wrong token 401", async () => {
    const { admin, app } = await school();
    const calls: [string, string, unknown?][] = [
      ["POST", "verifications", { usernames: ["a"] }],
      ["DELETE", "verifications/a"],
      ["PUT", "schedule", { when: "hourly" }],
      ["GET", "schedule"],
      ["POST", "exports"],
      ["GET", "exports"],
    ];
    for (const [method, path, body] of calls) {
      const answer = await admin(method, `/admin/schools/no-such-school/${path}`, body);
      assert.equal(answer.status, 404);
      assert.match(answer.body.detail, /no-such-school/);
    }
    const file = `/bridge/exports/${crypto.randomUUID()}/file`;
    const get = (token: string) =>
      app.request(file, {
        headers: { ...bridgeHeaders, authorization: `Bearer ${token}` },
      });
    assert.equal((await get(bridgeToken)).status, 404);
    assert.equal((await get(adminToken)).status, 401);
  });
});
