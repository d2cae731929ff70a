// SPEC section 3: `.csv.gz`, and `.zip` with one `.csv` in it. The files were made by the tools that
// schools have (files/make.sh).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type Source, Unreadable } from "../../../../bridge/relay/unpacking/archive.ts";
import {
  ExpandedFile,
  expandedSize,
  expansion,
} from "../../../../bridge/relay/unpacking/expanded-file.ts";
import type { Packing } from "../../../../bridge/schools/lanes.ts";
import { BlobDamaged } from "../../../../bridge/vault/blob/errors.ts";

const fileOf = (name: string) => readFileSync(new URL(`files/${name}`, import.meta.url));
const roster = fileOf("roster.csv");

const sourceOf = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  // Short reads are allowed.
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + Math.min(length, 50))),
});
const packingOf = (name: string): Packing =>
  name.endsWith(".gz") ? { as: "gzip" } : { as: "zip", entry: "*.csv" };
const roomy = { maxBytes: 64 * 1024 * 1024, maxRatio: 250 };

async function expanded(bytes: Uint8Array, packing: Packing): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of expansion(sourceOf(bytes), packing)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** `good`, or the word for what is wrong. */
async function verdictOf(bytes: Uint8Array, packing: Packing, limits = roomy): Promise<string> {
  try {
    const size = await expandedSize(sourceOf(bytes), packing, limits);
    return size === roster.length ? "good" : `${size} bytes`;
  } catch (error) {
    assert.ok(error instanceof Unreadable, String((error as Error).stack));
    assert.match(error.message, /^[A-Z].*\.$/);
    return error.code;
  }
}

const verdicts: Record<string, string> = {
  "gzip.csv.gz": "good",
  "gzip-two-members.csv.gz": "good",
  "gzip-zeros-behind.csv.gz": "good",
  "gzip-trailing.csv.gz": "damaged",
  "gzip-zeros-trailing.csv.gz": "damaged",
  "gzip-cut.csv.gz": "damaged",
  "zip.zip": "good",
  "zip-stored.zip": "good",
  "zip-in-folder.zip": "good",
  "zip-streamed.zip": "good",
  "zip-zip64.zip": "good",
  "zip-macos.zip": "good",
  "jar.zip": "good",
  "zip-encrypted.zip": "encrypted",
  "zip-two.zip": "entries",
  "zip-empty.zip": "entries",
  "zip-other-name.zip": "entry_name",
  "zip-bzip2.zip": "method",
  "zip-cut.zip": "damaged",
  "zip-trailing.zip": "damaged",
  "zip-damaged.zip": "damaged",
  "xlsx.zip": "workbook",
  "docx.zip": "document",
  "ods.zip": "workbook",
  "odt.zip": "document",
  "numbers.zip": "workbook",
};

for (const [name, verdict] of Object.entries(verdicts)) {
  test(`${name} is ${verdict}`, async () => {
    assert.equal(await verdictOf(fileOf(name), packingOf(name)), verdict);
    if (verdict !== "good") return;
    assert.deepEqual(await expanded(fileOf(name), packingOf(name)), roster);
  });
}

/** `zip.zip` with another name, in UTF-8 and of the same length, where its directory names the file. */
function renamed(name: string): Buffer {
  const bytes = fileOf("zip.zip");
  const at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt16LE(bytes.readUInt16LE(at + 8) | 0x800, at + 8);
  assert.equal(name.length, bytes.readUInt16LE(at + 28));
  bytes.write(name, at + 46);
  return bytes;
}

const sentences: [what: string, bytes: Buffer, packing: Packing, sentence: RegExp][] = [
  [
    "two files",
    fileOf("zip-two.zip"),
    packingOf(".zip"),
    /2 files .*\('[^']+', '[^']+'\); exactly/,
  ],
  [
    "Excel",
    fileOf("xlsx.zip"),
    packingOf(".zip"),
    /an Excel workbook \(\.xlsx\), with the name of/,
  ],
  ["Word", fileOf("docx.zip"), packingOf(".zip"), /a Word document \(\.docx\), with/],
  [
    "LibreOffice",
    fileOf("ods.zip"),
    packingOf(".zip"),
    /an OpenDocument spreadsheet \(\.ods\), with/,
  ],
  [
    "Numbers",
    fileOf("numbers.zip"),
    packingOf(".zip"),
    /a spreadsheet of Numbers \(\.numbers\), or/,
  ],
  ["another name", fileOf("zip-other-name.zip"), packingOf(".zip"), /called '[^']+'; .* in \.csv/],
  [
    "a way out",
    renamed("../oak.csv"),
    packingOf(".zip"),
    /called '\.\.\/oak\.csv'; .* not lead out/,
  ],
  ["a root", renamed("/oaks1.csv"), packingOf(".zip"), /called '\/oaks1\.csv'; .* not lead out/],
  ["line breaks", renamed("a\r\nb.txt.x"), packingOf(".zip"), /called 'a b\.txt\.x'; .* in \.csv/],
  [
    "more behind",
    Buffer.concat([gzipSync("a"), Buffer.from("garbage")]),
    packingOf(".gz"),
    /stands behind its end/,
  ],
  ["no gzip", roster, packingOf(".gz"), /not compressed with gzip/],
];

for (const [what, bytes, packing, sentence] of sentences) {
  test(`what is wrong with a packed file is said with what was found: ${what}`, async () => {
    await assert.rejects(
      expandedSize(sourceOf(bytes), packing, roomy),
      (error) => error instanceof Unreadable && sentence.test(error.message),
    );
  });
}

test("a file that is not what its name says is damaged, and so is an empty one", async () => {
  for (const packing of [{ as: "gzip" }, { as: "zip", entry: "*.csv" }] as const) {
    for (
      const bytes of [
        roster,
        Buffer.alloc(0),
        fileOf(packing.as === "gzip" ? "zip.zip" : "gzip.csv.gz"),
      ]
    ) {
      assert.equal(await verdictOf(bytes, packing), "damaged");
    }
  }
});

test("limits on the expanded size and the ratio hold while it is expanded", async () => {
  const zip = { as: "zip", entry: "*.csv" } as const;
  assert.equal(await verdictOf(fileOf("zip.zip"), zip, { ...roomy, maxBytes: 173 }), "too_large");
  assert.equal(await verdictOf(fileOf("zip.zip"), zip, { ...roomy, maxBytes: 174 }), "good");
  // Ten megabytes of nothing are some ten kilobytes; their ratio is a thousand.
  const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
  assert.equal(await verdictOf(bomb, { as: "gzip" }), "too_large");
  assert.equal(
    await verdictOf(gzipSync(Buffer.alloc(1024 * 1024)), { as: "gzip" }),
    "1048576 bytes",
  );
});

test("an archive that lies about its file's size is damaged", async () => {
  const lying = fileOf("zip.zip");
  const at = lying.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  lying.writeUInt32LE(10, at + 24);
  assert.equal(await verdictOf(lying, { as: "zip", entry: "*.csv" }), "damaged");
});

test("whatever bytes are flipped, cut or added, a file is expanded as it was or refused by a word", async () => {
  const names = Object.keys(verdicts);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
      fc.option(fc.nat(), { nil: undefined }),
      async (name, flips, cut) => {
        const bytes = Buffer.from(fileOf(name));
        for (const [at, mask] of flips) bytes[at % bytes.length]! ^= mask;
        const end = cut === undefined ? bytes.length : cut % bytes.length;
        await verdictOf(bytes.subarray(0, end), packingOf(name));
      },
    ),
    { numRuns: 400 },
  );
});

test("whatever is read in whatever order, it is the expanded file's bytes", async () => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${i * 7919}`).join(","));
  const packed = gzipSync(text);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(text.length + 10), fc.integer({ min: 1, max: 100_000 })), {
        minLength: 1,
        maxLength: 8,
      }),
      async (reads) => {
        const source = {
          ...sourceOf(packed),
          read: (o: number, l: number) => Promise.resolve(packed.subarray(o, o + l)),
        };
        const file = new ExpandedFile(() => expansion(source, { as: "gzip" }), text.length);
        for (const [offset, length] of reads) {
          const bytes = await file.read(offset, length);
          assert.deepEqual(Buffer.from(bytes), text.subarray(offset, offset + length));
        }
        await file.close();
      },
    ),
    { numRuns: 60 },
  );
});

test("stored bytes that are damaged are no fault of the archive", async () => {
  for (const name of ["gzip.csv.gz", "zip.zip"]) {
    const bytes = fileOf(name);
    const damaged: Source = {
      size: bytes.length,
      read: () => Promise.reject(new BlobDamaged("b1", "chunk 0")),
    };
    await assert.rejects(expandedSize(damaged, packingOf(name), roomy), BlobDamaged);
  }
});
