// SPEC sections 6, 9 and 10: a time zone that this runtime does not know, as its list of them is older or
// newer than the one that took it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tick } from "../../../worker/export/tick.ts";
import { pauseOn } from "../../../worker/roster/pauses.ts";
import { storedSettings } from "../../../worker/roster/settings.ts";
import { eachDatabase } from "../database/each-database.ts";
import { kindsOf } from "./happened.ts";
import { addContact, mailsOf, withWorldAndMailbox } from "./mail-calls.ts";
import { type TellingWorld, tellingWorld } from "./telling-world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const gone = "America/Gone_City";
const known = "America/New_York";
const says =
  /"America\/Gone_City" is no time zone that this service knows now: UTC is used instead/;

/** What took the zone knew it. */
async function forget({ context }: TellingWorld): Promise<void> {
  await context.database.batch([
    { sql: "UPDATE schedules SET timezone = ? WHERE timezone = ?", args: [gone, known] },
    { sql: "UPDATE contacts SET timezone = ? WHERE timezone = ?", args: [gone, known] },
    {
      sql: "UPDATE watches SET expectation = replace(expectation, ?, ?)",
      args: [known, gone],
    },
    { sql: "UPDATE schools SET settings = replace(settings, ?, ?)", args: [known, gone] },
  ], "write");
}

eachDatabase("a time zone that this runtime does not know", (database) => {
  test("is refused by its name where it is set, and nothing is changed", async () => {
    const world = tellingWorld(database().client);
    const { slug } = await world.school();
    const path = `/admin/schools/${slug}`;
    const contact = { email: "ruth@college.test", wants: ["held"], digestAt: "07:00" };
    for (
      const [method, where, body] of [
        ["PUT", `${path}/schedule`, { when: "daily at 6am", timezone: gone }],
        ["POST", `${path}/contacts`, { ...contact, timezone: gone }],
        ["PATCH", path, { settings: { timezone: gone } }],
        ["PATCH", path, { settings: { expectEvery: { when: "daily at 6am", timezone: gone } } }],
      ] as const
    ) {
      const { status, body: problem } = await world.admin(method, where, body);
      assert.equal(status, 400, where);
      assert.match(problem.detail, /"America\/Gone_City" is no(t a)? time zone that this service/);
    }
  });

  test("keeps neither its school's exports nor those of others, after a clock that ran ahead too", async () => {
    const world = tellingWorld(database().client);
    const [its, other] = [await world.school(), await world.school()];
    for (const [{ slug }, timezone] of [[its, known], [other, "UTC"]] as const) {
      const path = `/admin/schools/${slug}/schedule`;
      const { status } = await world.admin("PUT", path, { when: "daily at 6am", timezone });
      assert.equal(status, 200);
    }
    await forget(world);
    const shown = await world.admin("GET", `/admin/schools/${its.slug}/schedule`);
    assert.deepEqual([shown.status, shown.body.timezone], [200, gone]);
    assert.match(shown.body.note, says);
    assert.match(shown.body.nextRuns[0].local, /T06:00:00\+00:00$/);
    for (const later of [DAY, 365 * DAY, -364 * DAY, DAY]) {
      world.later(later);
      assert.equal((await tick(world.context)).failed, 0);
    }
    for (const { slug } of [its, other]) {
      const { body } = await world.admin("GET", `/admin/schools/${slug}/exports`);
      assert.equal(body.items.length, 3, slug);
    }
    const named = world.logged.filter(({ event }) => event === "zone.unknown");
    assert.deepEqual([...new Set(named.map(({ timezone }) => timezone))], [gone]);
  });

  test("keeps the watch from no school", async () => {
    const world = tellingWorld(database().client);
    const expectEvery = { when: "every day at noon", timezone: known };
    const { id, slug } = await world.school({ expectEvery });
    await forget(world);
    const { body: school } = await world.admin("GET", `/admin/schools/${slug}`);
    assert.equal(school.settings.expectEvery.timezone, gone);
    assert.match(school.note, says);
    await world.teller.run();
    world.later(2 * DAY);
    await world.teller.run();
    assert.deepEqual(await kindsOf(database().client, String(id)), ["school.silent"]);
  });

  test("keeps nobody untold, and a contact is changed otherwise", async () => {
    await withWorldAndMailbox(database().client, async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      const path = `/admin/schools/${slug}/contacts`;
      const wants = ["silent"];
      const { id } = await addContact(world, slug, {
        ...{ email: "ruth@college.test", wants, digestAt: "07:00", timezone: known },
      });
      await addContact(world, slug, { email: "ana@college.test", wants, timezone: known });
      await addContact(world, slug, { email: "ben@college.test", wants });
      await forget(world);
      const changed = await world.admin("PATCH", `${path}/${id}`, { name: "Ruth" });
      assert.deepEqual([changed.status, changed.body.timezone], [200, gone]);
      assert.match(changed.body.note, says);
      const facts = { silentSince: "2026-11-20T00:00:00.000Z" };
      await world.happen({ schoolId, kind: "school.heard", facts });
      await world.teller.run();
      world.later(DAY);
      await world.teller.run();
      assert.deepEqual(
        mailbox.mails.map(({ to }) => to[0]).sort(),
        ["ana@college.test", "ben@college.test", "ruth@college.test"],
      );
      assert.ok((await mailsOf(world, slug)).every(({ state }) => state === "sent"));
    });
  });
}, { only: ["file:", "http:"] });

test("a pause on the clock of a zone that this runtime does not know begins and ends by UTC", () => {
  const pauses = [{ from: "2026-11-20", to: "2026-11-25", kind: "hold" }];
  const settings = storedSettings(JSON.stringify({ pauses, timezone: gone }));
  assert.equal(settings.timezone, gone);
  assert.equal(pauseOn(settings, Date.parse("2026-11-25T23:59:59Z"))?.kind, "hold");
  assert.equal(pauseOn(settings, Date.parse("2026-11-26T00:00:00Z")), undefined);
});
