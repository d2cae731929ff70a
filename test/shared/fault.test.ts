import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFault } from "../../shared/fault.ts";

test("a fault says what kind and where, leaves the log's line its time, and never has its message", () => {
  const at = "2026-11-21T10:15:30.123Z";
  const line = { at, event: "sftp.fault", ...describeFault(new TypeError("ana@college.edu")) };
  assert.equal(line.at, at);
  const { error, where } = line as Record<string, unknown>;
  assert.equal(error, "TypeError");
  assert.match((where as string[])[0]!, /^at .*fault\.test\.ts/);
  assert.ok(!JSON.stringify(line).includes("ana@college.edu"));
});
