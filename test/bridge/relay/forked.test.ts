// DESIGN, the wire: a bridge whose catalog was put back from a backup is another bridge from there on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sender } from "../home/keeper.ts";
import { wholeWay } from "./whole-way.ts";
import { until } from "../../until.ts";

test("numbers that the worker knows with other words: the bridge takes a new id and tells all of them", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  const { catalog } = way.homes;
  const login = (address: string) => catalog.ledger.recordLogin(schoolId, { ...sender, address });
  const { rows: none } = await way.app.context.database.execute("SELECT 1 FROM ledger");
  assert.equal(none.length, 0);
  const before = catalog.identity.id;
  // What the worker heard of this bridge's events after the backup was made.
  const other = {
    id: "0b1d9e60-0000-4000-8000-000000000101",
    at: "2026-11-22T10:00:00Z",
    schoolId,
  };
  const text = JSON.stringify({ ...other, type: "login", sender });
  const first = await way.app.bridge("POST", "/bridge/events", {
    events: [{ number: 1, previous: "", text }],
    done: [],
  }, { "rosterbridge-bridge": before });
  assert.equal(first.status, 200);

  login("192.0.2.1");
  login("192.0.2.2");
  way.start();
  await until(() => catalog.ledger.events(10).length === 0);
  const after = catalog.identity.id;
  assert.notEqual(after, before);
  const { rows } = await way.app.context.database.execute(
    "SELECT bridge_id, event FROM ledger ORDER BY at, number",
  );
  const ofBridge = (id: string) => rows.filter((row) => row["bridge_id"] === id).length;
  assert.deepEqual([ofBridge(before), ofBridge(after)], [1, 2]);
  assert.ok(way.logs.some(({ event }) => event === "ledger.began_anew"));
});
