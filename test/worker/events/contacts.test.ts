import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { addContact, mailsOf, withWorldAndMailbox } from "./mail-calls.ts";
import { tellingWorld } from "./telling-world.ts";

const HOUR = 3_600_000;
const again = { facts: { silentSince: "2026-11-20T00:00:00.000Z" } };

eachDatabase("contacts", (database) => {
  test("contacts are added, listed, changed and removed; what waits goes where they are then", async () => {
    await withWorldAndMailbox(database().client, async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      const path = `/admin/schools/${slug}/contacts`;
      const digest = { digestAt: "12:00", timezone: "UTC" };
      const { id } = await addContact(world, slug, {
        email: "ruth@college.test",
        wants: ["silent"],
        ...digest,
      });
      const twice = await world.admin("POST", path, {
        email: "ruth@college.test",
        wants: ["held"],
      });
      assert.deepEqual([twice.status, twice.body.code], [409, "contact_exists"]);
      const wrong = await world.admin("POST", path, { email: "ruth", wants: ["everything"] });
      assert.equal(wrong.status, 400);
      assert.match(wrong.body.detail, /email .*registrar@college\.edu.*wants\.0 .*not_downloaded/);
      const leaving = await addContact(world, slug, {
        email: "left@college.test",
        wants: ["silent"],
        ...digest,
      });
      await world.happen({ schoolId, kind: "school.heard", ...again });
      await world.teller.run();
      const changed = await world.admin("PATCH", `${path}/${id}`, { email: "new@college.test" });
      assert.deepEqual([changed.status, changed.body.email], [200, "new@college.test"]);
      assert.equal((await world.admin("DELETE", `${path}/${leaving.id}`)).status, 204);
      world.later(24 * HOUR);
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ to }) => to[0]), ["new@college.test"]);
      const { body: { items } } = await world.admin("GET", path);
      assert.deepEqual(items.map(({ email }: { email: string }) => email), ["new@college.test"]);
      const { body: audit } = await world.admin("GET", "/admin/audit");
      assert.doesNotMatch(JSON.stringify(audit), /college\.test/);
    });
  });

  test("without a mail server nobody is told by mail, and contacts say so", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId, slug } = await world.school();
    const contact = await addContact(world, slug, {
      email: "ruth@college.test",
      wants: ["silent"],
    });
    assert.match(String((contact as { note?: string }).note), /SMTP_URL is not set/);
    await world.happen({ schoolId, kind: "school.heard", ...again });
    await world.teller.run();
    assert.deepEqual(await mailsOf(world, slug), []);
  });
}, { only: ["file:", "http:"] });
