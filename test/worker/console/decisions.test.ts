// SPEC sections 3 and 9: what is decided about an upload, with the forms of its page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { rows, SafeWorld } from "../intake/safe-world.ts";
import { adminToken } from "../app-under-test.ts";
import { Browser } from "./browser.ts";

const limits = { holdWhen: { removedPercent: 10 }, mode: "snapshot" };

eachDatabase("decisions in the console", (opened) => {
  async function signedIn() {
    const world = await SafeWorld.open(opened().client, limits);
    await world.send(rows(0, 10));
    const browser = new Browser(world.app.app);
    await browser.post("/console/sign-in", { token: adminToken });
    /** What the audit has of the last such decision. */
    const audited = async (action: string) => {
      const { body } = await world.app.admin("GET", `/admin/audit?action=${action}&limit=1`);
      return body.items[0].detail;
    };
    return { world, browser, audited };
  }

  test("a release says why, in the audit and in the report; a refused one keeps what was typed", async () => {
    const { world, browser, audited } = await signedIn();
    const held = await world.send(rows(0, 4));
    const path = `/console/uploads/${held}`;
    const shown = await browser.open(path);
    const ids = [...shown.html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i), [], "an id stands twice");

    const typed = { reason: "they moved", confirm: "fall.csv" };
    const refused = await browser.submit(shown, `${path}/release`, typed);
    assert.equal(refused.status, 409);
    assert.match(refused.html, /That was not done/);
    assert.match(refused.html, /id="release-reason"[^>]*value="they moved"/);
    assert.doesNotMatch(refused.html, /id="discard-reason"[^>]*value="they/);

    const released = await browser.submit(refused, `${path}/release`, { confirm: "roster.csv" });
    assert.equal(released.status, 200);
    assert.equal((await world.upload(held)).state, "completed");
    assert.match((await world.report(held))[1]!, /In their words: they moved/);
    assert.equal((await audited("upload.released")).reason, "they moved");
  });

  test("a discard that was refused stands open, with what was typed", async () => {
    const { world, browser } = await signedIn();
    const path = `/console/uploads/${await world.send(rows(0, 4))}`;
    const typed = { reason: "wrong\u202e year" };
    const refused = await browser.submit(await browser.open(path), `${path}/discard`, typed);
    assert.equal(refused.status, 409);
    assert.match(refused.html, /<details class="fold" open=""><summary>Give it up/);
    assert.match(refused.html, /id="discard-reason"[^>]*value="wrong/);
  });

  test("a retry says why, in the audit", async () => {
    const { world, browser, audited } = await signedIn();
    const parked = world.accept(rows(0, 10, "Kim"));
    await world.announce(parked, "its stored bytes are damaged");
    const path = `/console/uploads/${parked}`;
    const typed = { reason: "the disk is mended" };
    const shown = await browser.open(path);
    assert.match(shown.html, /id="retry-reason"[^>]*name="reason"/);
    const tried = await browser.submit(shown, `${path}/retry`, typed);
    assert.equal(tried.status, 200);
    assert.equal((await audited("upload.retried")).reason, "the disk is mended");
  });
}, { only: ["file:"] });
