// DESIGN, the wire: no event is lost when a bridge's catalog was put back to an older state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { teller } from "./told.ts";

const at = "2026-11-22T10:00:00.000Z";

eachDatabase("a catalog that was put back", (database) => {
  test("its events are not taken for those of a school that was deleted meanwhile", async () => {
    const { client } = database();
    const app = appUnderTest(client);
    const school = async (slug: string) => {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
      return Number((await client.execute("SELECT max(id) FROM schools")).rows[0]![0]);
    };
    const [kept, gone] = [await school("kept"), await school("gone")];
    const file = (schoolId: number, path: string) => ({
      ...{ id: crypto.randomUUID(), at, schoolId, type: "file", path },
      ...{ state: "complete", size: 1, sender: null },
    });
    const before = teller();
    const tell = (events: object[]) =>
      app.bridge("POST", "/bridge/events", { events, done: [] }, before.headers);
    const told = before.tell(file(gone, "/inbound/a.csv"), file(gone, "/inbound/b.csv"));
    assert.equal((await tell(told)).status, 200);
    await app.admin("DELETE", "/admin/schools/gone?confirm=gone");
    // Handed over once more, as after an answer that was lost, they are known.
    assert.deepEqual((await tell(told)).body, { through: 2 });
    const putBack = teller().tell(file(kept, "/inbound/new.csv"));
    const answer = await tell(putBack);
    assert.deepEqual([answer.status, answer.body.code], [409, "ledger_forked"]);
  });
});
