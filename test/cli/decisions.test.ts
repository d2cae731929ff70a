/** What an administrator decides about uploads, typed into a terminal beside a whole service. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../until.ts";
import { damageNewest } from "../faults/stored.ts";
import { type Desk, startDesk } from "./terminal.ts";

const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";
/** A roster of `s0@college.edu` and so on. */
const roster = (from: number, to: number, lastName = "Lee") => {
  let text = header;
  for (let i = from; i < to; i++) text += `s${i}@college.edu,S${i},${lastName},,,,,,1\r\n`;
  return text;
};
const nowhere = "7d1e0c2a-5b1f-4c39-9a52-3f8f6c1d2e40";
const decisions = ["release", "discard", "retry", "revert"];

describe("the command line's decisions", () => {
  let desk: Desk;
  let service: Desk["service"];
  let school: Desk["school"];
  let run: Desk["run"];
  let does: Desk["does"];

  before(async () => {
    desk = await startDesk();
    ({ service, school, run, does } = desk);
  });
  after(() => desk?.stop());

  const shown = async (id: string) => JSON.parse(await does("upload", id, "--json"));
  const stands = (id: string, state: string) =>
    until(
      async () => (await service.admin("GET", `/admin/uploads/${id}`)).body.state === state,
      `${id} ${state}`,
    );

  /** Sends a roster that comes to this state. @returns its id */
  async function send(name: string, text: string, state: string): Promise<string> {
    await school.put(`/inbound/${name}`, text);
    let id: string | undefined;
    await until(async () => {
      const { body } = await service.admin("GET", "/admin/schools/springfield/uploads");
      id = body.items.find((it: { name: string }) => it.name === name)?.id;
      return id !== undefined;
    });
    await stands(id!, state);
    return id!;
  }

  /** Refused with this exit code: the worker's problem. */
  async function refused(code: number, ...words: string[]) {
    const ended = await run([...words, "--json"]);
    assert.equal(ended.code, code, ended.stdout + ended.stderr);
    assert.equal(ended.stdout, "");
    return JSON.parse(ended.stderr);
  }

  async function active(): Promise<number> {
    const path = "/admin/schools/springfield/students?status=active&limit=1000";
    return (await service.admin("GET", path)).body.items.length;
  }

  test("a held upload is released, with its name typed again, or discarded; each once", async () => {
    const settings = { mode: "snapshot", holdWhen: { removedPercent: 10 } };
    await service.admin("PATCH", "/admin/schools/springfield", { settings });
    await send("fall.csv", roster(0, 20), "completed");
    const half = await send("half.csv", roster(0, 10), "held");

    const preview = JSON.parse(await does("preview", half, "--json"));
    assert.deepEqual([preview.counts.left, preview.items.length], [10, 10]);
    assert.match(await does("preview", half, "--limit", "1"), /^s10@college\.edu +left$/m);
    assert.match(await does("preview", half, "--outcome", "added"), /^Nobody\.$/m);
    assert.equal((await refused(65, "preview", half, "--outcome", "gone")).status, 400);

    const wrong = await refused(65, "release", half, "--confirm", "fall.csv");
    assert.equal(wrong.code, "confirm_missing");
    assert.match(wrong.detail, /A release makes 10 students inactive/);
    assert.equal((await shown(half)).state, "held");
    const released = await run([
      ...["release", half, "--confirm", "half.csv", "--reason", "half of them left", "--json"],
    ]);
    assert.equal(released.code, 0, released.stderr);
    assert.equal(JSON.parse(released.stdout).id, half);
    await stands(half, "completed");
    assert.equal(await active(), 10);
    assert.equal((await refused(65, "preview", half)).code, "no_preview");
    assert.match(await does("report", half), /released by .*In their words: half of them left/);
    assert.equal((await refused(65, "release", half)).code, "upload_not_standing");

    const few = await send("few.csv", roster(0, 5), "held");
    assert.match(await does("release", few, "--without-removals"), /^id +\S+$/m);
    await stands(few, "completed");
    assert.equal(await active(), 10);

    const old = await send("old.csv", roster(0, 1), "held");
    const discarded = JSON.parse(await does("discard", old, "--reason", "last year's", "--json"));
    assert.deepEqual([discarded.id, discarded.state], [old, "discarded"]);
    assert.match(await does("report", old), /given up by .*: last year's/);
    for (const again of ["discard", "retry", "release"]) {
      const { code, detail } = await refused(65, again, old);
      assert.equal(code, "upload_not_standing");
      assert.match(detail, /old\.csv is discarded; .*Nothing was changed/);
    }
    const { code, detail } = await refused(65, "revert", old);
    assert.equal(code, "upload_not_revertible");
    assert.match(detail, /no row of it was ever applied/);
  });

  test("a parked upload is tried again, and discarded where that is of no use", async () => {
    const settings = { mode: "update", holdWhen: null };
    await service.admin("PATCH", "/admin/schools/springfield", { settings });
    /** Turns one bit of the newest file, or turns it back. */
    const damage = async () => {
      await service.bridge.end("SIGKILL");
      await damageNewest(join(service.folder, "bridge"));
    };
    /** Sends a roster that is damaged before the worker has it. @returns its id */
    const park = async (name: string, text: string): Promise<string> => {
      await service.worker.end("SIGKILL"); // so that the file waits
      await school.put(`/inbound/${name}`, text);
      await damage();
      await Promise.all([service.restartWorker(), service.restartBridge()]);
      let id: string | undefined;
      await until(async () => {
        const { body } = await service.admin("GET", "/admin/uploads?state=parked");
        id = body.items[0]?.id;
        return id !== undefined;
      });
      return id!;
    };
    const id = await park("damaged.csv", roster(100, 110));
    const retried = JSON.parse(await does("retry", id, "--reason", "perhaps now", "--json"));
    assert.deepEqual([retried.id, retried.name], [id, "damaged.csv"]);
    await stands(id, "parked");
    await damage();
    await service.restartBridge();
    await does("retry", id);
    await stands(id, "completed");
    assert.equal((await refused(65, "retry", id)).code, "upload_not_standing");

    const lost = await park("lost.csv", roster(110, 120));
    assert.match(await does("discard", lost), /^state +discarded$/m);
    assert.match(await does("report", lost), /given up by .*No row of it was applied/);
  });

  test("an upload is put back, and all that could not be put back is listed", async () => {
    const first = await send("first.csv", roster(200, 350), "completed");
    await send("second.csv", roster(200, 340, "Lopez"), "completed");
    const wrong = await refused(65, "revert", first, "--confirm", "second.csv");
    assert.equal(wrong.code, "confirm_missing");
    assert.equal((await shown(first)).state, "completed");

    const words = ["revert", first, "--confirm", "first.csv", "--reason", "another's", "--json"];
    const reverted = JSON.parse(await does(...words));
    assert.deepEqual(
      [reverted.state, reverted.removed, reverted.restored, reverted.reason],
      ["reverted", 10, 0, "another's"],
    );
    assert.equal(reverted.items.length, 140, "more than one page of the worker has");
    assert.deepEqual(
      new Set(reverted.items.map((it: { why: string }) => it.why)),
      new Set(["changed_since"]),
    );
    const again = await does("revert", first);
    assert.match(again, /^removed +10$/m);
    assert.match(again, /^USERNAME +WHY +MESSAGE$/m);
    assert.equal(
      again.match(/^s\d+@college\.edu +changed_since +The upload second\.csv .* what it left/gm)
        ?.length,
      140,
    );
    assert.equal((await shown(first)).state, "reverted");
    const second = JSON.parse(await does("uploads", "springfield", "--limit", "1", "--json"))[0];
    assert.match(await does("revert", second.id), /^restored +140$[^]*^Nothing of it is left\.$/m);
    assert.match(await does("revert", first), /^removed +150$[^]*^Nothing of it is left\.$/m);
  });

  test("an upload that nobody knows is 66, one that a token may not decide about 77", async () => {
    const name = "a reader";
    const made = await service.admin("POST", "/admin/tokens", { name, role: "viewer" });
    assert.equal(made.status, 201);
    const reader = { ROSTERBRIDGE_URL: service.workerUrl, ROSTERBRIDGE_TOKEN: made.body.token };
    const [{ id }] = JSON.parse(await does("uploads", "springfield", "--limit", "1", "--json"));
    assert.equal((await refused(66, "preview", nowhere)).code, "upload_unknown");
    for (const decision of decisions) {
      assert.equal((await refused(66, decision, nowhere)).code, "upload_unknown", decision);
      const forbidden = await run([decision, id], "", reader);
      assert.equal(forbidden.code, 77, decision);
      assert.notEqual(forbidden.stderr, "", decision);
      assert.equal((await run([decision])).code, 64, decision);
    }
  });
});
