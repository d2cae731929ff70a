// SPEC section 3: `.csv.gz`, and `.zip` with one `.csv` in it, are taken like any .csv. Bridge and
// worker are the real ones.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { getBytes, names } from "../home/keeper.ts";
import { HEADER, roster, type WholeWay, wholeWay } from "./whole-way.ts";
import { until } from "../../until.ts";

const fileOf = (name: string) => readFileSync(new URL(`unpacking/files/${name}`, import.meta.url));

async function sent(way: WholeWay, name: string, bytes: Uint8Array) {
  const schoolId = await way.school("oak");
  await way.accept(schoolId, name, bytes);
  way.start();
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(() => way.outbox.length === 0);
  const [upload] = await way.uploads("oak");
  const results = await names(way.homes.home(schoolId));
  const stages = results.map((one) => one.replace(`${name}.${upload.timeCode}.`, "")).toSorted();
  return { schoolId, upload, stages };
}

async function bytesOf(way: WholeWay, schoolId: number, stage: string): Promise<Buffer> {
  const home = way.homes.home(schoolId);
  const name = (await names(home)).find((one) => one.endsWith(`.${stage}`));
  return await getBytes(home, `/inbound/${name}`);
}

for (
  const [name, made] of [["roster.csv.gz", "gzip.csv.gz"], ["Roster.ZIP", "zip-macos.zip"]] as const
) {
  test(`${name} is taken like any .csv, and its original stays as it was sent`, async () => {
    await using way = await wholeWay();
    const { schoolId, upload, stages } = await sent(way, name, fileOf(made));
    assert.equal(upload.state, "completed");
    assert.equal(upload.rows.added, 2);
    assert.equal(upload.size, fileOf("roster.csv").length);
    assert.deepEqual(upload.packed, {
      as: name.endsWith(".gz") ? "gzip" : "zip",
      size: fileOf(made).length,
    });
    assert.deepEqual(stages, ["completed", "original"]);
    assert.deepEqual(await bytesOf(way, schoolId, "original"), fileOf(made));
    const { body } = await way.app.admin("GET", "/admin/schools/oak/students/ana@college.edu");
    assert.equal(body.lastName, "García");
    const files = await way.app.admin("GET", "/admin/schools/oak/files");
    for (const file of files.body.items) assert.equal(file.note, undefined, file.path);
  });
}

test("rejected rows of a packed file come as plain text, to correct and send again", async () => {
  await using way = await wholeWay();
  const bad = "ben@college.edu,B1,,,,,,,yes\r\n";
  const packed = gzipSync(HEADER + "ana@college.edu,A1,,,,,,,1\r\n" + bad);
  const { schoolId, upload, stages } = await sent(way, "roster.csv.gz", packed);
  assert.deepEqual([upload.rows.added, upload.rows.rejected], [1, 1]);
  assert.deepEqual(stages, ["completed", "original", "rejected"]);
  assert.equal((await bytesOf(way, schoolId, "rejected")).toString(), HEADER + bad);
});

for (
  const [name, made, code, sentence] of [
    ["roster.csv.gz", "gzip-cut.csv.gz", "archive_damaged", /Send the roster as/],
    ["roster.csv.gz", "roster.csv", "archive_damaged", /Send the roster as/],
    ["roster.zip", "zip-encrypted.zip", "archive_encrypted", /Send the roster as/],
    ["roster.zip", "zip-two.zip", "archive_entries", /Send the roster as/],
    ["roster.zip", "zip-other-name.zip", "archive_entry_name", /Send the roster as/],
    ["roster.zip", "zip-bzip2.zip", "archive_method", /Send the roster as/],
    ["roster.zip", "xlsx.zip", "file_workbook", /an Excel workbook .* Save it as ""CSV UTF-8/],
    ["roster.zip", "numbers.zip", "file_workbook", /of Numbers .* in Numbers ""Export To""/],
    ["roster.zip", "docx.zip", "file_not_csv", /a Word document .* Send the roster as a \.csv/],
  ] as const
) {
  test(`${made} is rejected whole with a report that says ${code}`, async () => {
    await using way = await wholeWay();
    const { schoolId, upload, stages } = await sent(way, name, fileOf(made));
    assert.deepEqual([upload.state, upload.rows.read], ["rejected", 0]);
    assert.deepEqual(stages, ["completed", "original"]);
    const report = (await bytesOf(way, schoolId, "completed")).toString().split("\r\n");
    assert.match(report[1]!, new RegExp(`^1,,,error,${code},.*No row was applied`));
    assert.match(report[1]!, sentence);
    assert.deepEqual(await bytesOf(way, schoolId, "original"), fileOf(made));
    assert.equal(way.outbox.aside("parked"), 0);
  });
}

test("what expands to more than MAX_UPLOAD_BYTES is rejected whole", async () => {
  await using way = await wholeWay({ maxExpandedBytes: 100_000 });
  const { schoolId, upload } = await sent(way, "roster.csv.gz", gzipSync(roster(3000)));
  assert.equal(upload.state, "rejected");
  assert.match(
    (await bytesOf(way, schoolId, "completed")).toString(),
    /archive_too_large.*100000 bytes/,
  );
});

test("a relay that breaks off goes on in the expanded file where the worker is, and applies it once", async () => {
  await using way = await wholeWay({ sliceBytes: 64 * 1024 });
  const text = roster(8000);
  let calls = 0;
  // Every third slice is lost on its way, every fifth answer on its way back.
  way.between = async (request) => {
    if (!request.url.includes("/slices/")) return undefined;
    calls++;
    if (calls % 3 === 0) return new Response("away", { status: 503 });
    if (calls % 5 !== 0) return undefined;
    await way.app.app.fetch(request);
    return new Response("away", { status: 503 });
  };
  const { upload } = await sent(way, "roster.csv.gz", gzipSync(text));
  assert.deepEqual([upload.state, upload.rows.added, upload.rows.unchanged], [
    "completed",
    8000,
    0,
  ]);
  assert.ok(calls > 8, String(calls));
});

test("a bridge that does not know how a file is packed leaves it alone", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  await way.accept(schoolId, "roster.csv.xz", fileOf("roster.csv"));
  assert.deepEqual(way.homes.accepted, []);
  assert.deepEqual(await names(way.homes.home(schoolId)), ["roster.csv.xz"]);
});
