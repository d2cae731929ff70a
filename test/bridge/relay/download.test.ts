// DESIGN, the vault: what the worker has for a home is known by its hash, so that it can be verified.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { HEADER, roster, wholeWay } from "./whole-way.ts";
import { until } from "../../until.ts";

/** Rows that are all rejected, so that the report grows out of the catalog into a file. */
const BAD = HEADER + roster(2_000).slice(HEADER.length).replaceAll("@", " at ");

test("reports, rejected rows and exports are in the catalog with the hash of their bytes", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  way.start();
  await way.accept(schoolId, "roster.csv", roster(3));
  await way.accept(schoolId, "bad.csv", BAD);
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.length === 0);
  assert.equal((await way.app.admin("POST", "/admin/schools/oak/exports")).status, 201);
  const { catalog, keeper } = way.homes;
  await until(() => catalog.list(schoolId, "/outbound").length === 1);

  const files = [...catalog.list(schoolId, "/inbound"), ...catalog.list(schoolId, "/outbound")]
    .map(({ id }) => catalog.file(id)!);
  assert.deepEqual(files.map(({ path }) => path.split(".").at(-1)).toSorted(), [
    ...["completed", "completed", "csv", "original", "original", "rejected"],
  ]);
  for (const file of files) {
    const { blob, release } = await keeper.vault.use(file);
    const bytes = await blob.read(0, file.size);
    await release();
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    assert.equal(file.sha256, sha256, file.path);
  }
});
