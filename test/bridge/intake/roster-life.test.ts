// SPEC section 3: the life of a roster file, what the settling tests leave open.
import assert from "node:assert/strict";
import { test } from "node:test";
import { storeDownload } from "../../../bridge/relay/download.ts";
import type { Delivery, OutboxEntry, Result } from "../../../bridge/vault/catalog/catalog.ts";
import { type Stage, stageName } from "../../../shared/file-names.ts";
import { readSettings } from "../../../bridge/settings.ts";
import { entries, get, names, put, testHomes, toAppend, toRead, toWrite } from "../home/keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { Clock } from "../by-hand.ts";

/** A report and the rejected records of an upload. */
function resultsOf(entry: OutboxEntry, report: Delivery, rejected: Delivery): Result[] {
  const path = (stage: Stage) => `/inbound/${stageName(entry.name, entry.timeCode, stage)}`;
  return [
    { path: path("completed"), delivery: report },
    { path: path("rejected"), delivery: rejected },
  ];
}

async function* piecesOf(text: string) {
  yield new TextEncoder().encode(text);
}

test("SETTLE_MS is 2000 by default, MAX_UPLOAD_BYTES 64 MiB", () => {
  const settings = readSettings({
    WORKER_URL: "https://worker.example",
    BRIDGE_TOKEN: "x".repeat(24),
  });
  assert.equal(settings.settleMs, 2000);
  assert.equal(settings.maxUploadBytes, 64 * 1024 * 1024);
});

test("left alone means no write, rename or set-times: each starts SETTLE_MS anew", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const home = homes.home();
  const almost = () => {
    clock.pass(1999);
    assert.equal(homes.accepted.length, 0);
  };
  await put(home, "/inbound/roster.tmp", "one");
  almost();
  await home.rename("/inbound/roster.tmp", "/inbound/roster.csv", { replace: false });
  almost();
  await home.change("/inbound/roster.csv", { modifiedAt: 1000, accessedAt: 1000 });
  almost();
  const file = await home.open("/inbound/roster.csv", toAppend);
  await file.write(0, Buffer.from(",two"));
  clock.pass(3_600_000);
  assert.equal(homes.accepted.length, 0);
  await file.close();
  almost();
  // Looking is not touching.
  await home.stat("/inbound/roster.csv");
  await names(home);
  clock.pass(1);
  assert.deepEqual(homes.accepted.map(({ name }) => name), ["roster.csv"]);
  assert.equal(await get(home, `/inbound/${(await names(home))[0]}`), "one,two");
});

test("a session that stays open for hours holds nothing back, and its end accepts only what it touched", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const [long, other] = [homes.home(), homes.home()];
  await put(long, "/inbound/a.csv", "a");
  clock.pass(2000);
  await put(long, "/inbound/b.csv", "b");
  await put(other, "/inbound/c.csv", "c");
  await other.leave();
  assert.deepEqual(homes.accepted.map(({ name }) => name), ["a.csv", "c.csv"]);
  clock.pass(7_200_000);
  assert.deepEqual(homes.accepted.map(({ name }) => name), ["a.csv", "c.csv", "b.csv"]);
});

test("the time code is the UTC time of acceptance, not that of the upload", async () => {
  let now = Date.UTC(2026, 10, 21, 10, 15, 30, 123);
  await using homes = await testHomes({ now: () => now });
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  now = Date.UTC(2026, 11, 31, 23, 59, 59, 9);
  await home.leave();
  assert.deepEqual(await names(home), ["roster.csv.20261231T235959009Z.processing"]);
});

test("a file deleted before it settled is never accepted, also when its name comes again", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "first");
  await home.remove("/inbound/roster.csv");
  await put(home, "/inbound/roster.csv", "second");
  await home.leave();
  assert.equal(homes.accepted.length, 1);
  assert.equal(await get(home, `/inbound/${(await names(home))[0]}`), "second");
});

test("a file written anew before it settled is accepted once, with the later bytes", async () => {
  await using homes = await testHomes();
  const [one, two] = [homes.home(), homes.home()];
  await put(one, "/inbound/roster.csv", "first");
  await put(two, "/inbound/roster.csv", "second");
  await one.leave();
  assert.equal(homes.accepted.length, 0);
  await two.leave();
  assert.equal(homes.accepted.length, 1);
  assert.equal(await get(two, `/inbound/${(await names(two))[0]}`), "second");
});

test("`.completed`, `.rejected` and `.original` appear in one catalog transaction, or none of them", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  await home.leave();
  const { catalog, keeper: { vault } } = homes;
  const [entry] = catalog.outbox();
  const processing = [`roster.csv.${entry!.timeCode}.processing`];
  {
    await using report = await storeDownload(vault, idOfSchool(1), piecesOf("report"));
    // Fails at the last of the three.
    const impossible = { reference: { ...report.reference, blob: null as never }, size: 0 };
    assert.throws(() => catalog.finishUpload(entry!, resultsOf(entry!, report, impossible)));
    assert.deepEqual(await names(home), processing);
    assert.equal(catalog.outbox().length, 1);
  }
  await using report = await storeDownload(vault, idOfSchool(1), piecesOf("report"));
  await using rejected = await storeDownload(vault, idOfSchool(1), piecesOf("rejected"));
  catalog.finishUpload(entry!, resultsOf(entry!, report, rejected));
  const stage = (name: string) => `roster.csv.${entry!.timeCode}.${name}`;
  assert.deepEqual(await names(home), [stage("completed"), stage("original"), stage("rejected")]);
  assert.equal(await get(home, `/inbound/${stage("original")}`), "rows");
  assert.equal(await get(home, `/inbound/${stage("rejected")}`), "rejected");
  assert.deepEqual(catalog.outbox(), []);
});

test("what the service wrote can be read, renamed and deleted, but is never taken for a roster", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  await home.leave();
  const entry = homes.accepted.pop()!;
  const { vault } = homes.keeper;
  const stored = (text: string) => storeDownload(vault, idOfSchool(1), piecesOf(text));
  {
    await using report = await stored("report");
    await using rejected = await stored("rejected");
    homes.catalog.finishUpload(entry, resultsOf(entry, report, rejected));
  }
  const path = (stage: string) => `/inbound/roster.csv.${entry.timeCode}.${stage}`;
  homes.keeper.settling.resume();
  assert.equal(homes.accepted.length, 0);
  const again = homes.home();
  await again.rename(path("rejected"), "/inbound/fixed.csv", { replace: false });
  await again.remove(path("completed"));
  const open = await again.open(path("original"), toRead);
  await open.close();
  await again.leave();
  assert.deepEqual(homes.accepted.map(({ name }) => name), ["fixed.csv"]);
});

test("while it is uploaded a file is listed under its plain name with what has arrived", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const file = await home.open("/inbound/roster.csv", toWrite);
  await file.write(0, Buffer.from("twelve bytes"));
  const [entry] = await entries(homes.home());
  assert.deepEqual([entry?.name, entry?.attributes.size], ["roster.csv", 12]);
  await file.close();
});
