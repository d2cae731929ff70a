import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { RequestRate } from "../../../worker/http/request-rate.ts";
import { answerOf, appUnderTest } from "../app-under-test.ts";
import { Browser } from "../console/browser.ts";

/** 30.123 s of its minute are over. */
async function pacedApp() {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database, "2026-11-22T10:15:30.123Z");
  const world = appUnderTest(database, { requestsPerMinute: 60 });
  const token = async (name: string) =>
    (await world.admin("POST", "/admin/tokens", { name, role: "admin" })).body.token as string;
  const me = async (token: string, address = "192.0.2.1") =>
    answerOf(
      await world.app.fetch(
        new Request("http://worker.test/admin/me", {
          headers: { authorization: `Bearer ${token}` },
        }),
        { address },
      ),
    );
  return { ...world, token, me };
}

test("who asks too often within a minute is told when to come again; nobody else is slowed", async () => {
  const { token, me, clock } = await pacedApp();
  const [wild, calm] = [await token("wild"), await token("calm")];
  const first = await me(wild);
  assert.equal(first.headers.get("ratelimit-policy"), '"principal";q=60;w=60');
  assert.equal(first.headers.get("ratelimit"), '"principal";r=59;t=30');
  for (let i = 2; i <= 60; i++) assert.equal((await me(wild)).status, 200, String(i));

  const refused = await me(wild);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  assert.equal(refused.headers.get("retry-after"), "30");
  assert.equal(refused.headers.get("ratelimit"), '"principal";r=0;t=30');
  assert.equal(refused.body.code, "too_many_requests");
  assert.match(refused.body.detail, /token wild .* 60 times .* in 30 s/);

  assert.equal((await me(calm)).status, 200);
  clock.now += 29_000;
  assert.equal((await me(wild)).headers.get("retry-after"), "1");
  clock.now += 1_000;
  assert.equal((await me(wild)).status, 200);
});

test("an answer that refuses says what is left too", async () => {
  const { admin } = await pacedApp();
  const answer = await admin("GET", "/admin/schools/nowhere");
  assert.equal(answer.status, 404);
  assert.equal(answer.headers.get("ratelimit"), '"principal";r=59;t=30');
});

test("strangers' wrong tokens take nothing from who has a right one", async () => {
  const { token, me } = await pacedApp();
  const right = await token("right");
  for (let i = 0; i < 200; i++) assert.equal((await me("wrong")).status, 401);
  for (let i = 0; i < 100; i++) assert.equal((await me(`rba_${i}`)).status, 401);
  assert.equal((await me(right)).headers.get("ratelimit"), '"principal";r=59;t=30');
});

test("a page of the console counts as one, whatever it asks the routes for", async () => {
  const { app, token } = await pacedApp();
  const browser = new Browser(app);
  const shown = await browser.post("/console/sign-in", { token: await token("ruth") });
  assert.equal(shown.path, "/console");
  const left = async () => (await browser.fetch("/console")).headers.get("ratelimit");
  assert.equal(await left(), '"principal";r=58;t=30');
  assert.equal(
    (await browser.fetch("/admin/me")).headers.get("ratelimit"),
    '"principal";r=57;t=30',
  );
  for (let i = 0; i < 57; i++) await browser.fetch("/console");
  const refused = await browser.fetch("/console");
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "30");
  assert.match(await refused.text(), /ask again in 30 s/);
});

test("what is remembered is of one minute", async () => {
  let now = 0;
  const rate = new RequestRate({ now: () => now, requestsPerMinute: 60 });
  const pass = async (name: string) => {
    const c = { set() {}, res: new Response() } as unknown as Parameters<typeof rate.pass>[0];
    const principal = { name, role: "viewer", schools: null, expiresAt: null } as const;
    await rate.pass(c, principal, () => Promise.resolve());
  };
  for (let i = 0; i < 1_000; i++) await pass(`person ${i}`);
  assert.equal(rate.size, 1_000);
  now = 60_000;
  await pass("person 1");
  assert.equal(rate.size, 1);
});
