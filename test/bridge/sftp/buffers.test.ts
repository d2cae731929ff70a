import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBack, takeBuffer } from "../../../bridge/sftp/buffers.ts";

test("a buffer that is given back twice is taken once, and what was not taken here never", () => {
  const buffer = takeBuffer();
  giveBack(buffer.subarray(10, 20));
  giveBack(buffer);
  giveBack(Buffer.allocUnsafeSlow(buffer.length));
  const again = takeBuffer();
  assert.equal(again.buffer, buffer.buffer);
  assert.equal(again.length, buffer.length);
  assert.notEqual(takeBuffer().buffer, buffer.buffer);
});
