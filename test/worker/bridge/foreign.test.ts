// SPEC section 11: a bridge's token opens the bridge's calls for its schools only.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest, bridgeToken } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { teller } from "./told.ts";

eachDatabase("two bridges", (database) => {
  test("a bridge cannot take an export of another's school, nor say that it was delivered", async () => {
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
    const file = `/bridge/exports/${made.body.id}/file`;
    assert.equal((await app.bridge("GET", file, undefined, headers)).status, 404);
    await app.bridge("POST", "/bridge/events", acknowledged);
    assert.equal(await state(), "delivered");
  });

  test("what a bridge tells of another's school is no receipt, no file and no line of the ledger", async () => {
    const { client } = database();
    const other = "another-token-02";
    const bridges = [{ name: "default", token: bridgeToken }, { name: "other", token: other }];
    const app = appUnderTest(client, { bridges });
    await app.admin("POST", "/admin/schools", { slug: "told", name: "Told" });
    const { body: made } = await app.admin("POST", "/admin/schools/told/exports");
    const { rows: [school] } = await client.execute("SELECT id FROM schools WHERE slug = 'told'");
    const of = {
      ...{ schoolId: Number(school!["id"]), uploadId: null, at: "2026-11-22T10:15:31.000Z" },
      path: `/outbound/${made.name}`,
      sender: { fingerprint: "SHA256:x", address: "192.0.2.7", client: "" },
    };
    const events = () => [
      { ...of, id: crypto.randomUUID(), type: "file", state: "kept", size: 1, why: null },
      { ...of, id: crypto.randomUUID(), type: "download", exportId: made.id },
    ];
    const told = async (headers: Record<string, string>) => {
      const bridge = teller();
      const body = { events: bridge.tell(...events()), done: [] };
      const answer = await app.bridge("POST", "/bridge/events", body, {
        ...bridge.headers,
        ...headers,
      });
      assert.deepEqual(answer.body, { through: 2 });
      const { body: stored } = await app.admin("GET", `/admin/exports/${made.id}`);
      const { body: files } = await app.admin("GET", "/admin/schools/told/files");
      const { rows } = await client.execute({
        sql: "SELECT 1 FROM ledger WHERE school_id = ?",
        args: [of.schoolId],
      });
      return [stored.state, files.items.length, rows.length];
    };
    assert.deepEqual(await told({ authorization: `Bearer ${other}` }), ["pending", 0, 0]);
    assert.deepEqual(await told({}), ["downloaded", 1, 2]);
  });
});
