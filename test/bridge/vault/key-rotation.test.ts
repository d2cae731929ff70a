// Rotating a school's storage key: new files at once, older ones one by one, then the older version is gone.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openStored } from "../../../bridge/open.ts";
import type { After } from "../../../bridge/timers.ts";
import { blobPath } from "../../../bridge/vault/blob/files.ts";
import { KeyRotation } from "../../../bridge/vault/key-rotation.ts";
import { verify } from "../../../bridge/vault/verify.ts";
import { sender } from "./catalog/version-0.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

const commandId = "00000000-0000-4000-8000-000000000001";
const done = (id = commandId) => ({
  id,
  at: new Date(0).toISOString(),
  outcome: "done",
  why: null,
});

async function stored(t: TestContext) {
  const dataDir = join(await temporaryFolder(t), "bridge");
  const settings = { dataDir, keyring: { kind: "file" as const, file: join(dataDir, "m") } };
  const opened = await openStored(settings, { now: Date.now });
  t.after(() => opened.close());
  const { catalog, vault, keys } = opened;
  const logged: string[] = [];
  let pausing: (() => Promise<void>) | undefined;
  const after: After = (milliseconds, work) => {
    // A minute is waited for by nobody; between two pieces something else may happen.
    if (milliseconds < 1_000) void (pausing?.() ?? Promise.resolve()).then(work);
    return () => {};
  };
  const rotation = new KeyRotation({ vault, after, log: (event) => void logged.push(event) });
  const put = async (path: string, bytes: Uint8Array, state: "closed" | "partial" = "closed") => {
    const { version } = await keys.current(idOfSchool(1));
    const file = catalog.createPartial(idOfSchool(1), path, version, sender);
    const { blob, release } = await vault.use(file, { mayBeNew: true });
    if (bytes.length > 0) await blob.write(0, bytes);
    await blob.sync();
    catalog.settleSize(file, state, { size: bytes.length, modifiedAt: 1, sha256: blob.sha256 });
    await release();
    return catalog.file(file.id)!;
  };
  const bytesOf = async (id: number) => {
    const { blob, release } = await vault.use(catalog.file(id)!);
    try {
      return await blob.read(0, blob.size);
    } finally {
      await release();
    }
  };
  /** Returns when the rotation has come as far as it gets. */
  const ended = async () => {
    const before = logged.length;
    while (
      !logged.slice(before).some((event) => /^storage_key\.(rotated|files_left)/.test(event))
    ) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const told = () =>
    catalog.ledger.events(1000).map(({ event }) => event as unknown as Record<string, unknown>)
      .filter(({ type }) => type === "storage_key")
      .map(({ version, state, filesLeft }) => [version, state, filesLeft]);
  return {
    ...{ dataDir, catalog, vault, keys, rotation, put, bytesOf, ended, told, logged },
    pause: (work: typeof pausing) => void (pausing = work),
  };
}

test("every file is copied under the new version, byte for byte, and the older version is destroyed", async (t) => {
  const { dataDir, catalog, vault, keys, rotation, put, bytesOf, ended, told } = await stored(t);
  const contents: Buffer[] = [300_000, 70_000, 500, 0].map((size) => randomBytes(size));
  const files = [];
  for (const [at, bytes] of contents.entries()) files.push(await put(`/inbound/${at}`, bytes));
  files.push(await put("/inbound/part", randomBytes(100_000), "partial"));
  contents.push(await bytesOf(files.at(-1)!.id));
  // Of another school: it is not touched.
  const { version } = await keys.current(idOfSchool(2));
  const other = catalog.createPartial(idOfSchool(2), "/inbound/other", version, sender);
  const [wrapped] = catalog.keys.load(idOfSchool(1));

  const isEnding = ended();
  await rotation.begin(idOfSchool(1), done());
  await isEnding;
  for (const [at, { id, blob }] of files.entries()) {
    const now = catalog.file(id)!;
    assert.equal(now.keyVersion, 2);
    assert.notEqual(now.blob, blob);
    assert.deepEqual(await bytesOf(id), contents[at]);
    await assert.rejects(readFile(blobPath(vault.folder, blob)), { code: "ENOENT" });
  }
  assert.equal(catalog.file(other.id)!.keyVersion, 1);
  assert.deepEqual(catalog.keys.load(idOfSchool(1)).map(({ version }) => version), [2]);
  await assert.rejects(keys.version(idOfSchool(1), 1), { name: "KeyringError" });
  const database = await readFile(join(dataDir, "catalog.db"));
  assert.equal(database.includes(Buffer.from(wrapped!.wrapped)), false);
  assert.equal((await keys.current(idOfSchool(1))).version, 2);
  assert.deepEqual([told()[0], told().at(-1)], [[2, "rotating", 5], [2, "current", 0]]);
  const found: unknown[] = [];
  await verify(vault, (finding) => void found.push(finding));
  assert.deepEqual(found, []);
});

test("reading goes on with what was opened, and new files are under the new version at once", async (t) => {
  const { catalog, vault, rotation, put, bytesOf, ended } = await stored(t);
  const bytes = randomBytes(300_000);
  const file = await put("/inbound/read", bytes);
  const reading = await vault.use(file);
  const isEnding = ended();
  await rotation.begin(idOfSchool(1), done());
  const fresh = await put("/inbound/new", randomBytes(100));
  assert.equal(fresh.keyVersion, 2);
  await isEnding;
  assert.notEqual(catalog.file(file.id)!.blob, file.blob);
  assert.deepEqual(await reading.blob.read(0, 300_000), bytes);
  await reading.release();
  await assert.rejects(readFile(blobPath(vault.folder, file.blob)), { code: "ENOENT" });
  assert.deepEqual(await bytesOf(file.id), bytes);
});

test("a file that is written while it is copied keeps what was written, and has its turn later", async (t) => {
  const { catalog, vault, rotation, put, bytesOf, ended, pause } = await stored(t);
  const { id } = await put("/inbound/written", randomBytes(300_000));
  // Its hash is not known, as of a file that was written here and there: it cannot give the change away.
  catalog.markPartial(id, sender);
  catalog.settleSize(catalog.file(id)!, "closed", { size: 300_000, modifiedAt: 1 });
  const file = catalog.file(id)!;
  const bytes = randomBytes(300_000);
  // Opened, written and closed again, with the same size and the same time, between two pieces.
  pause(async () => {
    pause(undefined);
    catalog.markPartial(file.id, sender);
    const { blob, release } = await vault.use(file);
    await blob.write(0, bytes);
    await blob.sync();
    catalog.settleSize(file, "closed", { size: 300_000, modifiedAt: file.modifiedAt });
    await release();
  });
  let isEnding = ended();
  await rotation.begin(idOfSchool(1), done());
  await isEnding;
  assert.equal(catalog.file(file.id)!.keyVersion, 1);
  assert.deepEqual(await bytesOf(file.id), bytes);
  assert.deepEqual(catalog.keys.load(idOfSchool(1)).map(({ version }) => version).sort(), [1, 2]);
  isEnding = ended();
  rotation.resume();
  await isEnding;
  assert.equal(catalog.file(file.id)!.keyVersion, 2);
  assert.deepEqual(await bytesOf(file.id), bytes);
  assert.deepEqual(catalog.keys.load(idOfSchool(1)).map(({ version }) => version), [2]);
});

test("a damaged file keeps the older version until it is gone; the others go on", async (t) => {
  const { catalog, vault, rotation, put, ended, logged } = await stored(t);
  const [damaged, sound] = [
    await put("/inbound/a", randomBytes(300_000)),
    await put("/inbound/b", randomBytes(9)),
  ];
  const path = blobPath(vault.folder, damaged.blob);
  const bytes = await readFile(path);
  bytes[150_000]! ^= 1;
  await writeFile(path, bytes);
  let isEnding = ended();
  await rotation.begin(idOfSchool(1), done());
  await isEnding;
  assert.ok(logged.includes("storage_key.file_unreadable"));
  assert.equal(catalog.file(sound.id)!.keyVersion, 2);
  assert.equal(catalog.file(damaged.id)!.keyVersion, 1);
  assert.equal(catalog.keys.load(idOfSchool(1)).length, 2);
  catalog.remove(damaged.id, null);
  isEnding = ended();
  rotation.resume();
  await isEnding;
  assert.equal(catalog.keys.load(idOfSchool(1)).length, 1);
});

test("what was reserved under a version that was destroyed meanwhile is not delivered", async (t) => {
  const { catalog, vault, rotation, put, ended } = await stored(t);
  await put("/inbound/a", randomBytes(9));
  const reference = await vault.reserve(idOfSchool(1));
  const isEnding = ended();
  await rotation.begin(idOfSchool(1), done());
  await isEnding;
  assert.throws(
    () => catalog.deliverExport(done(), "/outbound/x.csv", null, { reference, size: 0 }),
    { name: "KeyRetired" },
  );
  assert.equal(catalog.find(idOfSchool(1), "/outbound/x.csv"), undefined);
});

test("stopped in the middle it is gone on with by the next run, and the command is done once", async (t) => {
  const { catalog, rotation, put, pause, vault, bytesOf } = await stored(t);
  const files = [];
  for (let at = 0; at < 6; at++) files.push(await put(`/inbound/${at}`, randomBytes(300_000)));
  const contents = await Promise.all(files.map(({ id }) => bytesOf(id)));
  let pieces = 0;
  let stopping: Promise<void> | undefined;
  pause(() => {
    if (++pieces === 5) stopping = rotation.stop();
    return Promise.resolve();
  });
  await rotation.begin(idOfSchool(1), done());
  await until(() => stopping !== undefined);
  await stopping;
  const copied = files.filter(({ id }) => catalog.file(id)!.keyVersion === 2).length;
  assert.ok(copied > 0 && copied < 6, `${copied}`);
  assert.equal(catalog.commands.has(commandId), true);
  const logged: string[] = [];
  const next = new KeyRotation({
    vault,
    after: (milliseconds, work) => (milliseconds < 1000 && setImmediate(work), () => {}),
    log: (event) => void logged.push(event),
  });
  next.resume();
  await until(() => logged.includes("storage_key.rotated"));
  assert.deepEqual(await Promise.all(files.map(({ id }) => bytesOf(id))), contents);
  assert.equal(catalog.doomedBlobs().length, 0);
});
