// DESIGN "Bytes: the vault": a small blob does what a blob in a file does, and grows into one.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Blob, BlobDamaged, newBlobId } from "../../../../bridge/vault/blob/blob.ts";
import { blobPath } from "../../../../bridge/vault/blob/files.ts";
import { SMALL_BYTES, SmallBlob, type SmallBlobHome } from "../../../../bridge/vault/blob/small.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** What a catalog keeps of one small blob. */
function homeIn(folder: string, id = newBlobId(), schoolKey = randomBytes(32)) {
  const kept: { sealed?: Buffer } = {};
  const home: SmallBlobHome = {
    id,
    schoolKey,
    random: randomBytes,
    put: (sealed) => void (kept.sealed = Buffer.from(sealed)),
    remove: () => void delete kept.sealed,
    makeFile: () => Blob.create(folder, id, schoolKey, { maxBytes: 2 ** 30 }),
  };
  const open = async () =>
    kept.sealed
      ? SmallBlob.open(home, kept.sealed)
      : await Blob.open(folder, id, schoolKey, { maxBytes: 2 ** 30 });
  return { home, kept, open };
}

type Step =
  | { do: "write"; offset: number; length: number }
  | { do: "truncate"; size: number }
  | { do: "read"; offset: number; length: number }
  | { do: "sync" }
  | { do: "reopen" };

const place = fc.nat({ max: SMALL_BYTES + 5_000 });
const few = fc.nat({ max: 3_000 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), offset: place, length: few }),
  fc.record({ do: fc.constant("write" as const), offset: few, length: few }),
  fc.record({ do: fc.constant("truncate" as const), size: place }),
  fc.record({ do: fc.constant("read" as const), offset: place, length: place }),
  fc.record({ do: fc.constant("sync" as const) }),
  fc.record({ do: fc.constant("reopen" as const) }),
);

test("whatever is done to it, small or grown, it has the bytes a plain file would have", async (t) => {
  const folder = await temporaryFolder(t);
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (todo) => {
      const { home, open } = homeIn(folder);
      let plain = Buffer.alloc(0);
      let blob: Awaited<ReturnType<typeof open>> = SmallBlob.create(home);
      const grownTo = (size: number) => {
        if (size > plain.length) plain = Buffer.concat([plain, Buffer.alloc(size - plain.length)]);
      };
      for (const step of todo) {
        if (step.do === "write") {
          const bytes = randomBytes(step.length);
          await blob.write(step.offset, bytes);
          if (step.length > 0) grownTo(step.offset + step.length);
          plain.set(bytes, step.length > 0 ? step.offset : 0);
        } else if (step.do === "truncate") {
          await blob.truncate(step.size);
          grownTo(step.size);
          plain = plain.subarray(0, step.size);
        } else if (step.do === "read") {
          const expected = plain.subarray(step.offset, step.offset + step.length);
          assert.deepEqual(await blob.read(step.offset, step.length), Buffer.from(expected));
        } else {
          await blob.sync();
          if (step.do === "sync") continue;
          await blob.close();
          blob = await open();
        }
        assert.equal(blob.size, plain.length);
      }
      assert.deepEqual(await blob.read(0, plain.length), Buffer.from(plain));
      await blob.close();
    }),
    { numRuns: 150 },
  );
});

test("writes that come while it grows into a file take effect in their order", async (t) => {
  const { home, open, kept } = homeIn(await temporaryFolder(t));
  const blob = SmallBlob.create(home);
  const bytes = randomBytes(300_000);
  await blob.write(0, bytes.subarray(0, 1000));
  const writes: Promise<void>[] = [];
  for (let at = 1000; at < bytes.length; at += 30_000) {
    writes.push(blob.write(at, bytes.subarray(at, at + 30_000)));
  }
  writes.push(blob.write(0, bytes.subarray(7, 8)));
  await Promise.all(writes);
  await blob.sync();
  await blob.close();
  assert.equal(kept.sealed, undefined);
  const again = await open();
  const expected = Buffer.concat([bytes.subarray(7, 8), bytes.subarray(1)]);
  assert.deepEqual(await again.read(0, 1_000_000), expected);
  await again.close();
});

test("nothing plain is kept, and not one changed byte goes unnoticed", async (t) => {
  const { home, kept, open } = homeIn(await temporaryFolder(t));
  const blob = SmallBlob.create(home);
  await blob.write(0, Buffer.from("Username,StudentId"));
  await blob.sync();
  await blob.close();
  const { sealed } = kept;
  assert.equal(sealed!.includes("Username"), false);
  for (let at = 0; at < sealed!.length; at++) {
    kept.sealed = Buffer.from(sealed!);
    kept.sealed[at]! ^= 0x10;
    await assert.rejects(open(), BlobDamaged, `byte ${at}`);
    kept.sealed = sealed!.subarray(0, at);
    // An empty blob is one that ends after its preamble: there its row's size tells.
    if (at !== 56) await assert.rejects(open(), BlobDamaged, `cut off at ${at}`);
  }
  kept.sealed = sealed!;
  await assert.rejects(
    async () => SmallBlob.open({ ...home, schoolKey: randomBytes(32) }, sealed!),
    BlobDamaged,
  );
  await assert.rejects(
    async () => SmallBlob.open({ ...home, id: newBlobId() }, sealed!),
    BlobDamaged,
  );
});

test("a small blob has no file of its own; one that cannot grow keeps what it had", async (t) => {
  const folder = await temporaryFolder(t);
  const { home, open } = homeIn(folder);
  const blob = SmallBlob.create(home);
  await blob.write(0, Buffer.from("rows"));
  await blob.sync();
  assert.deepEqual(await readdir(folder), []);
  // A file where the folder should be made.
  const group = dirname(blobPath(folder, home.id));
  await writeFile(group, "");
  await assert.rejects(blob.write(4, Buffer.alloc(SMALL_BYTES)));
  assert.equal((await blob.read(0, 100)).toString(), "rows");
  await rm(group);
  await blob.write(4, Buffer.alloc(SMALL_BYTES, "x"));
  await blob.sync();
  await blob.close();
  assert.ok((await readFile(join(group, home.id))).length > SMALL_BYTES);
  const again = await open();
  assert.equal(again.size, SMALL_BYTES + 4);
  await again.close();
});
