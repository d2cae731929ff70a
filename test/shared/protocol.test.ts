// DESIGN, the wire can evolve: what a newer side says is read for what this one understands of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { takes, takingOf } from "../../bridge/schools/lanes.ts";
import {
  AnyEvent,
  CommandDone,
  Directory,
  ListenAnswer,
  UploadPosition,
} from "../../shared/protocol.ts";

test("states, members and commands of a newer worker break no answer", () => {
  const position = { state: "pondering", pass: "weigh", offset: 0, mood: "calm" };
  assert.equal(v.parse(UploadPosition, position).state, "pondering");
  const answer = { commands: [{ type: "dance" }, 7], directory: { version: 1, schools: [] } };
  assert.equal(v.parse(ListenAnswer, { ...answer, weather: "fine" }).commands.length, 2);
});

test("what an older side does not say has its default", () => {
  const school = { id: 1, slug: "oak", keys: [] };
  const { schools: [read] } = v.parse(Directory, { version: 1, schools: [school] });
  assert.deepEqual([read!.suspended, read!.revoked], [false, []]);
  assert.deepEqual(read!.lanes, [{ lane: "roster", patterns: ["*.csv"] }]);
  assert.equal(v.parse(UploadPosition, { state: "accepted", offset: 0 }).pass, "apply");
  const done = { id: "0b1d9e60-0000-4000-8000-000000000001", at: "2026-11-22T10:00:00Z" };
  assert.equal(v.parse(CommandDone, done).outcome, "done");
  const event = { ...done, schoolId: 1, type: "weather", sky: "blue" };
  assert.equal(v.parse(AnyEvent, event)["sky"], "blue");
});

test("a packed file is taken where it is known how it is packed, and left alone where not", () => {
  const packed = [
    { pattern: "*.csv.xz", as: "xz", entry: "*" },
    { pattern: "*.zip", as: "zip", entry: "*.csv" },
  ];
  const lanes = [{ lane: "roster", patterns: ["*.csv"], packed }];
  assert.deepEqual(takingOf(lanes, "A.CSV"), { lane: "roster", packing: null });
  const packing = { as: "zip", entry: "*.csv" };
  assert.deepEqual(takingOf(lanes, "a.csv.zip"), { lane: "roster", packing });
  assert.equal(takingOf(lanes, "a.csv.xz"), undefined);
});

test("a lane's pattern takes whole names, whatever their letter case", () => {
  for (const name of ["a.csv", "A.CSV", ".csv", "a.b.csv"]) assert.ok(takes("*.csv", name), name);
  for (const name of ["a.csv.gz", "csv", "a.csv "]) assert.ok(!takes("*.csv", name), name);
  assert.ok(takes("in-*-*.hl7", "IN-1-2.hl7"));
  assert.ok(!takes("ab*ba", "aba"));
  assert.ok(!takes("*a*b", `${"a".repeat(10_000)}c`));
});
