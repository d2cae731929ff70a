// SPEC section 6: the receipt is an SFTP session having been sent every byte of the file, from the first
// to the last.
import assert from "node:assert/strict";
import { test } from "node:test";
import { put, type TestHomes, testHomes, toRead } from "./keeper.ts";

const PATH = "/inbound/a.txt";

function downloads({ catalog }: TestHomes): number {
  return catalog.ledger.events(1000).filter(({ event }) => event.type === "download").length;
}

test("a file that was read from the first byte to the last is received once, in whatever order it was asked for", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, PATH, "0123456789");
  const file = await home.open(PATH, toRead);
  await Promise.all([file.read(6, 4), file.read(0, 4), file.read(4, 2)]);
  assert.equal(downloads(homes), 0, "the last answer may not have been sent yet");
  await file.read(10, 100);
  assert.equal(downloads(homes), 1);
  await file.read(0, 10);
  await file.close();
  assert.equal(downloads(homes), 1);
});

test("the CLOSE of a client that was sent everything is a receipt too", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, PATH, "0123456789");
  const file = await home.open(PATH, toRead);
  await file.read(0, 100);
  await file.close();
  assert.equal(downloads(homes), 1);
});

test("two handles of one session are one session", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, PATH, "0123456789");
  for (const [offset, length] of [[0, 5], [5, 5]] as const) {
    const file = await home.open(PATH, toRead);
    await file.read(offset, length);
    await file.close();
  }
  assert.equal(downloads(homes), 1);
});

test("a read past the end, of a part, with a gap, over two sessions, or whose session broke off is no receipt", async () => {
  await using homes = await testHomes();
  await put(homes.home(), PATH, "0123456789");
  const reads: [number, number][][] = [
    [[1_000_000, 100]],
    [[10, 100], [10, 100]],
    [[5, 5]],
    [[0, 4], [5, 5]],
    [[0, 9], [0, 9]],
  ];
  for (const wanted of reads) {
    const file = await homes.home().open(PATH, toRead);
    for (const [offset, length] of wanted) await file.read(offset, length);
    await file.close();
    assert.equal(downloads(homes), 0, JSON.stringify(wanted));
  }
  const half = await homes.home().open(PATH, toRead);
  await half.read(0, 5);
  await half.close();
  const rest = await homes.home().open(PATH, toRead);
  await rest.read(5, 5);
  await rest.close();
  const broken = await homes.home().open(PATH, toRead);
  await broken.read(0, 10);
  await broken.abandon("connection lost");
  assert.equal(downloads(homes), 0);
});

test("an empty file is received when its end was read", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, PATH, "");
  const looked = await home.open(PATH, toRead);
  await looked.close();
  assert.equal(downloads(homes), 0);
  const file = await home.open(PATH, toRead);
  assert.equal((await file.read(0, 100)).length, 0);
  await file.close();
  assert.equal(downloads(homes), 1);
});
