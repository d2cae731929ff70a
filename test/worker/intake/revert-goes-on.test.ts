// SPEC section 9, Undo: a revert whose worker ended half-way comes to its end without being asked for again.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { uploadColumns } from "../../../cli/commands/uploads.ts";
import { beginRevert } from "../../../worker/database/school/reverts.ts";
import { carryOutRevert } from "../../../worker/intake/revert.ts";
import { startTicking } from "../../../worker/platform/ticking.ts";
import { until } from "../../until.ts";
import { adminToken } from "../app-under-test.ts";
import { Browser } from "../console/browser.ts";
import { eachDatabase } from "../database/each-database.ts";
import { dying, row, undoSchool } from "./undo-school.ts";

type World = Awaited<ReturnType<typeof undoSchool>>;
type Listed = { id: string; revert?: object };
const PAGE = 2;

eachDatabase("a revert that was cut off", (opened) => {
  /** Ruth's, of an upload that changed a and b and added c: gone after so many batches. */
  async function cutOff(batches: number) {
    const world = await undoSchool(opened().client);
    const { under } = world;
    await world.send(row("a", "1", "Ann"), row("b", "2", "Bob"));
    const wrong = await world.send(row("a", "1", "X"), row("b", "2", "Y"), row("c", "3"));
    await begin(world, wrong, batches);
    assert.deepEqual(await stands(world, wrong), { state: "reverting", audit: [] });
    under.clock.now += 60_000;
    return { ...world, wrong };
  }
  async function begin({ database, id, under }: World, wrong: string, batches: number) {
    const by = { actor: "ruth", at: new Date(under.clock.now).toISOString() };
    const upload = { id: wrong, schoolId: id as SchoolId };
    await database.execute(beginRevert(upload, "wrong term", by));
    const revert = carryOutRevert(dying(database, batches, true), wrong, by.at, PAGE);
    await assert.rejects(revert, { message: "gone" });
  }
  async function stands({ ok, slug }: World, wrong: string) {
    const { state } = await ok("GET", `/admin/uploads/${wrong}/revert`);
    const { items } = await ok("GET", `/admin/audit?school=${slug}&action=upload.reverted`);
    const audit = items.map((one: { actor: string; detail: unknown }) => [one.actor, one.detail]);
    return { state, audit };
  }
  const done = (upload: string) => ({
    state: "reverted",
    audit: [["ruth", { upload, reason: "wrong term" }]],
  });
  /** As the platform's own cron does once a minute. */
  async function tick({ under }: World): Promise<void> {
    let ticks: Promise<void> | undefined;
    startTicking(() => under.context, undefined, async (_name, _schedule, _options, handler) => {
      await (ticks = handler());
    }).stop();
    await ticks;
  }
  async function checkPutBack(world: World, wrong: string) {
    assert.deepEqual(await stands(world, wrong), done(wrong));
    const students = (await world.stored()).map((one) => [one["username"], one["first_name"]]);
    assert.deepEqual(students, [["a@x.edu", "Ann"], ["b@x.edu", "Bob"]]);
    const { rows } = await world.database.execute({
      sql: "SELECT kind FROM occurrences WHERE kind = 'upload.reverted' AND school_id = ?",
      args: [world.id],
    });
    assert.equal(rows.length, 1, "told once");
    assert.deepEqual(world.under.logged, []);
  }

  test("is taken to its end by the next tick, once, wherever it was, and the audit says who asked and why", async () => {
    for (let batches = 0; batches < 4; batches++) {
      const world = await cutOff(batches);
      await Promise.all([tick(world), tick(world)]);
      await tick(world);
      await checkPutBack(world, world.wrong);
    }
  });

  test("is taken to its end while a bridge listens", async () => {
    const world = await cutOff(1);
    const listening = { directoryVersion: null, commands: [], room: 0, waitMs: 0 };
    assert.equal((await world.under.bridge("POST", "/bridge/listen", listening)).status, 200);
    await until(async () => (await stands(world, world.wrong)).state === "reverted");
    await checkPutBack(world, world.wrong);
  });

  test("comes before the later one of its school", async () => {
    const world = await undoSchool(opened().client);
    await world.send(row("a", "1", "Ann"));
    const first = await world.send(row("a", "1", "X"));
    const second = await world.send(row("a", "1", "Y"));
    for (const upload of [first, second]) await begin(world, upload, 0);
    await tick(world);
    assert.equal((await stands(world, first)).state, "reverted");
    await tick(world);
    assert.equal((await stands(world, second)).audit.length, 2);
    assert.deepEqual((await world.stored()).map((one) => one["first_name"]), ["X"]);
  });

  test("that fails costs its own school only, is logged, and is tried again", async () => {
    const [ill, well] = [await cutOff(1), await cutOff(1)];
    const { database } = ill;
    const context = { ...well.under.context, database: dying(database, 0, false) };
    await tick({ ...well, under: { ...well.under, context } });
    const failed = well.under.logged.filter(({ event }) => event === "revert.failed");
    const uploads = new Set(failed.map(({ upload }) => upload));
    assert.deepEqual([uploads.has(ill.wrong), uploads.has(well.wrong)], [true, true]);
    well.under.logged.length = 0;
    await tick(well);
    for (const world of [ill, well]) await checkPutBack(world, world.wrong);
  });

  test("is said beside the upload's state, in answers, lists, the console and on the command line", async () => {
    const world = await cutOff(1);
    const { ok, slug, wrong } = world;
    const browser = new Browser(world.under.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const shown = async () => {
      const upload = await ok("GET", `/admin/uploads/${wrong}`);
      for (const path of [`/admin/schools/${slug}/uploads`, `/admin/uploads?school=${slug}`]) {
        const { items } = await ok("GET", path);
        const reverts = items.map(({ id, revert }: Listed) => revert && [id, revert]);
        assert.deepEqual(reverts.filter(Boolean), [[wrong, upload.revert]], path);
      }
      const { html } = await browser.open(`/console/uploads?school=${slug}`);
      const state = uploadColumns.find(([name]) => name === "STATE")![1](upload);
      return { upload, state, isBeingPutBack: html.includes("being put back") };
    };
    const reverting = await shown();
    assert.equal(reverting.upload.state, "completed");
    const { begunAt, ...stands } = reverting.upload.revert;
    assert.equal(typeof begunAt, "string");
    assert.equal(stands.state, "reverting");
    assert.deepEqual([reverting.state, reverting.isBeingPutBack], ["completed, reverting", true]);
    await tick(world);
    const reverted = await shown();
    assert.equal(reverted.upload.state, "reverted");
    const { state, finishedAt, restored, removed, madeInactive } = reverted.upload.revert;
    assert.deepEqual([state, restored, removed, madeInactive], ["reverted", 2, 1, 0]);
    assert.notEqual(finishedAt, null);
    assert.deepEqual([reverted.state, reverted.isBeingPutBack], ["reverted", false]);
  });

  test("is said on the upload's page, with who began it and why, and is not offered again", async () => {
    const world = await cutOff(1);
    const browser = new Browser(world.under.app);
    await browser.post("/console/sign-in", { token: adminToken });
    const page = async () => (await browser.open(`/console/uploads/${world.wrong}`)).html;
    const reverting = await page();
    assert.match(reverting, /What this upload changed is being put back/);
    assert.match(reverting, /ruth began it .*: wrong term/);
    assert.doesNotMatch(reverting, /Revert this upload|What was put back/);
    await tick(world);
    const reverted = await page();
    assert.doesNotMatch(reverted, /is being put back/);
    assert.match(reverted, /What was put back/);
  });
}, { only: ["file:", "http:"] });
