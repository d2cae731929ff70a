// SPEC section 2 and DESIGN: what is deleted is gone, and what is not yet is said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("a purge whose bridge never returns", (database) => {
  test("the answer says what it waits for; an administrator ends it without that bridge, audited", async () => {
    const app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "oak", name: "Oak" });
    const none = await app.admin("GET", "/admin/schools/oak/purge");
    assert.deepEqual([none.status, none.body.code], [409, "not_purging"]);
    const by = teller();
    await app.bridge("POST", "/bridge/listen", {
      ...{ directoryVersion: 0, commands: [], room: 10, waitMs: 0 },
    }, by.headers);

    const begun = await app.admin("DELETE", "/admin/schools/oak?confirm=oak");
    assert.equal(begun.status, 202);
    const [waits] = begun.body.waitsFor;
    assert.deepEqual([waits.bridge, waits.why], ["default", null]);
    assert.match(waits.seenAt, /^\d{4}-/);
    const { body: seen } = await app.admin("GET", "/admin/schools/oak/purge");
    assert.deepEqual(seen, begun.body);

    const unsure = await app.admin("DELETE", "/admin/schools/oak/purge");
    assert.deepEqual([unsure.status, unsure.body.code], [400, "confirm_missing"]);
    assert.match(unsure.body.detail, /without default: what is on the disk/);
    const ended = await app.admin("DELETE", "/admin/schools/oak/purge?confirm=oak");
    assert.deepEqual(ended.body, { slug: "oak", state: "deleted", givenUp: ["default"] });
    assert.equal((await app.admin("GET", "/admin/schools/oak")).status, 404);
    assert.equal(
      (await app.admin("POST", "/admin/schools", { slug: "oak", name: "O" })).status,
      201,
    );
    const { rows } = await database().client.execute(
      "SELECT action FROM audit WHERE action LIKE 'school.purge%' OR action = 'school.deleted' ORDER BY id",
    );
    assert.deepEqual(rows.map((row) => row["action"]), [
      "school.purge_started",
      "school.purge_given_up",
      "school.deleted",
    ]);
  });
});
