// SPEC section 2: an upload whose CLOSE was answered OK is there, whole, until a later one is answered OK.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { recoverPartialSizes } from "../../../bridge/intake/recovery.ts";
import { blobPath } from "../../../bridge/vault/blob/files.ts";
import { get, names, put, testHomes, toAppend, toResume, toWrite } from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

const ROSTER = "/inbound/roster.csv";
const NOTES = "/inbound/notes.txt";

test("an upload that breaks off over a closed roster leaves the roster to be processed, and is a partial file", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, ROSTER, "the whole roster");
  const file = await home.open(ROSTER, toWrite);
  await file.write(0, Buffer.from("half"));
  assert.equal((await home.stat(ROSTER)).size, 4, "the session sees what it is writing");
  assert.deepEqual(await names(home), ["roster.csv"]);
  await file.abandon("connection lost");

  const [entry] = homes.accepted;
  assert.equal(entry?.name, "roster.csv");
  assert.equal(await get(home, `${ROSTER}.${entry.timeCode}.processing`), "the whole roster");
  assert.equal((await home.stat(ROSTER)).size, 4);
  const resumed = await home.open(ROSTER, toResume);
  await resumed.write(4, Buffer.from(" and half"));
  await resumed.close();
  assert.equal(await get(home, ROSTER), "half and half");
  assert.equal(homes.accepted.length, 1);
});

test("what is appended to a closed roster, or goes on in it, and breaks off, leaves the roster to be processed", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  // In the catalog, and as a file of its own.
  for (const whole of ["the whole roster", "roster ".repeat(100_000)]) {
    for (const [mode, at] of [[toAppend, 0], [toResume, 0], [toResume, whole.length]] as const) {
      await put(home, ROSTER, whole);
      const file = await home.open(ROSTER, mode);
      assert.equal((await home.stat(ROSTER)).size, whole.length);
      await file.write(at, Buffer.from("AND"));
      await file.abandon("connection lost");
      const { timeCode } = homes.accepted.at(-1)!;
      assert.equal(await get(home, `${ROSTER}.${timeCode}.processing`), whole);
      const appended = mode === toAppend || at > 0;
      assert.equal(
        await get(home, ROSTER),
        appended ? `${whole}AND` : `AND${whole.slice(3)}`,
        "what arrived is a partial file",
      );
      await home.remove(ROSTER);
    }
  }
  assert.equal(homes.accepted.length, 6);
});

test("a closed file that goes on and is closed again is one file, and its bytes before are gone", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, ROSTER, "one");
  const { blob } = homes.catalog.find(idOfSchool(1), ROSTER)!;
  const file = await home.open(ROSTER, toAppend);
  await file.write(0, Buffer.from(" and two"));
  await file.close();
  await until(() => !homes.catalog.knowsBlob(blob));
  assert.deepEqual(homes.catalog.filesInState("replaced"), []);
  await home.leave();
  assert.equal(homes.accepted.length, 1);
  assert.equal(
    await get(home, `${ROSTER}.${homes.accepted[0]!.timeCode}.processing`),
    "one and two",
  );
});

test("a file that no lane takes is kept as .original when the upload over it breaks off", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, NOTES, "notes");
  await (await home.open(NOTES, toWrite)).abandon("connection lost");
  const [partial, kept] = await names(home);
  assert.equal(partial, "notes.txt");
  assert.match(kept!, /^notes\.txt\.\d{8}T\d{9}Z\.original$/);
  assert.equal(await get(home, `/inbound/${kept}`), "notes");
  assert.deepEqual(homes.accepted, []);
});

test("once the upload over it is answered OK a closed file is gone, with its bytes", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const length of [5, 200_000]) {
    await put(home, ROSTER, "x".repeat(length));
    const { blob } = homes.catalog.find(idOfSchool(1), ROSTER)!;
    await put(home, ROSTER, "later");
    await until(() => !homes.catalog.knowsBlob(blob));
  }
  assert.equal(await get(home, ROSTER), "later");
  assert.deepEqual(homes.catalog.filesInState("replaced"), []);
  await home.leave();
  assert.equal(homes.accepted.length, 1);
});

test("whoever takes over the upload that is to replace it: the closed file waits for a CLOSE", async () => {
  await using homes = await testHomes();
  const [one, two, three] = [homes.home(), homes.home(), homes.home()];
  await put(one, ROSTER, "closed");
  const first = await one.open(ROSTER, toWrite);
  await first.write(0, Buffer.from("a"));
  const second = await two.open(ROSTER, toWrite);
  await first.abandon("connection lost");
  assert.deepEqual(homes.accepted, [], "the second may still replace it");
  const third = await three.open(ROSTER, toResume);
  await second.abandon("connection lost");
  assert.deepEqual(homes.accepted, []);
  await third.abandon("connection lost");
  assert.equal(homes.accepted.length, 1);
});

test("who deletes the name, or renames another file to it, wants neither the upload nor what was before", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const how of ["removed", "replaced"]) {
    await put(home, ROSTER, "closed");
    await put(home, NOTES, "other");
    const file = await home.open(ROSTER, toWrite);
    if (how === "removed") await home.remove(ROSTER);
    else await home.rename(NOTES, ROSTER, { replace: true });
    await file.abandon("connection lost");
    assert.deepEqual(homes.catalog.filesInState("replaced"), []);
  }
  assert.deepEqual(await names(home), ["roster.csv"]);
  await until(() => homes.catalog.doomedBlobs().length === 0);
});

test("a bridge that ends in the middle of an upload over a closed roster finds the roster whole", async () => {
  const homes = await testHomes();
  await put(homes.home(), ROSTER, "the whole roster");
  const file = await homes.home().open(ROSTER, toWrite);
  await file.write(0, Buffer.from("half"));
  await file.sync();
  homes.keeper.settling.stop();
  homes.catalog.close();

  await using later = await testHomes({ folder: homes.folder });
  await recoverPartialSizes(later.keeper.vault, later.keeper.log);
  later.keeper.settling.resume();
  const [entry] = later.accepted;
  assert.equal(
    await get(later.home(), `${ROSTER}.${entry?.timeCode}.processing`),
    "the whole roster",
  );
  assert.equal((await later.home().stat(ROSTER)).size, 4);
});

test("to go on in a closed file whose bytes are damaged is refused, and it stays what it was", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, ROSTER, "x".repeat(200_000));
  const before = homes.catalog.find(idOfSchool(1), ROSTER)!;
  await rm(blobPath(homes.keeper.vault.folder, before.blob));
  await assert.rejects(home.open(ROSTER, toAppend));
  assert.deepEqual(homes.catalog.find(idOfSchool(1), ROSTER), before);
  assert.deepEqual(homes.catalog.filesInState("replaced"), []);
  await until(() => homes.catalog.doomedBlobs().length === 0);
});

test("an OPEN that fails over a closed file leaves it what it was", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, ROSTER, "closed");
  const before = homes.catalog.find(idOfSchool(1), ROSTER);
  const { vault } = homes.keeper;
  const use = vault.use.bind(vault);
  vault.use = () => Promise.reject(Object.assign(new Error("no room"), { code: "ENOSPC" }));
  await assert.rejects(home.open(ROSTER, toWrite), /disk is full/);
  vault.use = use;
  assert.deepEqual(homes.catalog.find(idOfSchool(1), ROSTER), { ...before });
  assert.equal(await get(home, ROSTER), "closed");
});
