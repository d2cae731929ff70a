// SPEC section 2: what was never sent is no part of a roster, whoever resumes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entries, get, testHomes, toResume, toWrite } from "./keeper.ts";

const PATH = "/inbound/roster.csv";
const CHUNK = 64 * 1024;

const sizes = async (home: Parameters<typeof entries>[0]) =>
  (await entries(home)).map(({ attributes }) => attributes.size);

for (const at of [8, 3 * CHUNK]) {
  test(`who resumes a file while its first writer left a gap (byte ${at}) goes on before the gap`, async () => {
    await using homes = await testHomes();
    const lost = homes.home();
    const first = await lost.open(PATH, toWrite);
    await first.write(0, Buffer.from("head"));
    await first.write(at, Buffer.from("tail"));
    const home = homes.home();
    const second = await home.open(PATH, toResume);
    assert.equal((await second.stat()).size, 4);
    assert.deepEqual(await sizes(home), [4]);
    await first.abandon("connection lost");
    await second.write(4, Buffer.from("rest"));
    await second.close();
    assert.equal(await get(home, PATH), "headrest");
  });
}

test("who resumes a file that its first writer made longer goes on where bytes were sent", async () => {
  await using homes = await testHomes();
  const first = await homes.home().open(PATH, toWrite);
  await first.write(0, Buffer.from("head"));
  await first.change({ size: 100 });
  const second = await homes.home().open(PATH, toResume);
  assert.equal((await second.stat()).size, 4);
  await second.close();
  assert.equal(await get(homes.home(), PATH), "head");
});

test("bytes of a write that failed are none that were sent", async () => {
  await using homes = await testHomes();
  const { vault } = homes.keeper;
  const use = vault.use.bind(vault);
  let fails = false;
  vault.use = async (...args) => {
    const lease = await use(...args);
    const { write } = lease.blob;
    lease.blob.write = async function (offset, bytes) {
      if (fails) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
      return await write.call(this, offset, bytes);
    };
    return lease;
  };
  const home = homes.home();
  const first = await home.open(PATH, toWrite);
  await first.write(4, Buffer.from("tail"));
  fails = true;
  await assert.rejects(first.write(0, Buffer.from("head")));
  fails = false;
  await assert.rejects(first.close());
  assert.deepEqual(await sizes(home), [0]);
});
