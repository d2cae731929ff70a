// SPEC section 1: a school that is deleted goes on its bridge too; where that failed it is asked again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("a purge that the bridge could not do", (database) => {
  test("is asked for again when the school is deleted again, and ends", async () => {
    const app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "gone", name: "Gone" });
    const remove = async () => {
      const { status } = await app.admin("DELETE", "/admin/schools/gone?confirm=gone");
      assert.equal(status, 202);
    };
    const asked = async () => {
      const request = { directoryVersion: null, commands: [], room: 10, waitMs: 0 };
      const { body } = await app.bridge("POST", "/bridge/listen", request);
      return body.commands.map(({ id }: { id: string }) => id);
    };
    const say = async (id: string, outcome: string) => {
      const done = [{ id, at: "2026-11-22T10:00:00.000Z", outcome, why: "the disk is full" }];
      const { status } = await app.bridge("POST", "/bridge/events", { events: [], done });
      assert.equal(status, 200);
    };
    await remove();
    const [id] = await asked();
    await say(id, "failed");
    assert.deepEqual(await asked(), []);
    await remove();
    assert.deepEqual(await asked(), [id]);
    await say(id, "done");
    assert.equal((await app.admin("GET", "/admin/schools/gone")).status, 404);
  });
}, { only: ["file:", "http:"] });
