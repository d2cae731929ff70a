import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileKeyring, type Keyring } from "../../../../bridge/vault/keys/keyring.ts";
import { SchoolKeys } from "../../../../bridge/vault/keys/school-keys.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { idOfSchool } from "../../school-id.ts";

type Row = { schoolId: number; version: number; wrapped: Uint8Array };

/** The real keyring, and rows where the catalog's table would be. */
async function keysOver(t: TestContext, rows: Row[]) {
  const keyring = await fileKeyring(join(await temporaryFolder(t), "master-key"));
  const store = {
    load: (schoolId: number) => rows.filter((row) => row.schoolId === schoolId),
    newest: (schoolId: number) =>
      rows.filter((row) => row.schoolId === schoolId).at(-1)?.version ?? 0,
    save: (schoolId: number, version: number, wrapped: Uint8Array) =>
      void rows.push({ schoolId, version, wrapped }),
  };
  return { keyring, store, keys: new SchoolKeys(keyring, store) };
}

test("each school has its own 256-bit key, made on first use", async (t) => {
  const rows: Row[] = [];
  const { keys } = await keysOver(t, rows);
  const one = await keys.current(idOfSchool(1));
  const two = await keys.current(idOfSchool(2));
  assert.equal(one.key.length, 32);
  assert.equal(one.version, 1);
  assert.notDeepEqual(one.key, two.key);
  assert.deepEqual(rows.map((row) => row.schoolId), [1, 2]);
});

test("a school's key is stored only wrapped, for this school and version", async (t) => {
  const rows: Row[] = [];
  const { keys, keyring } = await keysOver(t, rows);
  const { key } = await keys.current(idOfSchool(7));
  assert.equal(Buffer.from(rows[0]!.wrapped).includes(Buffer.from(key)), false);
  const unwrapped = await keyring.unwrap(rows[0]!.wrapped, "school:7:1");
  assert.deepEqual(Buffer.from(unwrapped), Buffer.from(key));
});

test("the key is the same for callers at once and after a restart", async (t) => {
  const rows: Row[] = [];
  const { keys, keyring, store } = await keysOver(t, rows);
  const [one, two] = await Promise.all([keys.current(idOfSchool(1)), keys.current(idOfSchool(1))]);
  assert.equal(rows.length, 1);
  assert.deepEqual(one, two);
  const restarted = new SchoolKeys(keyring, store);
  assert.deepEqual(Buffer.from((await restarted.current(idOfSchool(1))).key), Buffer.from(one.key));
});

test("the newest version is current, and older versions can still be had", async (t) => {
  const rows: Row[] = [];
  const { keys, keyring } = await keysOver(t, rows);
  const first = await keys.current(idOfSchool(1));
  const rotated = randomBytes(32);
  rows.push({ schoolId: 1, version: 2, wrapped: await keyring.wrap(rotated, "school:1:2") });
  const now = await keys.current(idOfSchool(1));
  assert.equal(now.version, 2);
  assert.deepEqual(Buffer.from(now.key), rotated);
  assert.deepEqual(Buffer.from(await keys.version(idOfSchool(1), 1)), Buffer.from(first.key));
});

test("a version that a school does not have is an error that names both", async (t) => {
  const { keys } = await keysOver(t, []);
  await assert.rejects(keys.version(idOfSchool(3), 9), /School 3 has no storage key of version 9/);
});

test("a wrapped key moved to another school does not open", async (t) => {
  const rows: Row[] = [];
  const { keys } = await keysOver(t, rows);
  await keys.current(idOfSchool(1));
  rows.push({ ...rows[0]!, schoolId: 2 });
  await assert.rejects(keys.current(idOfSchool(2)), { name: "KeyringError" });
});

test("a key is unwrapped once while it is in use, and a keyring that failed is asked again", async (t) => {
  const rows: Row[] = [];
  const { keyring, store, keys } = await keysOver(t, rows);
  await keys.current(idOfSchool(1));
  let asked = 0;
  let isAway = true;
  const counting: Keyring = {
    wrap: (plain, context) => keyring.wrap(plain, context),
    unwrap: async (wrapped, context) => {
      asked++;
      if (isAway) throw new Error("the keyring is away");
      return keyring.unwrap(wrapped, context);
    },
    check: () => keyring.check(),
    close: () => keyring.close(),
  };
  const restarted = new SchoolKeys(counting, store);
  await assert.rejects(restarted.current(idOfSchool(1)), /away/);
  isAway = false;
  await Promise.all([
    restarted.current(idOfSchool(1)),
    restarted.current(idOfSchool(1)),
    restarted.version(idOfSchool(1), 1),
  ]);
  await restarted.current(idOfSchool(1));
  assert.equal(asked, 2);
});
