// STYLE: what crosses a version is read leniently, written exactly, numbered, and kept.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "libsql";
import { Catalog } from "../../../../bridge/vault/catalog/catalog.ts";
import { CATALOG_VERSION, CatalogTooNew } from "../../../../bridge/vault/catalog/migrations.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { files, makeVersion0, sender } from "./version-0.ts";
import { idOfSchool } from "../../school-id.ts";

const at = () => 1_795_256_200_000;

function versionOf(file: string): number {
  const database = new Database(file);
  try {
    const row = database.prepare("PRAGMA user_version").get([]);
    return (row as { user_version: number }).user_version;
  } finally {
    database.close();
  }
}

test("a catalog of the version before opens with all that was in it", async (t) => {
  const file = join(await temporaryFolder(t), "catalog.db");
  makeVersion0(file);
  const catalog = new Catalog(file, at);
  try {
    assert.equal(Object.keys(files).length, 6);
    for (const path of Object.keys(files)) {
      const found = catalog.find(idOfSchool(1), path);
      assert.equal(found?.size, 10, path);
      assert.equal(found.modifiedAt, 1.5);
      assert.deepEqual(found.sender, sender);
    }
    const inState = (state: "partial" | "closed" | "processing") =>
      catalog.filesInState(state).map(({ path }) => path.split("/")[2]!.split(".").at(-1));
    assert.deepEqual(inState("partial"), ["csv"]);
    assert.deepEqual(inState("closed"), ["csv", "original", "completed"], "settle once more");
    assert.deepEqual(inState("processing"), ["processing"]);
    assert.equal(catalog.file(catalog.list(idOfSchool(1), "/outbound")[0]!.id)?.state, "kept");
    assert.deepEqual(catalog.outbox().map(({ name, sha256 }) => ({ name, sha256 })), [
      { name: "waiting.csv", sha256: null },
    ]);
    assert.deepEqual(catalog.directory.get(), { version: 3, schools: [] });
    assert.deepEqual(catalog.keys.load(idOfSchool(1)).map(({ version }) => version), [1]);
    assert.deepEqual(catalog.doomedBlobs(), ["f".repeat(32)]);
    assert.equal(catalog.ledger.events(10)[0]?.event.type, "login");
    assert.equal(catalog.commands.some(10).length, 1);
  } finally {
    catalog.close();
  }
  assert.equal(versionOf(file), CATALOG_VERSION);
  new Catalog(file, at).close();
});

test("a catalog of a newer bridge is refused, and left as it is", async (t) => {
  const file = join(await temporaryFolder(t), "catalog.db");
  new Catalog(file, at).close();
  const database = new Database(file);
  database.exec(`PRAGMA user_version = ${CATALOG_VERSION + 1}`);
  database.close();
  assert.throws(() => new Catalog(file, at), CatalogTooNew);
  assert.equal(versionOf(file), CATALOG_VERSION + 1);
});
