// DESIGN: disk full. The worker says itself when its database cannot be written.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { smallDisk } from "../../bridge/vault/small-disk.ts";
import { appUnderTest } from "../app-under-test.ts";

async function appOver(t: TestContext, url: string) {
  const database = await openDatabase({ url });
  t.after(() => database.close());
  await migrate(database, "2026-11-21T00:00:00.000Z");
  return { database, ...appUnderTest(database) };
}

test("while the disk is full the worker's health is 503 and says so, and well again a minute later", async (t) => {
  const disk = await smallDisk(t, 4 * 1024 * 1024);
  if (!disk) return;
  const { admin, clock } = await appOver(t, `file:${join(disk.folder, "worker.db")}`);
  assert.equal((await admin("GET", "/healthz")).status, 200);
  await disk.fill();
  const full = /^The worker's database cannot serve now: its disk is full\./;
  let refused;
  for (let i = 0; !refused; i++) {
    const made = await admin("POST", "/admin/schools", { slug: `s${i}`, name: "x".repeat(200) });
    if (made.status !== 201) refused = made;
  }
  assert.equal(refused.status, 503);
  assert.match(refused.body.detail, full);
  const health = await admin("GET", "/healthz");
  assert.equal(health.status, 503);
  assert.match(health.body.detail, full);
  // A small write may find room in between.
  await disk.empty();
  clock.now += 59_000;
  assert.match((await admin("GET", "/healthz")).body.detail, full);
  clock.now += 1_000;
  assert.equal((await admin("GET", "/healthz")).status, 200);
});

test("a database that takes no writes is no health, though it can be read", async (t) => {
  const { admin, database, clock } = await appOver(t, "file::memory:");
  assert.equal((await admin("GET", "/healthz")).status, 200);
  await database.execute("PRAGMA query_only = ON");
  clock.now += 5_000;
  const { status, body } = await admin("GET", "/healthz");
  assert.equal(status, 503);
  assert.match(body.detail, /it takes no writes/);
  await database.execute("PRAGMA query_only = OFF");
  assert.equal((await admin("GET", "/healthz")).status, 200);
});

test("however often health is asked, it writes every five seconds", async (t) => {
  const { admin, database, clock } = await appOver(t, "file::memory:");
  const batch = database.batch.bind(database);
  let writes = 0;
  database.batch = (...batched) => (writes++, batch(...batched));
  for (let i = 0; i < 50; i++) await admin("GET", "/healthz");
  assert.equal(writes, 1);
  clock.now += 5_000;
  for (let i = 0; i < 50; i++) await admin("GET", "/healthz");
  assert.equal(writes, 2);
});

test("a clock that ran ahead and was put right: neither a full disk nor a write of then stands for now", async (t) => {
  const { admin, database, clock } = await appOver(t, "file::memory:");
  const health = async () => (await admin("GET", "/healthz")).status;
  const execute = database.execute.bind(database);
  const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  const YEAR = 365 * 86_400_000;
  clock.now += YEAR;
  assert.equal(await health(), 200);
  clock.now -= YEAR;
  await database.execute("PRAGMA query_only = ON");
  assert.equal(await health(), 503);
  await database.execute("PRAGMA query_only = OFF");
  clock.now += YEAR;
  database.execute = () => Promise.reject(full);
  assert.equal((await admin("GET", "/admin/schools")).status, 503);
  database.execute = execute;
  assert.equal(await health(), 503);
  clock.now -= YEAR;
  assert.equal(await health(), 200);
});
