// SPEC section 2: the home directory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../../bridge/home/home.ts";
import { get, names, put, testHomes, toAppend, toRead, toResume, toWrite } from "./keeper.ts";
import { idOfSchool } from "../school-id.ts";
import { until } from "../../until.ts";

const denied = (error: unknown) =>
  error instanceof Refusal && error.reason === "permission_denied" &&
  /\/inbound|bytes|\.processing/.test(error.message);
const missing = (error: unknown) => error instanceof Refusal && error.reason === "no_such_file";

test("a home has the two folders /inbound and /outbound and nothing else", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  assert.deepEqual(await names(home, "/"), ["inbound", "outbound"]);
  assert.deepEqual(await names(home, "/inbound"), []);
  for (const path of ["/etc", "/etc/passwd", "/inbound/sub/x.csv", "/other", "/inbound.csv"]) {
    await assert.rejects(home.stat(path), missing, path);
    await assert.rejects(home.open(path, toRead), missing, path);
  }
});

test("no path, `..` or encoding leaves the home", async () => {
  await using homes = await testHomes();
  const [home, other] = [homes.home(1), homes.home(2)];
  await put(other, "/inbound/secret.txt", "theirs");
  assert.equal(home.resolve("../../.."), "/");
  assert.equal(home.resolve("inbound/../../inbound/./x"), "/inbound/x");
  const hostile = [
    "/inbound/secret.txt",
    "/../2/inbound/secret.txt",
    "/inbound/../../inbound/secret.txt",
    "/inbound/..%2f2/secret.txt",
    "/inbound/secret.txt\0",
    "/inbound/．．/secret.txt",
  ];
  for (const path of hostile) {
    await assert.rejects(home.stat(path), missing, path);
    await assert.rejects(home.open(path, toRead), missing, path);
    await assert.rejects(home.remove(path), missing, path);
  }
  assert.equal(await get(other, "/inbound/secret.txt"), "theirs");
});

test("a name that is too long, has a backslash, control or broken characters is refused", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const hostile = [
    "a".repeat(300),
    "é".repeat(113),
    "a\\b.csv",
    "a\0b.csv",
    "a\nb.csv",
    "a\u202egvs.csv",
    "a\ufffd.csv",
    " a.csv",
  ];
  for (const name of hostile) {
    await assert.rejects(home.open(`/inbound/${name}`, toWrite), denied, JSON.stringify(name));
  }
  await put(home, "/inbound/good.txt", "x");
  for (const name of hostile) {
    await assert.rejects(
      home.rename("/inbound/good.txt", `/inbound/${name}`, { replace: false }),
      denied,
    );
  }
  assert.deepEqual(await names(home), ["good.txt"]);
  await put(home, "/inbound/matrícula 李.txt", "y");
  assert.equal(await get(home, "/inbound/matrícula 李.txt"), "y");
});

test("mkdir, rmdir, symlink and writing into /outbound are refused with a sentence that says what is allowed", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  for (const request of ["mkdir", "rmdir", "symlink", "readlink", "link"] as const) {
    assert.throws(() => home.refuse(request), denied);
  }
  await put(home, "/inbound/a.txt", "x");
  await assert.rejects(home.open("/outbound/x.csv", toWrite), denied);
  await assert.rejects(home.rename("/inbound/a.txt", "/outbound/a.txt", { replace: true }), denied);
  await assert.rejects(home.open("/x.csv", toWrite), denied);
  await assert.rejects(home.open("/inbound", toWrite), denied);
  await assert.rejects(home.rename("/inbound", "/outbound/x", { replace: true }));
});

test("chmod and setting times succeed, and times are kept", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/a.txt", "x");
  await home.change("/inbound/a.txt", { modifiedAt: 1000, accessedAt: 2000 });
  const { modifiedAt, accessedAt } = await home.stat("/inbound/a.txt");
  assert.deepEqual([modifiedAt, accessedAt], [1000, 2000]);
  await home.change("/inbound", { modifiedAt: 5 });
  const file = await home.open("/inbound/b.txt", toWrite);
  await file.write(0, Buffer.from("x"));
  await file.change({ modifiedAt: 3000 });
  await file.close();
  assert.equal((await home.stat("/inbound/b.txt")).modifiedAt, 3000);
});

test("files can be written, overwritten, appended, resumed at an offset, read, renamed and deleted", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  await put(home, "/inbound/a.txt", "hello");
  await put(home, "/inbound/a.txt", "bye");
  assert.equal(await get(home, "/inbound/a.txt"), "bye");

  const appended = await home.open("/inbound/a.txt", toAppend);
  await appended.write(0, Buffer.from("-bye"));
  await appended.close();
  const resumed = await home.open("/inbound/a.txt", toResume);
  await resumed.write(7, Buffer.from("!"));
  await resumed.close();
  assert.equal(await get(home, "/inbound/a.txt"), "bye-bye!");

  await home.rename("/inbound/a.txt", "/inbound/b.txt", { replace: false });
  assert.deepEqual(await names(home), ["b.txt"]);
  await put(home, "/inbound/c.txt", "c");
  await assert.rejects(
    home.rename("/inbound/b.txt", "/inbound/c.txt", { replace: false }),
    /exists already/,
  );
  await home.rename("/inbound/b.txt", "/inbound/c.txt", { replace: true });
  assert.equal(await get(home, "/inbound/c.txt"), "bye-bye!");
  await home.change("/inbound/c.txt", { size: 3 });
  assert.equal(await get(home, "/inbound/c.txt"), "bye");
  await home.remove("/inbound/c.txt");
  assert.deepEqual(await names(home), []);
  await until(() => homes.catalog.doomedBlobs().length === 0);
});

test("a file named *.processing cannot be made, changed, renamed or deleted", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "x");
  await home.leave();
  const [name] = await names(home);
  assert.match(name!, /^roster\.csv\.\d{8}T\d{9}Z\.processing$/);
  const path = `/inbound/${name}`;
  await assert.rejects(home.open(path, toWrite), denied);
  await assert.rejects(home.open(path, toAppend), denied);
  await assert.rejects(home.change(path, { size: 0 }), denied);
  await assert.rejects(home.remove(path), denied);
  await assert.rejects(home.rename(path, "/inbound/mine.csv", { replace: false }), denied);
  await assert.rejects(home.open("/inbound/new.processing", toWrite), denied);
  await put(home, "/inbound/a.txt", "x");
  await assert.rejects(
    home.rename("/inbound/a.txt", "/inbound/a.PROCESSING", { replace: false }),
    denied,
  );
  assert.equal(await get(home, path), "x");
});

test("a school cannot take the names the service is going to give", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  await put(home, "/inbound/roster.csv", "x");
  await home.leave();
  const [processing] = await names(home);
  await put(home, "/inbound/a.txt", "x");
  for (const stage of ["completed", "original", "rejected"]) {
    const path = `/inbound/${processing!.replace("processing", stage)}`;
    await assert.rejects(home.open(path, toWrite), denied);
    await assert.rejects(home.rename("/inbound/a.txt", path, { replace: true }), denied);
  }
  assert.deepEqual(await names(home), ["a.txt", processing]);
});

test("a partial file stays partial when its size is set by its path", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const home = homes.home();
  const file = await home.open("/inbound/roster.csv", toWrite);
  await file.write(0, Buffer.from("half"));
  await file.abandon("connection lost");
  await home.change("/inbound/roster.csv", { size: 2 });
  await home.leave();
  assert.equal(homes.catalog.find(idOfSchool(1), "/inbound/roster.csv")?.state, "partial");
  assert.equal(await get(home, "/inbound/roster.csv"), "ha");
  assert.equal(homes.accepted.length, 0);
});

test("beyond the size limit the write fails with a clear message, and so does the CLOSE", async () => {
  await using homes = await testHomes({ maxUploadBytes: 10 });
  const home = homes.home();
  const file = await home.open("/inbound/big.csv", toWrite);
  await file.write(0, Buffer.from("0123456789"));
  const tooLarge = /big\.csv is larger than 10 bytes .* partial file/;
  await assert.rejects(file.write(10, Buffer.from("x")), tooLarge);
  await assert.rejects(file.close(), tooLarge);
  await home.leave();
  assert.equal((await home.stat("/inbound/big.csv")).size, 10);
  assert.equal(homes.catalog.find(idOfSchool(1), "/inbound/big.csv")?.state, "partial");
});

test("two sessions writing one name never mix: the later one wins and the earlier one's CLOSE fails", async () => {
  await using homes = await testHomes({ settleMs: 0 });
  const [one, two] = [homes.home(), homes.home()];
  const first = await one.open("/inbound/roster.csv", toWrite);
  await first.write(0, Buffer.from("first"));
  const second = await two.open("/inbound/roster.csv", toWrite);
  await assert.rejects(first.write(5, Buffer.from("more")), /later request/);
  await second.write(0, Buffer.from("2nd"));
  await assert.rejects(first.close(), /Send it again/);
  await one.leave();
  assert.equal(homes.accepted.length, 0);
  await second.close();
  await two.leave();
  assert.equal(homes.accepted.length, 1);
  assert.equal(await get(two, `/inbound/${(await names(two))[0]}`), "2nd");
});

test("a file that was deleted while it was written is not said to be kept", async () => {
  await using homes = await testHomes();
  const home = homes.home();
  const file = await home.open("/inbound/a.csv", toWrite);
  await file.write(0, Buffer.from("x"));
  await home.remove("/inbound/a.csv");
  await assert.rejects(file.close(), /not kept/);
  assert.deepEqual(await names(home), []);
  await until(() => homes.catalog.doomedBlobs().length === 0);
});
