// What a school may keep in its home, and how often it may change it: each ends in words, or in time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../../bridge/home/home.ts";
import type { Home, OpenMode } from "../../../bridge/home/home.ts";
import { Clock } from "../by-hand.ts";
import { testHomes } from "./keeper.ts";

const toWrite: OpenMode = {
  ...{ read: false, write: true, append: false, create: true, exclusive: false, truncate: true },
};
const KIB = Buffer.alloc(1024, "a");

async function put(home: Home, name: string, kibibytes: number): Promise<void> {
  const file = await home.open(`/inbound/${name}`, toWrite);
  for (let i = 0; i < kibibytes; i++) await file.write(i * 1024, KIB);
  await file.close();
}

const isFull = (error: unknown) =>
  error instanceof Refusal && /This home is full/.test(error.message);

test("a home that is full says how much is used and allowed, and takes more when room was made", async () => {
  const clock = new Clock();
  const mostOfHome = { files: 100, bytes: 20 * 1024 };
  await using homes = await testHomes({ mostOfHome, now: () => clock.now, after: clock.after });
  const home = homes.home();
  await put(home, "a.txt", 10);
  assert.deepEqual((await home.room!()).total, 20 * 1024);
  const writing = await home.open("/inbound/b.txt", toWrite);
  for (let i = 0; i < 10; i++) await writing.write(i * 1024, KIB);
  await assert.rejects(writing.write(10 * 1024, KIB), (error: Refusal) => {
    assert.match(error.message, /it has 2 of 100 files and 20 KiB of 20 KiB\. Delete/);
    return error.reason === "failure";
  });
  await writing.abandon("write failed");
  assert.equal((await home.stat("/inbound/b.txt")).size, 10 * 1024);
  // Another school's is its own.
  await put(homes.home(2), "a.txt", 10);
  await home.remove("/inbound/a.txt");
  clock.pass(1_000);
  await put(home, "c.txt", 10);
  clock.pass(1_000);
  assert.equal((await home.room!()).free, 0);
});

test("bytes of files that are open count, of all sessions, and those written over do not count twice", async () => {
  const clock = new Clock();
  const mostOfHome = { files: 100, bytes: 20 * 1024 };
  await using homes = await testHomes({ mostOfHome, now: () => clock.now, after: clock.after });
  const [first, second] = [homes.home(), homes.home()];
  const open = await Promise.all([
    first.open("/inbound/a.txt", toWrite),
    second.open("/inbound/b.txt", toWrite),
  ]);
  for (let i = 0; i < 10; i++) {
    for (const file of open) await file.write(i * 1024, KIB);
    // As a client that sends again what it is not sure of.
    await open[0]!.write(i * 1024, KIB);
  }
  await assert.rejects(open[1]!.write(10 * 1024, KIB), isFull);
  await open[0]!.close();
  await open[1]!.abandon("write failed");
});

test("a home has so many files", async () => {
  const clock = new Clock();
  const mostOfHome = { files: 3, bytes: 1024 ** 2 };
  await using homes = await testHomes({ mostOfHome, now: () => clock.now, after: clock.after });
  const home = homes.home();
  for (const name of ["a.txt", "b.txt", "c.txt"]) await put(home, name, 1);
  await assert.rejects(put(home, "d.txt", 1), isFull);
  await put(home, "c.txt", 2);
  await home.remove("/inbound/a.txt");
  clock.pass(1_000);
  await put(home, "d.txt", 1);
});

test("a loop of renames is slowed to so many a second, of one school, and none fails", async () => {
  const clock = new Clock();
  await using homes = await testHomes({
    changes: { burst: 10, perSecond: 2 },
    ...{ now: () => clock.now, after: clock.after },
  });
  const home = homes.home();
  await put(home, "a.txt", 1);
  let renamed = 0;
  const loop = (async () => {
    for (let i = 0; i < 30; i++) {
      const names = i % 2 === 0 ? ["a", "b"] : ["b", "a"];
      const [from, to] = names.map((name) => `/inbound/${name}.txt`);
      await home.rename(from!, to!, { replace: false });
      renamed++;
    }
  })();
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  while (renamed < 9) await settle();
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(renamed, 9);
  // Another school does not wait.
  await put(homes.home(2), "a.txt", 1);
  assert.equal(homes.limits.counts.changes, 1);
  const [line] = homes.logged.filter(({ event }) => event === "limit.reached");
  assert.equal(line?.fields["limit"], "changes");
  for (const expected of [11, 13, 15]) {
    clock.pass(1_000);
    while (renamed < expected) {
      await settle();
      clock.pass(0);
    }
    assert.ok(renamed <= expected + 1, String(renamed));
  }
  while (renamed < 30) {
    clock.pass(500);
    await settle();
  }
  await loop;
});
