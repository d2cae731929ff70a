import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { isMigrated, migrate } from "../../../worker/database/migrate.ts";
import type { Migration } from "../../../worker/database/migrations/migration.ts";
import { migrations } from "../../../worker/database/migrations/index.ts";
import { uploadById } from "../../../worker/database/school/uploads.ts";
import { applySlice } from "../../../worker/intake/apply.ts";
import { rejectedStream } from "../../../worker/intake/results.ts";
import { header } from "../roster/world.ts";
import { eachDatabase } from "./each-database.ts";

const now = "2026-11-22T10:15:30.123Z";

eachDatabase("migrations", (database) => {
  test("are applied once, however many workers start at the same time", async () => {
    const { url } = database();
    const workers = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url })));
    const applied = await Promise.all(workers.map((worker) => migrate(worker, now)));
    assert.deepEqual(
      applied.flat().toSorted((a, b) => a - b),
      migrations.map(({ number }) => number),
    );
    assert.ok(await isMigrated(database().client));
    assert.deepEqual(await migrate(workers[0]!, now), []);
    for (const worker of workers) worker.close();
  });

  test("one that fails leaves nothing behind, and those before it stay", async () => {
    const { client } = database();
    const good: Migration = { number: 101, name: "good", statements: ["CREATE TABLE good (id)"] };
    const bad: Migration = {
      number: 102,
      name: "bad",
      statements: ["CREATE TABLE half (id)", "CREATE TABLE half (id)"],
    };
    await assert.rejects(migrate(client, now, [good, bad]));
    const tables = await client.execute(
      "SELECT name FROM sqlite_master WHERE name IN ('good', 'half')",
    );
    assert.deepEqual(tables.rows.map((row) => row[0]), ["good"]);
    assert.deepEqual(await migrate(client, now, [good]), []);
  });
}, { migrated: false });

eachDatabase("an older database", (database) => {
  test("an upload under way goes on after its counters went into a table of their own", async () => {
    const { client } = database();
    await migrate(client, now, migrations.slice(0, 9));
    const file = `${header}ana@x.edu,,,,,,,,1\r\nbad,,,,,,,,1\r\nbo@x.edu,,,,,,,,1\r\n`;
    const bytes = new TextEncoder().encode(file);
    const offset = file.indexOf("bo@");
    const id = "0b1d9e60-0000-4000-8000-000000000007";
    await client.batch([
      "INSERT INTO schools (id, slug, name, settings, created_at) VALUES (7, 'oak', 'Oak', '{}', '')",
      {
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at, next_offset, next_line, header, read, added, rejected,
                problems)
              VALUES (?, 7, 'roster.csv', '20261122T101530123Z', 'processing', ?, '', 'SHA256:f',
                '192.0.2.7', 'WinSCP', ?, ?, 4, ?, 2, 1, 1, 1)`,
        args: [id, bytes.length, now, offset, new TextEncoder().encode(header)],
      },
      {
        sql: "INSERT INTO rejected_records (upload_id, offset, bytes) VALUES (?, ?, ?)",
        args: [id, file.indexOf("bad"), new TextEncoder().encode("bad,,,,,,,,1\r\n")],
      },
    ], "write");
    assert.deepEqual((await migrate(client, now)).slice(0, 1), [10]);
    const slice = { id, bridge: "default", school: 7, pass: "apply", offset };
    const options = { database: client, sliceRows: 10, now: 0 };
    await applySlice({ ...slice, bytes: bytes.subarray(offset) }, options);
    const stored = await uploadById(client, id);
    assert.equal(stored!.state, "completed");
    assert.deepEqual(stored!.rows, {
      ...{ read: 3, added: 2, updated: 0, unchanged: 0, rejected: 1, warnings: 0, unprocessed: 0 },
    });
    assert.deepEqual(stored!.sender, {
      ...{ fingerprint: "SHA256:f", address: "192.0.2.7", client: "WinSCP" },
    });
    const rejected = await new Response(rejectedStream(client, id)).text();
    assert.equal(rejected, `${header}bad,,,,,,,,1\r\n`);
  });

  test("a row that waits for the end of its file still takes effect after the rows of a slice went into one", async () => {
    const { client } = database();
    await client.execute("DELETE FROM migrations WHERE number IN (28, 32)");
    await client.batch([
      "DROP INDEX reverts_by_school",
      "DROP TABLE deferred_rows",
      `CREATE TABLE deferred_rows (upload_id TEXT NOT NULL, line INTEGER NOT NULL,
        offset INTEGER NOT NULL, username_key TEXT NOT NULL, student_id TEXT, row TEXT NOT NULL,
        bytes BLOB NOT NULL, PRIMARY KEY (upload_id, line))`,
    ], "write");
    const file = `${header}Bo@x.edu,S1,,,,,,,1\r\ncy@x.edu,S2,,,,,,,1\r\n`;
    const bytes = new TextEncoder().encode(file);
    const id = "0b1d9e60-0000-4000-8000-000000000008";
    const row = (line: number, username: string, studentId: string) => ({
      sql: "INSERT INTO deferred_rows VALUES (?, ?, ?, ?, ?, ?, ?)",
      args: [
        ...[id, line, file.indexOf(username), username.toLowerCase(), studentId],
        JSON.stringify({
          line,
          usernameKey: username.toLowerCase(),
          username,
          studentId,
          onCampus: 1,
        }),
        new TextEncoder().encode(`${username},${studentId},,,,,,,1\r\n`),
      ],
    });
    await client.batch([
      "INSERT INTO schools (id, slug, name, settings, created_at) VALUES (8, 'elm', 'Elm', '{}', '')",
      {
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at, next_offset)
              VALUES (?, 8, 'r.csv', '20261122T101530124Z', 'processing', ?, '', '', '', '', ?, ?)`,
        args: [id, bytes.length, now, bytes.length],
      },
      { sql: "INSERT INTO rosters (upload_id, read, deferred) VALUES (?, 2, 2)", args: [id] },
      "INSERT INTO students (school_id, username_key, username, student_id) VALUES (8, 'ana', 'Ana', 'S2')",
      row(2, "Bo@x.edu", "S1"),
      row(3, "cy@x.edu", "S2"),
    ], "write");
    assert.deepEqual((await migrate(client, now)).slice(0, 1), [28]);
    const slice = { id, bridge: "default", school: 8, pass: "apply", offset: bytes.length };
    const options = { database: client, sliceRows: 10, now: 0 };
    await applySlice({ ...slice, bytes: new Uint8Array() }, options);
    const { added, rejected } = (await uploadById(client, id))!.rows;
    assert.deepEqual({ added, rejected }, { added: 1, rejected: 1 });
    const records = await client.execute({
      sql: "SELECT offset, bytes FROM rejected_records WHERE upload_id = ?",
      args: [id],
    });
    assert.equal(records.rows[0]!["offset"], file.indexOf("cy@"));
    const kept = new TextDecoder().decode(records.rows[0]!["bytes"] as ArrayBuffer);
    assert.equal(kept, "cy@x.edu,S2,,,,,,,1\r\n");
  });
}, { migrated: false });

test("migrations are numbered from 1 without a gap", () => {
  assert.deepEqual(migrations.map(({ number }) => number), migrations.map((_, index) => index + 1));
});
