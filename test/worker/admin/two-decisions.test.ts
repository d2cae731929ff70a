// SPEC section 3: who may try an upload again or give it up, when two decide at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId, UploadId } from "../../../shared/protocol.ts";
import { discardUpload, retryUpload } from "../../../worker/database/school/decisions.ts";
import { plainTerms } from "../../../worker/roster/terms.ts";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

const by = { actor: "ADMIN_TOKEN", at: "2026-11-22T10:15:31.000Z" };

eachDatabase("two administrators decide about one upload", (database) => {
  /** An upload of which rows wait for the end of the file. */
  async function upload(slug: string, state: string) {
    const { client } = database();
    await appUnderTest(client).admin("POST", "/admin/schools", { slug, name: slug });
    const { rows: [school] } = await client.execute("SELECT max(id) FROM schools");
    const schoolId = Number(school![0]) as SchoolId;
    const id = crypto.randomUUID() as string as UploadId;
    await client.batch([
      {
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at, next_offset)
              VALUES (?, ?, 'roster.csv', '20261122T101530123Z', ?, 100, '', '', '', '', ?, 50)`,
        args: [id, schoolId, state, by.at],
      },
      { sql: "INSERT INTO rosters (upload_id, deferred) VALUES (?, 1)", args: [id] },
      {
        sql: `INSERT INTO deferred_rows (upload_id, offset, rows, claims, bytes)
              VALUES (?, 10, '[]', '[[],[],[],[]]', x'00')`,
        args: [id],
      },
    ], "write");
    const count = async (table: string, column: string, value: string | number) =>
      Number(
        (await client.execute({
          sql: `SELECT count(*) FROM ${table} WHERE ${column} = ?`,
          args: [value],
        })).rows[0]![0],
      );
    return {
      upload: { id, schoolId, name: "roster.csv", bridge: "default" },
      left: async () => ({
        waiting: await count("deferred_rows", "upload_id", id),
        problems: await count("problems", "upload_id", id),
        commands: await count("commands", "school_id", schoolId),
        told: await count("occurrences", "school_id", schoolId),
      }),
    };
  }

  test("who gives it up after it goes on again takes none of its rows away", async () => {
    const { client } = database();
    const it = await upload("goes-on", "processing");
    const decision = { commandId: crypto.randomUUID(), reason: null, message: "given up" };
    assert.equal(await discardUpload(client, it.upload, decision, by), false);
    assert.deepEqual(await it.left(), { waiting: 1, problems: 0, commands: 0, told: 0 });
    const retry = { terms: plainTerms, commandId: crypto.randomUUID(), reason: null };
    assert.equal(await retryUpload(client, it.upload, retry, by), false);
    assert.deepEqual(await it.left(), { waiting: 1, problems: 0, commands: 0, told: 0 });
  });

  test("the first to decide is heard", async () => {
    const { client } = database();
    const it = await upload("stands", "parked");
    const decision = { commandId: crypto.randomUUID(), reason: null, message: "given up" };
    assert.equal(await discardUpload(client, it.upload, decision, by), true);
    assert.deepEqual(await it.left(), { waiting: 0, problems: 1, commands: 1, told: 1 });
  });
});
