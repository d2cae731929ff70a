// What a bridge's calls ask of the database costs the same however many other rows there are.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { appUnderTest, bridgeHeaders, bridgeToken } from "../worker/app-under-test.ts";
import { scans, watched } from "../worker/database/asked.ts";
import { goldenWorker } from "./golden-worker.ts";

test("no statement of the bridge's calls reads a whole table", async () => {
  await using golden = await goldenWorker();
  const { database } = golden.app.context;
  const { client, asked } = watched(database);
  const { app } = appUnderTest(client);
  const folder = new URL("protocol-1/", import.meta.url);
  const made = await golden.app.admin("POST", "/admin/schools/oak/exports");
  for (const name of (await readdir(folder)).toSorted()) {
    // The download in the events is of an export that there is.
    const text = (await readFile(new URL(name, folder), "utf8"))
      .replaceAll("0b1d9e60-0000-4000-8000-000000000008", made.body.id);
    const { method, path, body } = JSON.parse(text).request;
    const response = await app.fetch(
      new Request(`http://worker.test${path}`, {
        method,
        headers: { authorization: `Bearer ${bridgeToken}`, ...bridgeHeaders },
        ...(body === null ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    await response.text();
  }
  const statements = [...asked.keys()];
  for (const word of ["FROM commands WHERE bridge", "SET downloaded_at", "SET outcome"]) {
    assert.ok(statements.some((sql) => sql.includes(word)), word);
  }
  const found = await scans(database, asked.values());
  assert.deepEqual(found.filter((scan) => !allowed.some((pattern) => pattern.test(scan))), []);
});

/** Scans that are bounded by something else. */
const allowed = [
  // A table of one row.
  /^directory\b/,
  // Indexes that hold only what is to be done.
  / USING (?:COVERING )?INDEX (?:exports_making|schedules_ready|checks_paused|reverts_under_way|commands_purging)\b/,
];
