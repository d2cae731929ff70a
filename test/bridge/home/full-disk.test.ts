// DESIGN, "What may crash when": disk full: the write is refused; nothing is half-accepted.
import assert from "node:assert/strict";
import { mkdir, open, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Refusal } from "../../../bridge/home/home.ts";
import { DiskRoom, NoRoomForUploads } from "../../../bridge/vault/blob/disk-room.ts";
import { type SmallDisk, smallDisk } from "../vault/small-disk.ts";
import { get, names, put, testHomes, type TestHomesOptions, toRead, toWrite } from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";
import { Clock } from "../by-hand.ts";

const MIB = 1024 * 1024;

/** Homes on a disk of their own. */
async function onSmallDisk(
  t: TestContext,
  options: TestHomesOptions,
  work: (homes: Awaited<ReturnType<typeof testHomes>>, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = await smallDisk(t, 4 * MIB);
  if (!disk) return;
  const folder = join(disk.folder, "data");
  await mkdir(folder);
  await using homes = await testHomes({ ...options, folder });
  await work(homes, disk);
}

const isRefusal = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.reason, "failure");
  assert.match(error.message, sentence);
  return true;
};
const upload = /^The service's disk is full\. What arrived before is kept as a partial file/;
const other = /^The service's disk is full, so this could not be done and nothing was changed\./;

test("what a full disk refuses is not half done: the file is still there, and still settles", (t) => {
  const clock = new Clock();
  return onSmallDisk(t, { settleMs: 200, after: clock.after }, async (homes, disk) => {
    const home = homes.home();
    await put(home, "/inbound/roster.csv", "rows");
    await disk.fill();
    const path = "/inbound/roster.csv";
    // First the smallest: what it finds no room for, the others do not either.
    await assert.rejects(home.change(path, { modifiedAt: 1 }), isRefusal(other));
    await assert.rejects(home.remove(path), isRefusal(other));
    await assert.rejects(home.rename(path, "/inbound/x.csv", { replace: false }), isRefusal(other));
    await assert.rejects(home.open(path, toWrite), isRefusal(other));
    await assert.rejects(home.open("/inbound/new.csv", toWrite), isRefusal(other));
    assert.deepEqual(await names(home), ["roster.csv"]);
    assert.equal(await get(home, path), "rows");
    clock.pass(200);
    assert.equal(homes.accepted.length, 0);
    await disk.empty();
    clock.pass(60_000);
    assert.equal(homes.accepted.length, 1);
    assert.match((await names(home))[0]!, /^roster\.csv\..*\.processing$/);
  });
});

test("a file that cannot be accepted when its session ends is accepted as soon as there is room", (t) =>
  onSmallDisk(t, {}, async (homes, disk) => {
    const home = homes.home();
    for (const name of ["a.csv", "b.csv"]) await put(home, `/inbound/${name}`, name);
    await disk.fill();
    await home.leave();
    assert.equal(homes.accepted.length, 0);
    assert.deepEqual(await names(home), ["a.csv", "b.csv"]);
    await disk.empty();
    await until(() => homes.accepted.length === 2);
  }));

test("a CLOSE that the catalog cannot take is refused; the partial file has the size it really has", (t) =>
  onSmallDisk(t, { settleMs: 0 }, async (homes, disk) => {
    const home = homes.home();
    const file = await home.open("/inbound/roster.csv", toWrite);
    await file.write(0, Buffer.alloc(100_000, "x"));
    await file.sync();
    await disk.fill();
    await assert.rejects(file.close(), isRefusal(upload));
    const { size } = await home.stat("/inbound/roster.csv");
    assert.equal(size, 100_000);
    assert.equal((await get(home, "/inbound/roster.csv")).length, size);
    const stored = () => homes.catalog.find(idOfSchool(1), "/inbound/roster.csv")!;
    assert.deepEqual([stored().state, stored().size], ["partial", 0]);
    await disk.empty();
    await until(() => stored().size === size);
    assert.equal(stored().state, "partial");
    assert.equal(homes.accepted.length, 0);
  }));

test("bytes that could not be stored are not in the size that a client resumes at", (t) =>
  onSmallDisk(t, {}, async (homes, disk) => {
    const home = homes.home();
    const file = await home.open("/inbound/roster.csv", toWrite);
    await file.write(0, Buffer.alloc(70_000, "a"));
    await file.sync();
    await file.write(70_000, Buffer.alloc(50_000, "b")); // Waits in memory.
    await disk.fill();
    await file.abandon("connection lost");
    const { size } = await home.stat("/inbound/roster.csv");
    const bytes = await get(home, "/inbound/roster.csv");
    assert.equal(bytes.length, size);
    assert.ok(size >= 70_000 && size < 120_000, String(size));
    assert.equal(bytes, "a".repeat(70_000) + "b".repeat(size - 70_000));
  }));

test("reading goes on when the receipt cannot be written; a later read to the end is one", (t) =>
  onSmallDisk(t, {}, async (homes, disk) => {
    const home = homes.home();
    await put(home, "/inbound/note.txt", "a note");
    const downloads = () =>
      homes.catalog.ledger.events(100).filter(({ event }) => event.type === "download").length;
    const file = await home.open("/inbound/note.txt", toRead);
    await disk.fill();
    assert.equal(Buffer.from(await file.read(0, 100)).toString(), "a note");
    assert.equal(downloads(), 0);
    await disk.empty();
    assert.equal((await file.read(6, 100)).length, 0);
    assert.equal(downloads(), 1);
    await file.close();
  }));

test("the catalog says that the disk is full, and takes the next call when there is room", (t) =>
  onSmallDisk(t, {}, async ({ catalog }, disk) => {
    const sender = { fingerprint: "", address: "", client: "" };
    await disk.fill();
    for (let i = 0; i < 3; i++) {
      assert.throws(() => catalog.createPartial(idOfSchool(1), "/inbound/a", 1, sender), {
        code: "SQLITE_FULL",
      });
    }
    assert.equal(catalog.find(idOfSchool(1), "/inbound/a"), undefined);
    await disk.empty();
    catalog.createPartial(idOfSchool(1), "/inbound/a", 1, sender);
    assert.equal(catalog.find(idOfSchool(1), "/inbound/a")!.state, "partial");
  }));

test("bytes here and there, each of which costs the disk a chunk, leave the last tenth too", async (t) => {
  await onSmallDisk(t, {}, async (homes, disk) => {
    const home = homes.home();
    const chunks = 24;
    const file = await home.open("/inbound/large.csv", toWrite);
    for (let chunk = 0; chunk < chunks; chunk++) {
      await file.write(chunk * 65_536, Buffer.alloc(65_536));
    }
    await file.sync();
    const { room } = homes.keeper.vault;
    await room.take(MIB / 2); // Nothing is left of what was granted before.
    const { free } = await room.report();
    await writeFile(join(disk.folder, "others"), Buffer.alloc(free - MIB / 2));
    let written = 0;
    for (let chunk = 0; chunk < chunks; chunk++) {
      await file.write(chunk * 65_536, Buffer.from("x")).then(() => written++, () => {});
    }
    await assert.rejects(file.close(), isRefusal(upload));
    assert.ok(written > 0 && written < 16, `${written} of ${chunks} were taken`);
    const { bavail, bsize, blocks } = await statfs(disk.folder);
    assert.ok(bavail > blocks / 20, `${bavail * bsize} bytes are left`);
    await home.remove("/inbound/large.csv");
  });
});

test("when the catalog could not be synced nobody is told that the disk is full or that nothing was done", async (t) => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/a.tmp", "rows");
  const handle = await open(homes.folder, "r");
  const calls = Object.getPrototypeOf(handle) as { datasync(): Promise<void> };
  await handle.close();
  const { datasync } = calls;
  t.after(() => calls.datasync = datasync);
  const noRoom = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
  calls.datasync = () => Promise.reject(noRoom);
  const failed = isRefusal(/^The service's storage failed, .* Look whether it was done/);
  const renamed = home.rename("/inbound/a.tmp", "/inbound/a.txt", { replace: false });
  await assert.rejects(renamed, failed);
  calls.datasync = datasync;
  // Until the next start: this process can promise nothing any more.
  await assert.rejects(put(home, "/inbound/b.csv", "rows"), failed);
  assert.equal(homes.catalog.find(idOfSchool(1), "/inbound/b.csv")!.state, "partial");
  const troubles = homes.logged.filter(({ event }) => event === "trouble.begins");
  assert.equal(troubles.length, 1);
  assert.match(String(troubles[0]!.fields["what"]), /restart the bridge/);
});

test("uploads leave the last tenth of a small disk to the service", async (t) => {
  const disk = await smallDisk(t, 10 * MIB + 4096);
  if (!disk) return;
  const room = new DiskRoom(disk.folder);
  for (const bytes of Object.values(await room.report())) assert.ok(Number.isInteger(bytes));
  await room.take(8.9 * MIB);
  await assert.rejects(new DiskRoom(disk.folder).take(9.1 * MIB), NoRoomForUploads);
  await room.look();
  await disk.fill();
  await assert.rejects(new DiskRoom(disk.folder).look(), NoRoomForUploads);
  await assert.rejects(new DiskRoom(disk.folder).take(1), { code: "ENOSPC" });
  await disk.empty();
  await new DiskRoom(disk.folder).take(1);
  const gone = new DiskRoom(join(disk.folder, "moved away"));
  await assert.rejects(gone.look(), { code: "ENOENT" });
});
