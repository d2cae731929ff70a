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

  test("what a revert could not put back is shown a page at a time, to its end", async () => {
    const { world, browser } = await signedIn();
    const id = await world.send(rows(0, 10, "Kim"));
    const { status } = await world.decide(id, "revert?confirm=roster.csv");
    assert.equal(status, 200);
    // With three digits each, so that their order is that of the numbers.
    await world.app.context.database.execute({
      sql: `INSERT INTO revert_remains (upload_id, username_key, username, why)
        SELECT ?, 'r' || value || '@x.edu', 'r' || value || '@x.edu', 'changed_since'
        FROM generate_series(100, 349)`,
      args: [id],
    });
    const path = `/console/uploads/${id}`;
    const shownOf = ({ html }: { html: string }) =>
      [...html.matchAll(/>r(\d+)@x\.edu</g)].map((it) => Number(it[1]));
    let page = await browser.open(path);
    const shown = [shownOf(page)];
    while (page.html.includes(`action="${path}/remains"`)) {
      page = await browser.submit(page, `${path}/remains`);
      assert.equal(page.status, 200);
      shown.push(shownOf(page));
    }
    assert.deepEqual(shown.map(({ length }) => length), [100, 100, 50]);
    assert.deepEqual(shown.flat(), Array.from({ length: 250 }, (_, i) => 100 + i));
    assert.doesNotMatch(page.path, /x\.edu/);
  });
}, { only: ["file:"] });
