// SPEC section 11: a bridge's token opens the bridge's calls for its schools only.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest, bridgeToken } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("two bridges", (database) => {
  test("a bridge cannot say that an export of another's school was delivered", async () => {
    const { client } = database();
    const other = "another-token-01";
    const bridges = [
      { name: "default", token: bridgeToken },
      { name: "other", token: other },
    ];
    const app = appUnderTest(client, { bridges });
    await app.admin("POST", "/admin/schools", { slug: "own", name: "Own" });
    const made = await app.admin("POST", "/admin/schools/own/exports");
    assert.equal(made.status, 201);
    const { rows: [command] } = await client.execute("SELECT id FROM commands");
    const acknowledged = {
      ...{ events: [] },
      done: [{ id: command!["id"], at: "2026-11-22T10:15:31.000Z", outcome: "done", why: null }],
    };
    const state = async () => (await app.admin("GET", `/admin/exports/${made.body.id}`)).body.state;
    const headers = { authorization: `Bearer ${other}` };
    const foreign = await app.bridge("POST", "/bridge/events", acknowledged, headers);
    assert.equal(foreign.status, 200);
    assert.equal(await state(), "pending");
    await app.bridge("POST", "/bridge/events", acknowledged);
    assert.equal(await state(), "delivered");
  });
});
