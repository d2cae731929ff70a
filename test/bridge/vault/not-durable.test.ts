// DESIGN "Order that makes CLOSE durable": an fsync that failed is never tried again as if it worked.
import assert from "node:assert/strict";
import { type FileHandle, open } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { get, testHomes, toResume, toWrite } from "../home/keeper.ts";

const ROSTER = "/inbound/roster.csv";

/** While it `fails`, every fsync of data does so, once for each file as the kernel tells it. */
async function failingDisk(t: TestContext): Promise<{ fails: boolean }> {
  const disk = { fails: false };
  const some = await open("/dev/null");
  const prototype = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const { datasync } = prototype;
  t.after(() => prototype.datasync = datasync);
  prototype.datasync = async function (this: FileHandle) {
    if (disk.fails) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    await datasync.call(this);
  };
  return disk;
}

test("after a blob's fsync failed only what was durable before is kept, resumed and closed", async (t) => {
  const disk = await failingDisk(t);
  await using homes = await testHomes();
  const failures: string[] = [];
  homes.keeper.vault.failed = ({ message }) => void failures.push(message);
  const home = homes.home();
  const roster = Buffer.alloc(400_000, "Username,StudentId\n");
  const file = await home.open(ROSTER, toWrite);
  await file.write(0, roster.subarray(0, 200_000));
  await file.sync();
  await file.write(200_000, roster.subarray(200_000));
  disk.fails = true;
  await assert.rejects(file.close(), /could not be written \(EIO\)/);
  disk.fails = false;
  assert.match(failures[0]!, /EIO/);
  assert.equal((await home.stat(ROSTER)).size, 200_000, "no more than was ever on the disk");
  const resumed = await home.open(ROSTER, toResume);
  await resumed.write(200_000, roster.subarray(200_000));
  await resumed.close();
  assert.equal(await get(home, ROSTER), roster.toString());
});

test("after the catalog could not be synced nothing more is answered OK, and it is said once and for all", async (t) => {
  const disk = await failingDisk(t);
  await using homes = await testHomes();
  const home = homes.home();
  const [one, two] = [await home.open(ROSTER, toWrite), await home.open("/inbound/b.csv", toWrite)];
  disk.fails = true;
  await assert.rejects(one.close(), /storage failed/);
  disk.fails = false;
  await assert.rejects(two.close(), /storage failed/);
  assert.match((await homes.catalog.failed).message, /could not be synced \(EIO/);
});
