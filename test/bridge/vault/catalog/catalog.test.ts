// DESIGN "Bytes: the vault": file states say what they mean; starting costs what is unfinished, not
// what was ever kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { BlobReplaced, PathTaken } from "../../../../bridge/vault/catalog/catalog.ts";
import {
  FILE_BY_PATH,
  FILES_BEING_WRITTEN,
  FILES_IN_STATE,
  FILES_OF_FOLDER,
} from "../../../../bridge/vault/catalog/files.ts";
import { LAST_ACCEPTED, OUTBOX, TIME_CODE_TAKEN } from "../../../../bridge/vault/catalog/outbox.ts";
import { openCatalog, type TestCatalog } from "./open-catalog.ts";
import { sender } from "./version-0.ts";
import { idOfSchool } from "../../school-id.ts";

const left = { size: 7, modifiedAt: 9 };
const sha256 = "a".repeat(64);

function closed({ catalog }: TestCatalog, path: string, schoolId = idOfSchool(1)) {
  const file = catalog.createPartial(schoolId, path, 1, sender);
  catalog.settleSize(file, "closed", { ...left, sha256 });
  return catalog.file(file.id)!;
}

function accepted(opened: TestCatalog, path: string) {
  return opened.catalog.accept(closed(opened, path).id);
}

function delivery({ catalog }: TestCatalog, schoolId = idOfSchool(1)) {
  return { reference: catalog.reserveBlob(schoolId, 1), size: 3 };
}

test("a file is partial, closed, processing and at the end kept", async (t) => {
  const opened = await openCatalog(t);
  const { catalog } = opened;
  const { id } = catalog.createPartial(idOfSchool(1), "/inbound/a.csv", 1, sender);
  const state = () => catalog.file(id)!.state;
  assert.equal(state(), "partial");
  catalog.settleSize(catalog.file(id)!, "closed", { ...left, sha256 });
  assert.equal(state(), "closed");
  const entry = catalog.accept(id);
  assert.equal(state(), "processing");
  assert.equal(entry.sha256, sha256);
  catalog.finishUpload(entry, [{ path: "/inbound/report", delivery: delivery(opened) }]);
  assert.equal(state(), "kept");
  assert.equal(catalog.find(idOfSchool(1), "/inbound/report")?.state, "kept");
  assert.equal(catalog.find(idOfSchool(1), "/inbound/report")?.uploadId, entry.uploadId);
});

test("a name that no lane takes is kept when it has settled, and closed again when it is renamed", async (t) => {
  const opened = await openCatalog(t);
  const { catalog } = opened;
  const { id } = closed(opened, "/inbound/a.tmp");
  catalog.keep(id);
  assert.deepEqual(catalog.filesInState("closed"), []);
  catalog.rename(id, "/inbound/a.csv", { by: sender, sender });
  assert.deepEqual(catalog.filesInState("closed").map(({ path }) => path), ["/inbound/a.csv"]);
});

test("size and state are set only for the blob its writer holds", async (t) => {
  const { catalog } = await openCatalog(t);
  const first = catalog.createPartial(idOfSchool(1), "/inbound/a.csv", 1, sender);
  const second = catalog.startOver(first.id, 1, sender);
  assert.throws(() => catalog.settleSize(first, "closed", left), BlobReplaced);
  assert.deepEqual(catalog.file(first.id), second);
  catalog.settleSize(second, "closed", left);
  catalog.remove(second.id, null);
  assert.throws(() => catalog.settleSize(second, "partial", left), BlobReplaced);
  assert.deepEqual(catalog.doomedBlobs().sort(), [first.blob, second.blob].sort());
});

test("a result never takes the place of a file that is there, and then nothing is delivered", async (t) => {
  const opened = await openCatalog(t);
  const { catalog } = opened;
  const before = closed(opened, "/inbound/mine.csv");
  const entry = accepted(opened, "/inbound/a.csv");
  const results = ["/inbound/report", "/inbound/mine.csv"].map((path) => ({
    path,
    delivery: delivery(opened),
  }));
  assert.throws(() => catalog.finishUpload(entry, results), PathTaken);
  assert.deepEqual(catalog.find(idOfSchool(1), "/inbound/mine.csv"), before);
  assert.equal(catalog.find(idOfSchool(1), "/inbound/report"), undefined);
  assert.equal(catalog.outbox().length, 1);
  assert.deepEqual(results.map((result) => catalog.isDoomed(result.delivery.reference.blob)), [
    true,
    true,
  ]);
  closed(opened, "/inbound/later.csv");
  let previous = "";
  for (const event of catalog.ledger.events(100)) {
    assert.equal(event.previous, previous, `event ${event.number}`);
    previous = createHash("sha256").update(`${event.number}\n${previous}\n${event.text}`)
      .digest("hex");
  }
});

test("an upload that is held or parked says why and keeps its place until it goes on", async (t) => {
  const opened = await openCatalog(t);
  const { catalog } = opened;
  const first = accepted(opened, "/inbound/a.csv");
  const second = accepted(opened, "/inbound/b.csv");
  const seen = () => catalog.outbox().map(({ name, state, reason }) => [name, state, reason]);
  assert.equal(catalog.setOutboxState(first.uploadId, "parked", "its bytes are damaged"), true);
  assert.deepEqual(seen(), [["a.csv", "parked", "its bytes are damaged"], ["b.csv", "next", null]]);
  catalog.setOutboxState(first.uploadId, "next");
  assert.deepEqual(seen(), [["a.csv", "next", null], ["b.csv", "next", null]]);
  catalog.finishUpload(second, []);
  assert.equal(catalog.setOutboxState(second.uploadId, "held"), false);
});

test("a time code that any file of the name has is not given again", async (t) => {
  const opened = await openCatalog(t);
  const { catalog } = opened;
  const first = accepted(opened, "/inbound/a.csv");
  catalog.finishUpload(first, [
    { path: `/inbound/a.csv.${first.timeCode}.acknowledged`, delivery: delivery(opened) },
  ]);
  catalog.remove(first.fileId, null);
  const second = accepted(opened, "/inbound/a.csv");
  assert.equal(second.acceptedAt, first.acceptedAt + 1);
  assert.equal(accepted(opened, "/inbound/b.csv").acceptedAt, second.acceptedAt + 1);
});

test("a folder is listed a page at a time, each file once, in the order of names", async (t) => {
  const opened = await openCatalog(t);
  const names = ["B.csv", "a b.csv", "a.csv", "b.csv", "é.csv", "🎒.csv"];
  for (const name of names.toReversed()) closed(opened, `/inbound/${name}`);
  closed(opened, "/outbound/x");
  closed(opened, "/inbound/a.csv", idOfSchool(2));
  const listed: string[] = [];
  for (let after = "";;) {
    const page = opened.catalog.list(idOfSchool(1), "/inbound", after, 2);
    if (page.length === 0) break;
    assert.ok(page.length <= 2);
    after = page.at(-1)!.path.slice("/inbound/".length);
    listed.push(...page.map(({ path }) => path.slice("/inbound/".length)));
  }
  assert.deepEqual(listed, names);
});

test("events are numbered and each carries the hash of the one before, also when that was handed over", async (t) => {
  const { catalog, database } = await openCatalog(t);
  for (const schoolId of [1, 2, 3].map(idOfSchool)) catalog.ledger.recordLogin(schoolId, sender);
  catalog.ledger.dropEvents(3);
  for (const schoolId of [4, 5].map(idOfSchool)) catalog.ledger.recordLogin(schoolId, sender);
  const [fourth, fifth] = catalog.ledger.events(10);
  assert.deepEqual([fourth!.number, fifth!.number], [4, 5]);
  assert.match(fourth!.previous, /^[0-9a-f]{64}$/);
  const [row] = database.prepare("SELECT event FROM events WHERE number = 4").all([]) as {
    event: string;
  }[];
  const hash = createHash("sha256").update(`4\n${fourth!.previous}\n${row!.event}`).digest("hex");
  assert.equal(fifth!.previous, hash);
});

test("a purge takes files, outbox and keys of one school and no other, and leaves no trace of the key", async (t) => {
  const opened = await openCatalog(t);
  const { catalog, database } = opened;
  const wrapped = Buffer.from("the wrapped key of school one");
  catalog.keys.save(idOfSchool(1), 1, wrapped);
  catalog.keys.save(idOfSchool(2), 1, Buffer.from("another"));
  const gone = [
    closed(opened, "/inbound/a.csv"),
    catalog.file(accepted(opened, "/inbound/b.csv").fileId)!,
  ];
  const other = closed(opened, "/inbound/a.csv", idOfSchool(2));
  database.prepare("SELECT 1").all([]);
  for (let times = 1; times <= 2; times++) {
    catalog.purgeSchool(idOfSchool(1));
    assert.deepEqual(catalog.list(idOfSchool(1), "/inbound"), []);
    assert.deepEqual(catalog.outbox(), []);
    assert.deepEqual(catalog.keys.load(idOfSchool(1)), []);
    assert.deepEqual(catalog.doomedBlobs().sort(), gone.map(({ blob }) => blob).sort());
  }
  assert.deepEqual(catalog.list(idOfSchool(2), "/inbound").map(({ id }) => id), [other.id]);
  assert.equal(catalog.keys.load(idOfSchool(2)).length, 1);
  for (const file of [opened.file, `${opened.file}-wal`]) {
    const bytes = await readFile(file);
    assert.equal(bytes.includes(wrapped), false, `${file} still has the key`);
  }
});

test("every hot statement of the catalog goes by an index", async (t) => {
  const { plan } = await openCatalog(t);
  const select = (where: string) => `SELECT * FROM files WHERE ${where}`;
  const statements = {
    "a file by its path": [
      select(FILE_BY_PATH),
      /SEARCH files USING INDEX .*school_id=\? AND path=/,
    ],
    "a page of a folder": [select(FILES_OF_FOLDER), /SEARCH files USING INDEX .*path>\? AND path</],
    "what is being written": [select(FILES_BEING_WRITTEN), /USING INDEX files_being_written/],
    "what is unfinished": [select(FILES_IN_STATE), /SEARCH files USING INDEX files_unfinished/],
    "a file by its blob": [
      "SELECT 1 FROM files WHERE blob = ?",
      /SEARCH files USING COVERING INDEX files_by_blob/,
    ],
    "who has this time code": [TIME_CODE_TAKEN, /SEARCH files USING .*path>\? AND path</],
    "the last accepted": [LAST_ACCEPTED, /SEARCH outbox USING INDEX outbox_by_school/],
    "an entry by its file": [`${OUTBOX} WHERE file_id = ?`, /SEARCH outbox USING .*outbox_by_file/],
    "an entry by its id": [`${OUTBOX} WHERE outbox.upload_id = ?`, /SEARCH outbox USING INDEX/],
    "the next events": [
      "SELECT number, previous, event FROM events ORDER BY number LIMIT ?",
      /^SCAN events$/, // by its primary key, so far as the limit
    ],
    "events handed over": ["DELETE FROM events WHERE number <= ?", /PRIMARY KEY \(rowid<\?\)/],
    "is a blob doomed": ["SELECT blob FROM doomed_blobs WHERE blob = ?", /SEARCH doomed_blobs/],
    "purge of files": ["DELETE FROM files WHERE school_id = ?", /SEARCH files USING .*school_id=/],
    "purge of the outbox": ["DELETE FROM outbox WHERE school_id = ?", /SEARCH outbox USING/],
  } satisfies Record<string, [string, RegExp]>;
  for (const [name, [sql, expected]] of Object.entries(statements)) {
    const steps = plan(sql);
    assert.ok(steps.some((step) => expected.test(step)), `${name}: ${steps}`);
    assert.ok(
      !steps.some((step) => /TEMP B-TREE|SCAN (files|outbox)/.test(step)),
      `${name}: ${steps}`,
    );
  }
});

test("what is unfinished is found among 300,000 kept files without looking at them", async (t) => {
  const opened = await openCatalog(t);
  const { catalog, database } = opened;
  database.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
    INSERT INTO files (school_id, path, blob, key_version, state, size, modified_at, accessed_at)
    SELECT i % 300 + 1, '/inbound/' || i || '.completed', i, 1, 'kept', 1, 1, 1 FROM n`);
  closed(opened, "/inbound/a.csv");
  accepted(opened, "/inbound/b.csv");
  assert.equal(catalog.filesInState("closed").length, 1);
  assert.equal(catalog.filesInState("partial").length, 0);
  assert.equal(catalog.filesInState("processing").length, 1);
  // What the three can come across is what their index holds, and that is the unfinished ones.
  database.exec("ANALYZE");
  const [{ stat }] = database.prepare(
    "SELECT stat FROM sqlite_stat1 WHERE idx = 'files_unfinished'",
  )
    .all([]) as [{ stat: string }];
  assert.equal(Number(stat.split(" ")[0]), 2);
  assert.match(opened.plan(`SELECT * FROM files WHERE ${FILES_IN_STATE}`)[0]!, /files_unfinished/);
});
