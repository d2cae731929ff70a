/**
 * What every home does, whatever is behind it. `sftp/` relies on this and on nothing else.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Home, Refusal } from "../../../bridge/home/home.ts";
import { entries, get, names, put, toAppend, toRead, toResume, toWrite } from "./keeper.ts";

/** @param withHome makes an empty home, gives it to the work, and puts it away */
export function homeContract(
  kind: string,
  withHome: (work: (home: Home) => Promise<void>) => Promise<void>,
): void {
  const it = (does: string, work: (home: Home) => Promise<void>) =>
    test(`${kind} ${does}`, () => withHome(work));
  const missing = (error: unknown) => error instanceof Refusal && error.reason === "no_such_file";
  const refused = (error: unknown) => error instanceof Refusal && error.message.length > 5;

  it("has the two folders, and cleans paths so that none leaves it", async (home) => {
    assert.deepEqual(await names(home, "/"), ["inbound", "outbound"]);
    assert.equal((await home.stat("/inbound")).kind, "folder");
    assert.equal(home.resolve("inbound/../../x/./y"), "/x/y");
    assert.equal(home.resolve("."), "/");
  });

  it("keeps what is written and closed, and gives any part of it", async (home) => {
    await put(home, "/inbound/a.txt", "0123456789");
    const file = await home.open("/inbound/a.txt", toRead);
    assert.equal(Buffer.from(await file.read(3, 4)).toString(), "3456");
    assert.equal(Buffer.from(await file.read(8, 100)).toString(), "89");
    assert.equal((await file.read(10, 100)).length, 0);
    assert.equal((await file.stat()).size, 10);
    await file.close();
    assert.deepEqual(await names(home), ["a.txt"]);
  });

  it("overwrites, appends and resumes", async (home) => {
    await put(home, "/inbound/a.txt", "long before");
    await put(home, "/inbound/a.txt", "abc");
    const appended = await home.open("/inbound/a.txt", toAppend);
    await appended.write(0, Buffer.from("def"));
    await appended.close();
    const resumed = await home.open("/inbound/a.txt", toResume);
    await resumed.write(6, Buffer.from("ghi"));
    await resumed.sync();
    await resumed.close();
    assert.equal(await get(home, "/inbound/a.txt"), "abcdefghi");
  });

  it("opens what is not there only to make it, and with `exclusive` only then", async (home) => {
    await assert.rejects(home.open("/inbound/a.txt", toRead), missing);
    await assert.rejects(home.open("/inbound/a.txt", toResume), missing);
    await assert.rejects(home.stat("/inbound/a.txt"), missing);
    await assert.rejects(home.remove("/inbound/a.txt"), missing);
    const exclusive = { ...toWrite, exclusive: true };
    await (await home.open("/inbound/a.txt", exclusive)).close();
    await assert.rejects(home.open("/inbound/a.txt", exclusive), refused);
  });

  it("keeps the times that are set, and cuts files off", async (home) => {
    await put(home, "/inbound/a.txt", "abcdef");
    await home.change("/inbound/a.txt", { modifiedAt: 1000, accessedAt: 2000 });
    const { modifiedAt, accessedAt } = await home.stat("/inbound/a.txt");
    assert.deepEqual([modifiedAt, accessedAt], [1000, 2000]);
    await home.change("/inbound/a.txt", { size: 2 });
    assert.equal(await get(home, "/inbound/a.txt"), "ab");
  });

  it("renames over an existing file only when it is to be replaced", async (home) => {
    await put(home, "/inbound/a.txt", "a");
    await put(home, "/inbound/b.txt", "b");
    const rename = (replace: boolean) =>
      home.rename("/inbound/a.txt", "/inbound/b.txt", { replace });
    await assert.rejects(rename(false), refused);
    assert.deepEqual(await names(home), ["a.txt", "b.txt"]);
    await rename(true);
    assert.deepEqual(await names(home), ["b.txt"]);
    assert.equal(await get(home, "/inbound/b.txt"), "a");
  });

  it("lists a folder in the order of names, page by page, and nothing that is no folder", async (home) => {
    for (const name of ["c", "a", "b"]) await put(home, `/inbound/${name}.txt`, name);
    const all = await entries(home);
    assert.deepEqual(all.map(({ name }) => name), ["a.txt", "b.txt", "c.txt"]);
    assert.deepEqual(all.map(({ attributes }) => attributes.size), [1, 1, 1]);
    await assert.rejects(home.list("/inbound/none"), refused);
    await assert.rejects(home.list("/inbound/a.txt"), refused);
  });

  it("refuses folders, links and writing into /outbound with a sentence", async (home) => {
    for (const request of ["mkdir", "rmdir", "symlink", "readlink", "link"] as const) {
      assert.throws(() => home.refuse(request), refused);
    }
    await assert.rejects(home.open("/outbound/a.txt", toWrite), refused);
  });

  it("keeps what arrived of a file whose session went away", async (home) => {
    const file = await home.open("/inbound/a.txt", toWrite);
    await file.write(0, Buffer.from("half"));
    await file.abandon("connection lost");
    assert.equal((await home.stat("/inbound/a.txt")).size, 4);
    await home.leave();
  });
}
