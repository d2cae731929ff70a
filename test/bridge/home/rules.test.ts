// SPEC section 2: evidence, gaps, sizes, how much may be open, and what a person is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openHome } from "../../../bridge/home/school-home.ts";
import { Refusal } from "../../../bridge/home/home.ts";
import { storeDownload } from "../../../bridge/relay/download.ts";
import { isGone } from "../../../shared/told-state.ts";
import {
  entries,
  get,
  names,
  put,
  sender,
  type TestHomes,
  testHomes,
  toAppend,
  toRead,
  toResume,
  toWrite,
} from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

const evidence = (error: unknown) =>
  error instanceof Refusal && error.reason === "permission_denied" &&
  /are evidence of what was received/.test(error.message);

/** A roster that went its way: its three files, by stage. */
async function processed(homes: TestHomes): Promise<(stage: string) => string> {
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "header\nrow\n");
  await home.leave();
  const entry = homes.accepted.at(-1)!;
  const { vault } = homes.keeper;
  const store = async (text: string) =>
    await storeDownload(
      vault,
      idOfSchool(1),
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
  const path = (stage: string) => `/inbound/roster.csv.${entry.timeCode}.${stage}`;
  await using report = await store("the report");
  await using rejected = await store("header\nrow\n");
  homes.catalog.finishUpload(entry, [
    { path: path("completed"), delivery: report },
    { path: path("rejected"), delivery: rejected },
  ]);
  return path;
}

test("*.original and *.completed are evidence: they can be read, renamed and deleted, but not written", async () => {
  await using homes = await testHomes();
  const path = await processed(homes);
  const home = homes.home();
  await put(home, "/inbound/mine.txt", "mine");
  for (const stage of ["original", "completed"]) {
    const before = await get(home, path(stage));
    for (const mode of [toWrite, toAppend, toResume]) {
      await assert.rejects(home.open(path(stage), mode), evidence);
    }
    await assert.rejects(home.change(path(stage), { size: 0 }), evidence);
    for (const replace of [true, false]) {
      await assert.rejects(home.rename("/inbound/mine.txt", path(stage), { replace }), Refusal);
    }
    assert.equal(await get(home, path(stage)), before);
    await home.change(path(stage), { modifiedAt: 1000 });
    await home.rename(path(stage), `/inbound/kept.${stage}`, { replace: false });
    await assert.rejects(home.open(`/inbound/kept.${stage}`, toAppend), evidence);
    await assert.rejects(
      home.rename("/inbound/mine.txt", `/inbound/kept.${stage}`, { replace: true }),
      evidence,
    );
    await home.remove(`/inbound/kept.${stage}`);
  }
});

test("nothing becomes evidence by being renamed: whatever ends in .completed, .original or .processing", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv.filepart", "rows");
  for (const name of ["x.completed", "x.ORIGINAL", "x.processing", "roster.csv.completed"]) {
    for (const replace of [true, false]) {
      await assert.rejects(
        home.rename("/inbound/roster.csv.filepart", `/inbound/${name}`, { replace }),
        { reason: "permission_denied", message: /renamed/ },
      );
    }
  }
  assert.deepEqual(await names(home), ["roster.csv.filepart"]);
});

test("*.rejected may be edited in place, and is its own file when it is renamed to .csv", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const path = await processed(homes);
  const registrar = { ...sender, fingerprint: "SHA256:registrar" };
  const home = openHome(homes.keeper, idOfSchool(1), registrar);
  const file = await home.open(path("rejected"), toResume);
  await file.write(7, Buffer.from("ROW"));
  await file.close();
  assert.equal(await get(home, path("rejected")), "header\nROW\n");
  await home.rename(path("rejected"), "/inbound/again.csv", { replace: false });
  await home.leave();
  await until(() => homes.accepted.length === 2);
  const { fileId } = homes.accepted[1]!;
  assert.equal(homes.catalog.file(fileId)!.sender!.fingerprint, "SHA256:registrar");
});

test("a session that renames what the service wrote is its sender; what a school sent keeps its own", async () => {
  await using homes = await testHomes();
  const path = await processed(homes);
  await put(homes.home(), "/inbound/theirs.tmp", "x");
  const registrar = { ...sender, fingerprint: "SHA256:registrar" };
  const home = openHome(homes.keeper, idOfSchool(1), registrar);
  const cases = {
    [path("rejected")]: "SHA256:registrar",
    [path("original")]: "SHA256:registrar",
    "/inbound/theirs.tmp": "SHA256:test",
  };
  for (const [from, fingerprint] of Object.entries(cases)) {
    await home.rename(from, "/inbound/next.csv", { replace: true });
    const file = homes.catalog.find(idOfSchool(1), "/inbound/next.csv")!;
    assert.equal(file.sender!.fingerprint, fingerprint, from);
  }
});

test("setting the times of *.processing succeeds and has no effect", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "x");
  await home.leave();
  const [name] = await names(home);
  const before = await home.stat(`/inbound/${name}`);
  await home.change(`/inbound/${name}`, { modifiedAt: 1000, accessedAt: 1000 });
  const file = await home.open(`/inbound/${name}`, toRead);
  await file.change({ modifiedAt: 1000 });
  await file.close();
  assert.deepEqual(await home.stat(`/inbound/${name}`), before);
});

test("a name that this session left and that was accepted since answers for its .processing file", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  await put(home, "/inbound/roster.csv.filepart", "rows");
  await home.rename("/inbound/roster.csv.filepart", "/inbound/roster.csv", { replace: false });
  await until(() => homes.accepted.length === 1);
  assert.equal((await home.stat("/inbound/roster.csv")).size, 4);
  await home.change("/inbound/roster.csv", { modifiedAt: 1000 });
  await assert.rejects(home.change("/inbound/roster.csv", { size: 0 }), {
    reason: "permission_denied",
  });
  const gone = { reason: "no_such_file" };
  await assert.rejects(home.stat("/inbound/other.csv"), gone);
  await assert.rejects(home.open("/inbound/roster.csv", toRead), gone);
  await put(home, "/inbound/roster.csv", "the next");
  assert.equal((await home.stat("/inbound/roster.csv")).size, 8);
});

test("the sessions that a client has open at one time know together what it left, and nobody else does", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const path = "/inbound/roster.csv";
  const writing = homes.home();
  await put(writing, path, "rows");
  await until(() => homes.accepted.length === 1);
  const beside = homes.home();
  await writing.leave();
  assert.equal((await beside.stat(path)).size, 4);
  await beside.change(path, { modifiedAt: 1000 });
  const gone = { reason: "no_such_file" };
  const others = [
    openHome(homes.keeper, idOfSchool(1), { ...sender, fingerprint: "SHA256:registrar" }),
    openHome(homes.keeper, idOfSchool(1), { ...sender, address: "127.0.0.2" }),
    homes.home(2),
  ];
  for (const other of others) await assert.rejects(other.stat(path), gone);
  await beside.leave();
  await assert.rejects(homes.home().change(path, { modifiedAt: 1000 }), gone);
});

test("bytes may come in any order, but a CLOSE with a gap is refused, and a client resumes at the gap", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  const whole = await home.open("/inbound/whole.txt", toWrite);
  for (const offset of [6, 3, 0]) await whole.write(offset, Buffer.from("abc"));
  await whole.close();
  assert.equal(await get(home, "/inbound/whole.txt"), "abcabcabc");

  const write = async (path: string) => {
    const file = await home.open(path, toWrite);
    await file.write(0, Buffer.from("abc"));
    await file.write(6, Buffer.from("ghi"));
    return file;
  };
  const gap = await write("/inbound/gap.csv");
  await assert.rejects(gap.close(), /there is a gap at byte 3/);
  const dropped = await write("/inbound/dropped.csv");
  await dropped.abandon("connection lost");
  const longer = await home.open("/inbound/longer.csv", toWrite);
  await longer.write(0, Buffer.from("abc"));
  await longer.change({ size: 64 * 1024 * 1024 });
  await assert.rejects(longer.close(), /there is a gap at byte 3/);
  await home.leave();
  for (const name of ["gap", "dropped", "longer"]) {
    assert.equal(await get(home, `/inbound/${name}.csv`), "abc", name);
    assert.equal(homes.catalog.find(idOfSchool(1), `/inbound/${name}.csv`)!.state, "partial");
  }
  const resumed = await home.open("/inbound/gap.csv", toResume);
  await resumed.write(3, Buffer.from("defghi"));
  await resumed.close();
  assert.equal(await get(home, "/inbound/gap.csv"), "abcdefghi");
  assert.equal(homes.accepted.length, 0);
});

test("a file is not made longer by its path, and is what it was", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/a.txt", "abc");
  await assert.rejects(
    home.change("/inbound/a.txt", { size: 64 * 1024 * 1024 }),
    /cannot be made longer/,
  );
  assert.equal(await get(home, "/inbound/a.txt"), "abc");
  assert.equal(homes.catalog.find(idOfSchool(1), "/inbound/a.txt")!.state, "closed");
  // As clients do that have it open.
  const file = await home.open("/inbound/a.txt", toResume);
  await home.change("/inbound/a.txt", { size: 1 });
  await file.write(1, Buffer.from("Z"));
  await file.close();
  assert.equal(await get(home, "/inbound/a.txt"), "aZ");
});

test("a school has at most MAX_OPEN_FILES open, over all its sessions, and another school is not hindered", async () => {
  await using homes = await testHomes({ maxOpenFiles: 2 });
  const [one, two, other] = [homes.home(1), homes.home(1), homes.home(2)];
  const first = await one.open("/inbound/a.txt", toWrite);
  await first.write(0, Buffer.from("x"));
  const second = await two.open("/inbound/a.txt", toRead);
  await assert.rejects(
    two.open("/inbound/b.txt", toWrite),
    /2 files are open .* close one of them/,
  );
  await assert.rejects(one.open("/inbound/a.txt", toRead), /2 files are open/);
  assert.equal(homes.catalog.find(idOfSchool(1), "/inbound/b.txt"), undefined);
  await put(other, "/inbound/a.txt", "theirs");
  await first.close();
  await put(two, "/inbound/b.txt", "y");
  await second.abandon("connection lost");
  // What was refused, and what failed, holds nothing.
  for (let i = 0; i < 5; i++) await assert.rejects(one.open("/inbound/none.txt", toRead));
  for (let i = 0; i < 5; i++) await assert.rejects(one.open("/outbound/none.txt", toWrite));
  const both = [await one.open("/inbound/a.txt", toRead), await one.open("/inbound/b.txt", toRead)];
  for (const file of both) await file.close();
});

test("a folder is listed a page at a time, each file once, and a short page is the last", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const expected = ["a", "b", "c", "d", "e"].map((name) => `${name}.txt`);
  for (const name of [...expected].reverse()) await put(home, `/inbound/${name}`, name);
  assert.deepEqual((await entries(home)).map(({ name }) => name), expected);
  const reader = await home.list("/inbound");
  const [first] = await reader.page(1);
  assert.equal(first?.name, "a.txt");
  await home.remove("/inbound/b.txt");
  await put(home, "/inbound/bb.txt", "new");
  assert.deepEqual((await reader.page(100)).map(({ name }) => name), [
    "bb.txt",
    "c.txt",
    "d.txt",
    "e.txt",
  ]);
  await put(home, "/inbound/z.txt", "too late");
  assert.deepEqual(await reader.page(100), []);
});

test("why a file was left without a CLOSE is in the ledger", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const why of ["connection lost", "revoked", "idle", "stopped"] as const) {
    const file = await home.open("/inbound/roster.csv", toWrite);
    await file.abandon(why);
    const last = homes.catalog.ledger.events(1000).at(-1)!.event;
    assert.deepEqual([last.type, (last as { why?: string }).why], ["file", why]);
  }
});

test("the ledger says whose session removed or renamed a file, not who sent it; what the service does is nobody's", async () => {
  await using homes = await testHomes();
  const file = await processed(homes);
  const other = { ...sender, fingerprint: "SHA256:other" };
  const home = openHome(homes.keeper, idOfSchool(1), other);
  await home.remove(file("completed"));
  await home.rename(file("original"), "/inbound/again.txt", { replace: false });
  const gone = homes.catalog.ledger.events(1000)
    .flatMap(({ event }) => event.type === "file" && isGone(event.state) ? [event] : [])
    .map(({ path, state, sender }) => [path, state, sender?.fingerprint]);
  assert.deepEqual(gone, [
    ["/inbound/roster.csv", "moved", undefined],
    [file("processing"), "moved", undefined],
    [file("completed"), "removed", "SHA256:other"],
    [file("original"), "moved", "SHA256:other"],
  ]);
});

test("each refusal has the right reason and says what is allowed", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const denied = (sentence: RegExp) => (error: unknown) =>
    error instanceof Refusal && error.reason === "permission_denied" &&
    sentence.test(error.message);
  await assert.rejects(home.open("/roster.csv", toWrite), denied(/^Rosters go into \/inbound/));
  for (const folder of ["/", "/inbound", "/outbound"]) {
    await assert.rejects(
      home.rename(folder, "/inbound/x", { replace: false }),
      denied(/fixed folders/),
    );
    await assert.rejects(home.remove(folder), denied(/fixed folders/));
  }
  await assert.rejects(home.open("/inbound/sub/x.csv", toWrite), denied(/There is no folder for/));
  const { total, free } = await home.room!();
  assert.ok(free > 0 && free <= total);
});
