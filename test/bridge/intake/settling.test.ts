// SPEC section 3: when a file is settled, and so accepted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { recoverPartialSizes } from "../../../bridge/intake/recovery.ts";
import {
  entries,
  get,
  names,
  put,
  testHomes,
  toAppend,
  toRead,
  toResume,
  toWrite,
} from "../home/keeper.ts";
import { Clock } from "../by-hand.ts";

test("a file left alone for SETTLE_MS is accepted though its session stays open", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  clock.pass(1999);
  assert.deepEqual(await names(home), ["roster.csv"]);
  clock.pass(1);
  assert.equal(homes.accepted.length, 1);
  assert.match((await names(home))[0]!, /^roster\.csv\.\d{8}T\d{9}Z\.processing$/);
});

test("a file is accepted when the session that closed it ended", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  assert.equal(homes.accepted.length, 0);
  await home.leave();
  assert.equal(homes.accepted[0]?.name, "roster.csv");
});

test("until it is settled, stat, set-times, rename and delete of the plain name work", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "rows");
  assert.equal((await home.stat("/inbound/roster.csv")).size, 4);
  await home.change("/inbound/roster.csv", { modifiedAt: 1 });
  await home.rename("/inbound/roster.csv", "/inbound/other.csv", { replace: false });
  await home.remove("/inbound/other.csv");
  await home.leave();
  assert.equal(homes.accepted.length, 0);
});

test("a file that is opened again and appended settles anew, whole", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "one,");
  const file = await home.open("/inbound/roster.csv", toAppend);
  clock.pass(60_000);
  assert.equal(homes.accepted.length, 0);
  await file.write(0, Buffer.from("two"));
  await file.close();
  await home.leave();
  assert.equal(await get(home, `/inbound/${(await names(home))[0]}`), "one,two");
});

test("a file is not accepted while a handle is open on it for writing, whoever else's session ends", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const [first, second] = [homes.home(), homes.home()];
  await put(first, "/inbound/roster.csv", "rows");
  const open = await second.open("/inbound/roster.csv", toAppend);
  await first.leave();
  clock.pass(60_000);
  assert.equal(homes.accepted.length, 0);
  await open.close();
  await second.leave();
  assert.equal(homes.accepted.length, 1);
});

test("reading a file does not count: neither an open handle nor its closing holds it back", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 2000, after: clock.after });
  const [writer, monitor] = [homes.home(), homes.home()];
  await put(writer, "/inbound/roster.csv", "rows");
  clock.pass(1500);
  assert.equal(await get(monitor, "/inbound/roster.csv"), "rows");
  const open = await monitor.open("/inbound/roster.csv", toRead);
  await open.read(0, 100);
  clock.pass(499);
  assert.equal(homes.accepted.length, 0);
  clock.pass(1);
  assert.equal(homes.accepted.length, 1);
  assert.equal(Buffer.from(await open.read(0, 100)).toString(), "rows");
  await open.close();
});

test("files arriving by rename count", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const part of ["filepart", "tmp", "part"]) {
    await put(home, `/inbound/${part}.csv.${part}`, "rows");
    await home.rename(`/inbound/${part}.csv.${part}`, `/inbound/${part}.csv`, { replace: false });
  }
  await home.leave();
  assert.deepEqual(homes.accepted.map(({ name }) => name).sort(), [
    "filepart.csv",
    "part.csv",
    "tmp.csv",
  ]);
});

test("only names ending in .csv, in any letter case, are accepted; others are left alone", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const name of ["a.csv", "B.CSV", "c.csv.txt", "d.xlsx", "csv"]) {
    await put(home, `/inbound/${name}`, "rows");
  }
  await home.leave();
  assert.deepEqual(homes.accepted.map(({ name }) => name).sort(), ["B.CSV", "a.csv"]);
  assert.deepEqual((await names(home)).filter((name) => !name.endsWith(".processing")), [
    "c.csv.txt",
    "csv",
    "d.xlsx",
  ]);
});

test("a connection that drops before CLOSE leaves a partial file that is never processed and can be resumed", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  const file = await home.open("/inbound/roster.csv", toWrite);
  await file.write(0, Buffer.from("half"));
  await file.abandon("connection lost");
  await home.leave();
  homes.keeper.settling.resume();
  assert.equal(homes.accepted.length, 0);
  const again = homes.home();
  assert.equal((await again.stat("/inbound/roster.csv")).size, 4);
  const resumed = await again.open("/inbound/roster.csv", toResume);
  await resumed.write(4, Buffer.from(" and half"));
  await resumed.close();
  await again.leave();
  assert.equal(await get(again, `/inbound/${(await names(again))[0]}`), "half and half");
});

test("the same name uploaded again has a time code of its own, in the order of acceptance", async () => {
  await using homes = await testHomes({ now: () => Date.UTC(2026, 10, 21, 10, 15, 30, 123) });
  for (const text of ["1", "2", "3"]) {
    const home = homes.home();
    await put(home, "/inbound/roster.csv", text);
    await home.leave();
  }
  const codes = homes.catalog.outbox().map(({ timeCode }) => timeCode);
  assert.deepEqual(codes, ["20261121T101530123Z", "20261121T101530124Z", "20261121T101530125Z"]);
});

test("what was closed or partly written before a crash is found at the next start", async () => {
  const before = await testHomes();
  const home = before.home();
  await put(home, "/inbound/closed.csv", "rows");
  const cut = await home.open("/inbound/cut.csv", toWrite);
  await cut.write(0, Buffer.alloc(100_000, "x"));
  await cut.sync();
  before.keeper.settling.stop(); // and nothing else: the process is gone
  await using after = await testHomes({ folder: before.folder });
  await recoverPartialSizes(after.keeper.vault, () => {});
  after.keeper.settling.resume();
  assert.deepEqual(after.accepted.map(({ name }) => name), ["closed.csv"]);
  assert.equal((await after.home().stat("/inbound/cut.csv")).size, 100_000);
});

test("files accepted in one millisecond have time codes in the order they were accepted", async () => {
  await using homes = await testHomes({ now: () => Date.UTC(2026, 10, 21, 10, 15, 30, 123) });
  const home = homes.home();
  for (const name of ["b", "c", "a"]) await put(home, `/inbound/${name}.csv`, name);
  await home.leave();
  const outbox = homes.catalog.outbox();
  assert.deepEqual(
    outbox.map(({ name, timeCode }) => [name, timeCode]),
    ["b.csv", "c.csv", "a.csv"].map((name, i) => [name, `20261121T10153012${3 + i}Z`]),
  );
  assert.equal(outbox[2]!.acceptedAt, Date.UTC(2026, 10, 21, 10, 15, 30, 125));
});

test("a start opens what was being written, not every partial file that is kept", async () => {
  const before = await testHomes();
  const home = before.home();
  for (const name of ["old", "older"]) {
    const file = await home.open(`/inbound/${name}.csv`, toWrite);
    await file.write(0, Buffer.from("half"));
    await file.abandon("connection lost");
  }
  const cut = await home.open("/inbound/cut.csv", toWrite);
  await cut.write(0, Buffer.from("half"));
  await cut.sync();
  before.keeper.settling.stop(); // and nothing else: the process is gone
  await using after = await testHomes({ folder: before.folder });
  const { vault } = after.keeper;
  const opened: string[] = [];
  const use = vault.use.bind(vault);
  vault.use = (reference, options) => {
    opened.push(after.catalog.filesBeingWritten().find((f) => f.blob === reference.blob)!.path);
    return use(reference, options);
  };
  await recoverPartialSizes(vault, () => {});
  assert.deepEqual(opened, ["/inbound/cut.csv"]);
  assert.deepEqual(after.catalog.filesBeingWritten(), []);
  assert.deepEqual((await entries(after.home())).map(({ attributes }) => attributes.size), [
    4,
    4,
    4,
  ]);
});

test("after the host's clock stepped back nothing is doubled, stuck or out of order", async () => {
  let now = Date.UTC(2026, 10, 21, 10, 15, 30);
  await using homes = await testHomes({ now: () => now });
  for (
    const [text, stepMs] of [["1", 0], ["2", -3_000], ["3", -86_400_000], [
      "4",
      86_403_000,
    ]] as const
  ) {
    now += stepMs;
    const home = homes.home();
    await put(home, "/inbound/roster.csv", text);
    await home.leave();
  }
  const outbox = homes.catalog.outbox();
  assert.equal(new Set(outbox.map(({ timeCode }) => timeCode)).size, 4);
  assert.deepEqual(
    outbox.map(({ acceptedAt }) => acceptedAt).sort(),
    outbox.map(({ acceptedAt }) => acceptedAt),
  );
  const home = homes.home();
  const texts = [];
  for (const { timeCode } of outbox) {
    texts.push(await get(home, `/inbound/roster.csv.${timeCode}.processing`));
  }
  assert.deepEqual(texts, ["1", "2", "3", "4"]);
});

test("a trouble has one line when it begins and one when it is over, and nothing is half accepted", async () => {
  const clock = new Clock();
  await using homes = await testHomes({ settleMs: 0, after: clock.after });
  const home = homes.home();
  const accept = homes.catalog.accept.bind(homes.catalog);
  homes.catalog.accept = () => {
    throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  };
  for (const name of ["a", "b"]) await put(home, `/inbound/${name}.csv`, name);
  clock.pass(10_000);
  assert.deepEqual(await names(home), ["a.csv", "b.csv"]);
  assert.deepEqual(homes.logged.map(({ event }) => event), ["trouble.begins"]);
  homes.catalog.accept = accept;
  clock.pass(1_000);
  assert.equal(homes.accepted.length, 2);
  assert.deepEqual(homes.logged.map(({ event }) => event), ["trouble.begins", "trouble.ends"]);
});
