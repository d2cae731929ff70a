import assert from "node:assert/strict";
import { test } from "node:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Blob, newBlobId } from "../../../../bridge/vault/blob/blob.ts";

const CHUNK = 64 * 1024;
const MAX_BYTES = 5 * CHUNK;

/** Positions near the edges of chunks, where mistakes are. */
const position = fc.tuple(fc.nat(4), fc.integer({ min: -3, max: 3 }), fc.boolean(), fc.nat(CHUNK))
  .map(([chunk, near, isNear, far]) => Math.max(0, chunk * CHUNK + (isNear ? near : far)));
const length = fc.oneof(fc.nat(10), fc.nat(1000), fc.constant(CHUNK), fc.nat(2 * CHUNK));

const call = fc.oneof(
  fc.record({
    type: fc.constant("write" as const),
    offset: position,
    length,
    value: fc.nat(255),
  }),
  fc.record({ type: fc.constant("read" as const), offset: position, length }),
  fc.record({ type: fc.constant("truncate" as const), size: position }),
  fc.record({ type: fc.constantFrom("sync" as const, "reopen" as const, "verify" as const) }),
);

test("a blob reads as plain bytes in memory would, whatever calls are made of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-vault-"));
  const key = new Uint8Array(32).fill(7);
  const options = { maxBytes: MAX_BYTES, slackBytes: CHUNK };
  const property = fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
    const id = newBlobId();
    let blob = await Blob.create(folder, id, key, options);
    let model = Buffer.alloc(0);
    const resized = (size: number) => Buffer.concat([model, Buffer.alloc(CHUNK * 12)], size);
    try {
      for (const call of calls) {
        if (call.type === "read") {
          const { offset, length } = call;
          assert.deepEqual(
            await blob.read(offset, length),
            model.subarray(offset, offset + length),
          );
        } else if (call.type === "write") {
          const end = call.offset + call.length;
          // Different bytes at each place, so that a shifted chunk is seen.
          const bytes = Buffer.alloc(call.length).map((_, at) => call.value + at * 7);
          if (end > MAX_BYTES) {
            await assert.rejects(blob.write(call.offset, bytes), { name: "BlobTooLarge" });
          } else {
            await blob.write(call.offset, bytes);
            if (end > model.length && call.length > 0) model = resized(end);
            model.set(bytes, call.length > 0 ? call.offset : 0);
          }
        } else if (call.type === "truncate") {
          if (call.size > MAX_BYTES) {
            await assert.rejects(blob.truncate(call.size), { name: "BlobTooLarge" });
          } else {
            await blob.truncate(call.size);
            model = resized(call.size);
          }
        } else if (call.type === "sync") {
          await blob.sync();
        } else if (call.type === "verify") {
          assert.deepEqual((await blob.verify()).damaged, []);
        } else {
          await blob.close();
          blob = await Blob.open(folder, id, key, options);
        }
        assert.equal(blob.size, model.length);
      }
      await blob.close();
      blob = await Blob.open(folder, id, key, { ...options, readOnly: true });
      assert.deepEqual(await blob.read(0, MAX_BYTES), model);
    } finally {
      await blob.close();
    }
  });
  try {
    await fc.assert(property, { numRuns: 80 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
