import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileKeyring } from "../../../../bridge/vault/keys/keyring.ts";
import { keyringContract } from "./keyring-contract.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const folders = new WeakMap<TestContext, Promise<string>>();

function folderOf(t: TestContext): Promise<string> {
  const folder = folders.get(t) ?? temporaryFolder(t);
  folders.set(t, folder);
  return folder;
}

keyringContract(
  "the file keyring",
  async (t) => fileKeyring(join(await folderOf(t), "master-key")),
  async (t) => fileKeyring(join(await folderOf(t), "another-key")),
);

test("the master key is made on first start: 32 bytes, mode 0600, nothing else left beside it", async (t) => {
  const folder = join(await temporaryFolder(t), "data", "bridge");
  await fileKeyring(join(folder, "master-key"));
  const stats = await stat(join(folder, "master-key"));
  assert.equal(stats.size, 32);
  assert.equal(stats.mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(folder), ["master-key"]);
});

test("a master key that is there is never replaced, also not by two starts at once", async (t) => {
  const file = join(await temporaryFolder(t), "master-key");
  const [one, two] = await Promise.all([fileKeyring(file), fileKeyring(file)]);
  const before = await readFile(file);
  const wrapped = await one.wrap(Buffer.from("a key"), "context");
  assert.equal(Buffer.from(await two.unwrap(wrapped, "context")).toString(), "a key");
  await fileKeyring(file);
  assert.deepEqual(await readFile(file), before);
});

test("a master key that others may read is refused, and the message says what mode it must have", async (t) => {
  const file = join(await temporaryFolder(t), "master-key");
  await fileKeyring(file);
  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    await chmod(file, mode);
    await assert.rejects(fileKeyring(file), (error: Error) => {
      assert.equal(error.name, "KeyringError");
      assert.match(error.message, new RegExp(`has mode 0${mode.toString(8)}.*must be 0600`));
      assert.equal(error.message.includes("\n"), false);
      return true;
    });
  }
});

test("a master key of a wrong length is refused and kept", async (t) => {
  const file = join(await temporaryFolder(t), "master-key");
  await fileKeyring(file);
  await truncate(file, 31);
  await assert.rejects(fileKeyring(file), /has 31 bytes; it must have exactly 32/);
  assert.equal((await stat(file)).size, 31);
  await writeFile(file, "");
  await assert.rejects(fileKeyring(file), /has 0 bytes/);
});

test("a folder in the master key's place is refused", async (t) => {
  const file = join(await temporaryFolder(t), "master-key");
  await mkdir(file, { mode: 0o700 });
  await assert.rejects(fileKeyring(file), /is not a regular file/);
});
