// SPEC section 3: a file that a fault stops is parked with the reason, the school's later files go on,
// and an administrator has it tried again or gives it up. Bridge and worker are the real ones.
import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import Database from "libsql";
import { blobPath } from "../../../bridge/vault/blob/files.ts";
import { HEADER, roster, type WholeWay, wholeWay } from "./whole-way.ts";
import type { SchoolId } from "../../../shared/protocol.ts";
import { until } from "../../until.ts";

const SLICE = 128 * 1024;
/** Four slices and some more of rows. */
const LARGE = roster(8_000);
const SMALL = roster(3).replaceAll("u0", "v0").replaceAll("S0", "T0");

/** A school with a large file that waits and a small one behind it. */
async function waiting(way: WholeWay): Promise<{ schoolId: SchoolId; blob: string }> {
  const schoolId = await way.school("oak");
  await way.accept(schoolId, "large.csv", LARGE);
  await way.accept(schoolId, "small.csv", SMALL);
  const [large] = way.homes.accepted;
  const { blob } = way.homes.catalog.file(large!.fileId)!;
  return { schoolId, blob: blobPath(join(way.homes.folder, "blobs"), blob) };
}

/** Sends both; the first is parked and the second is done. */
async function firstParks(way: WholeWay) {
  way.start();
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.length === 0);
  const [large, small] = await way.uploads("oak");
  assert.equal(large.state, "parked");
  assert.equal(small.state, "completed", "the school's later files go on");
  assert.equal(way.outbox.aside("parked"), 1);
  return large;
}

async function decide(way: WholeWay, id: string, decision: "retry" | "discard", body?: object) {
  const answer = await way.app.admin("POST", `/admin/uploads/${id}/${decision}`, body);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
}

async function studentsOf(way: WholeWay): Promise<number> {
  const { rows } = await way.app.context.database.execute(
    "SELECT count(*) FROM students WHERE username LIKE 'u%'",
  );
  return Number(rows[0]![0]);
}

/** Flips a bit of the file at a share of its length, and gives it back as it was. */
async function damage(path: string, share: number): Promise<() => Promise<void>> {
  const sound = await readFile(path);
  const damaged = Buffer.from(sound);
  damaged[Math.floor(sound.length * share)]! ^= 1;
  await writeFile(path, damaged);
  return () => writeFile(path, sound);
}

test("a damaged blob is parked after what was whole; mended and retried, all of it is applied", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  const { schoolId, blob } = await waiting(way);
  const mend = await damage(blob, 0.7);
  const { id, heldBecause, rows, size } = await firstParks(way);
  assert.match(heldBecause, /^its stored bytes are damaged: /);
  const applied = await studentsOf(way);
  assert.equal(applied, rows.added);
  assert.ok(
    applied > 0 && applied * (size / 8_000) < 0.7 * size,
    `${applied} rows before the damage`,
  );

  await mend();
  await decide(way, id, "retry");
  await until(async () => (await way.uploads("oak"))[0].state === "completed");
  await until(() => way.outbox.length === 0);
  assert.equal(await studentsOf(way), 8_000);
  assert.equal(await way.result(schoolId, "large.csv", "original"), LARGE);
  assert.equal(way.outbox.aside("parked"), 0);
});

test("a retry before it is mended parks it again, and nothing twice", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  const { blob } = await waiting(way);
  await damage(blob, 0.7);
  const { id, rows } = await firstParks(way);
  await decide(way, id, "retry");
  await until(async () =>
    way.outbox.aside("parked") === 1 && (await way.uploads("oak"))[0].state === "parked"
  );
  assert.deepEqual((await way.uploads("oak"))[0].rows, rows);
});

test("a blob that was cut back is parked before anything of it is applied, and can be given up", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  const { schoolId, blob } = await waiting(way);
  await truncate(blob, Math.floor((await readFile(blob)).length / 2));
  const { id, heldBecause, rows } = await firstParks(way);
  assert.match(heldBecause, /^its stored bytes are damaged: /);
  assert.equal(rows.read, 0);
  assert.equal(await studentsOf(way), 0);

  await decide(way, id, "discard", { reason: "sent again by mail" });
  await until(async () => await way.result(schoolId, "large.csv", "completed") !== undefined);
  const report = await way.result(schoolId, "large.csv", "completed");
  assert.match(report!, /discarded,.*given up by admin: sent again by mail/);
  assert.match(report!, /No row of it was applied/);
  const [large] = await way.uploads("oak");
  assert.equal(large.state, "discarded");
  const originals = way.homes.catalog.list(schoolId, "/inbound").map(({ path }) => path)
    .filter((path) => path.startsWith("/inbound/large.csv."));
  assert.deepEqual(originals.map((path) => path.split(".").at(-1)).toSorted(), [
    ...["completed", "original"],
  ]);
  assert.equal(way.outbox.aside("parked"), 0);
});

test("a file whose size is not its blob's is parked", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  await waiting(way);
  const catalog = new Database(join(way.homes.folder, "catalog.db"));
  const { fileId } = way.homes.accepted[0]!;
  catalog.prepare("UPDATE files SET size = size + 10 WHERE id = ?").run(fileId);
  catalog.close();
  // The bridge forgets what it remembered of its files.
  way.homes.keeper.vault.catalog.setTimes(fileId, { accessedAt: 1 });
  const { heldBecause, rows } = await firstParks(way);
  assert.match(heldBecause, /^its stored bytes are damaged: .*bytes/);
  assert.equal(rows.read, 0);
});

test("a file that was given up after some of it was applied says so in its report", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  const { schoolId, blob } = await waiting(way);
  await damage(blob, 0.7);
  const { id, rows } = await firstParks(way);
  await decide(way, id, "discard");
  await until(async () => await way.result(schoolId, "large.csv", "completed") !== undefined);
  const report = await way.result(schoolId, "large.csv", "completed");
  assert.ok(report!.includes(`${rows.added} rows of it had been applied before.`), report!);
});

test("an upload of a lane that the worker has not is parked there, and can be given up", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  await way.accept(schoolId, "grades.csv", HEADER);
  way.laneOf = () => "grades";
  way.start();
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.aside("parked") === 1);
  const [{ id, state, heldBecause }] = await way.uploads("oak");
  assert.equal(state, "parked");
  assert.match(heldBecause, /no lane "grades"/);
  await decide(way, id, "discard");
  await until(async () => await way.result(schoolId, "grades.csv", "completed") !== undefined);
  assert.match((await way.result(schoolId, "grades.csv", "completed"))!, /discarded,/);
});

test("an upload refused for good, as its school is another bridge's, is parked and asked about after a start", async () => {
  await using way = await wholeWay({ sliceBytes: SLICE });
  const schoolId = await way.school("oak");
  await way.accept(schoolId, "small.csv", SMALL);
  const { database } = way.app.context;
  const bridgeIs = (name: string) =>
    database.execute({ sql: "UPDATE schools SET bridge = ? WHERE id = ?", args: [name, schoolId] });
  await bridgeIs("north");
  way.start();
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.aside("parked") === 1);
  assert.deepEqual(await way.uploads("oak"), []);
  const [parked] = way.homes.catalog.outbox();
  assert.match(parked!.reason!, /This bridge has no school/);
  await bridgeIs("default");
  // As a start does.
  way.outbox.resume();
  await until(async () => (await way.uploads("oak"))[0]?.state === "completed");
  await until(() => way.outbox.length === 0);
  assert.equal(way.outbox.aside("parked"), 0);
});
