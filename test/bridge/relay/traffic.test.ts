// What crosses the line for a file: the bridge sends what the worker can take, and little of it twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HEADER, wholeWay } from "./whole-way.ts";
import { until } from "../../until.ts";

test("a file of short lines crosses about once, though a slice takes so many records only", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  // 5,000 records are a slice: 10 KB of these, where a slice may have 512 KiB.
  const file = `${HEADER}\n${"x\n".repeat(250_000)}`;
  let sent = 0;
  way.between = async (request) => {
    if (request.method === "PUT") sent += (await request.clone().arrayBuffer()).byteLength;
    return undefined;
  };
  await way.accept(schoolId, "short.csv", file);
  way.start();
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.length === 0);
  const [{ state, rows }] = await way.uploads("oak");
  assert.deepEqual([state, rows.read, rows.unprocessed], ["completed", 50_000, 200_000]);
  // The first slice is sent before the worker has said anything.
  assert.ok(sent < file.length * 1.5 + 512 * 1024, `${sent} bytes for ${file.length}`);
});
