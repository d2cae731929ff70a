import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { addContact, header, mailsOf, readable, withWorldAndMailbox } from "./mail-calls.ts";
import { codeCounts } from "../../../worker/database/school/uploads.ts";
import { eachDatabase } from "../database/each-database.ts";
import { startMailbox, type TellingWorld, tellingWorld } from "./telling-world.ts";
import { freePort } from "../../free-port.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const again = { facts: { silentSince: "2026-11-20T00:00:00.000Z" } };
let uploads = 0;

/** A roster that was processed, with problems whose messages hold values of rows. */
async function addUpload(
  world: TellingWorld,
  schoolId: SchoolId,
  { state = "completed", rejected = 0 }: { state?: string; rejected?: number } = {},
): Promise<string> {
  uploads += 1;
  const id = `11111111-1111-4111-8111-${String(uploads).padStart(12, "0")}`;
  const { database } = world.context;
  const at = new Date(world.clock.now).toISOString();
  await database.batch([
    {
      sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
              address, client, accepted_at, completed_at)
            VALUES (?, ?, 'roster.csv', '20261122T101530123Z', ?, 10, '', '', '', '', ?, ?)`,
      args: [id, schoolId, state, at, at],
    },
    {
      sql: "INSERT INTO rosters (upload_id, read, added, rejected) VALUES (?, 20, ?, ?)",
      args: [id, 20 - rejected, rejected],
    },
  ], "write");
  for (let line = 2; line < 2 + rejected; line++) {
    await database.execute({
      sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
              message) VALUES (?, ?, 0, 'secret@college.edu', 'Dob', 'error', 'dob_format', ?)`,
      args: [id, line, "secret value 31/12/2001"],
    });
  }
  return id;
}

eachDatabase("mail", (database) => {
  const withMailbox = (run: Parameters<typeof withWorldAndMailbox>[1]) =>
    withWorldAndMailbox(database().client, run);

  test("a contact is told what it wants, at once: counts, codes, line numbers and a link", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, {
        email: "ruth@college.test",
        name: "Ruth Registrar",
        wants: ["problems"],
      });
      await addContact(world, slug, { email: "other@college.test", wants: ["held"] });
      const subject = await addUpload(world, schoolId, { rejected: 7 });
      await world.happen({ schoolId, kind: "upload.completed", subject });
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ to }) => to), [["ruth@college.test"]]);
      const source = readable(mailbox.mails[0]!.source);
      assert.match(header(source, "subject")!, /: roster\.csv: 7 rows were rejected$/);
      assert.equal(header(source, "to"), "Ruth Registrar <ruth@college.test>");
      assert.equal(header(source, "from"), "Rosterbridge <no-reply@roster.test>");
      assert.equal(header(source, "auto-submitted"), "auto-generated");
      assert.match(source, /20 rows: 13 added, 0 updated, 0 unchanged, 7 rejected\./);
      assert.match(source, /dob_format\), 7 times: lines 2, 3,\s+4, 5, 6 and 2 more/);
      assert.ok(source.includes(`https://roster.test/console/uploads/${subject}`));
      assert.match(source, /content-type: text\/plain/i);
      assert.match(source, /content-type: text\/html/i);
    });
  });

  test("never a row's values", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, {
        email: "ruth@college.test",
        wants: ["problems", "rejected", "held", "completed"],
      });
      for (const kind of ["completed", "rejected", "held", "parked", "discarded"] as const) {
        const subject = await addUpload(world, schoolId, { rejected: 3, state: kind });
        await world.happen({ schoolId, kind: `upload.${kind}`, subject });
      }
      await world.teller.run();
      assert.equal(mailbox.mails.length, 5);
      for (const { source } of mailbox.mails) {
        assert.doesNotMatch(readable(source), /secret|31\/12\/2001/);
      }
      assert.doesNotMatch(JSON.stringify(world.logged), /secret|ruth@college\.test/);
    });
  });

  test("of what was given up it does not say that a person did so: the end of a pause does too", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["held"] });
      const subject = await addUpload(world, schoolId, { state: "discarded" });
      await world.happen({ schoolId, kind: "upload.discarded", subject });
      await world.teller.run();
      const source = readable(mailbox.mails[0]!.source);
      assert.match(source, /was given up/);
      assert.doesNotMatch(source, /administrator/i);
    });
  });

  test("of a problem of the whole file no line is named", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["rejected"] });
      const subject = await addUpload(world, schoolId, { state: "rejected" });
      await world.context.database.execute({
        sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
                message) VALUES (?, 0, 0, '', '', 'error', 'file_line_ends', '')`,
        args: [subject],
      });
      const [problem] = await codeCounts(world.context.database, subject);
      assert.deepEqual([problem!.count, problem!.lines], [1, []]);
      await world.happen({ schoolId, kind: "upload.rejected", subject });
      await world.teller.run();
      const source = readable(mailbox.mails[0]!.source);
      assert.match(source, /file_line_ends\),\s+1\s+time\r?\n/);
      assert.doesNotMatch(source, /lines? 0/);
    });
  });

  test("each contact chooses what it wants", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      const wants = ["held", "rejected", "problems", "completed", "exported"];
      for (const want of [...wants, "key_expiring", "silent", "not_downloaded"]) {
        await addContact(world, slug, { email: `${want}@college.test`, wants: [want] });
      }
      const fine = await addUpload(world, schoolId);
      const wrong = await addUpload(world, schoolId, { rejected: 1 });
      await world.context.database.batch([
        {
          sql: `INSERT INTO exports (school_id, due_at, id, name, students, created_at)
                VALUES (?, '2026-11-22T00:00:00.000Z', ?, 'verified.csv', 3, '')`,
          args: [schoolId, `export-${schoolId}`],
        },
        {
          sql: `INSERT INTO ssh_keys (school_id, fingerprint, type, bits, public_key, label,
                  created_at, expires_at) VALUES (?, ?, 'ssh-rsa', 2048, '', 'office', '', ?)`,
          args: [schoolId, `SHA256:${schoolId}`, "2027-12-01T00:00:00.000Z"],
        },
      ], "write");
      const at = { schoolId };
      const exported = { ...at, subject: `export-${schoolId}` };
      const since = "2026-11-01T00:00:00.000Z";
      await world.happen({ ...at, kind: "upload.accepted", subject: fine });
      await world.happen({ ...at, kind: "upload.completed", subject: fine });
      await world.happen({ ...at, kind: "upload.completed", subject: wrong });
      await world.happen({ ...at, kind: "upload.held", subject: fine });
      await world.happen({ ...at, kind: "upload.rejected", subject: fine });
      await world.happen({ ...exported, kind: "export.made" });
      await world.happen({ ...exported, kind: "export.delivered" });
      await world.happen({
        ...exported,
        kind: "export.not_downloaded",
        facts: { days: 7, deliveredAt: since },
      });
      await world.happen({ ...exported, kind: "export.downloaded", facts: { late: true } });
      await world.happen({
        ...at,
        kind: "key.expiring",
        subject: `SHA256:${schoolId}`,
        facts: { days: 30 },
      });
      await world.happen({
        ...at,
        kind: "school.silent",
        facts: { expected: "every day at noon", expectedBy: since },
      });
      await world.happen({ ...at, kind: "school.heard", facts: { silentSince: since } });
      await world.teller.run();
      const told = mailbox.mails.map(({ to, source }) =>
        `${to[0]!.split("@")[0]}: ${header(source, "subject")!.replace(/^.*?: /, "")}`
      );
      assert.deepEqual(told.toSorted(), [
        "completed: roster.csv was processed",
        "completed: roster.csv: 1 row was rejected",
        "exported: verified.csv is there for you",
        "held: roster.csv is held",
        "key_expiring: An SSH key ends within 30 days",
        "not_downloaded: verified.csv was fetched",
        "not_downloaded: verified.csv was not fetched",
        "problems: roster.csv: 1 row was rejected",
        "rejected: roster.csv was rejected as a whole",
        "silent: A roster has come again",
        "silent: No roster has come",
      ]);
    });
  });

  test("a daily digest in the contact's time zone, for those who prefer one", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      const path = `/admin/schools/${slug}/contacts`;
      const digest = { email: "ruth@college.test", wants: ["silent"], digestAt: "07:00" };
      const noZone = await world.admin("POST", path, digest);
      assert.equal(noZone.status, 400);
      assert.match(noZone.body.detail, /on whose clock/);
      await addContact(world, slug, { ...digest, timezone: "America/New_York" });
      const facts = { expected: "daily", expectedBy: "2026-11-22T00:00:00.000Z" };
      await world.happen({ schoolId, kind: "school.silent", subject: "1", facts });
      await world.happen({ schoolId, kind: "school.silent", subject: "2", facts });
      await world.teller.run();
      // 10:15 UTC is 05:15 in New York: 07:00 is 12:00 UTC.
      world.clock.now = Date.parse("2026-11-22T11:59:59.999Z");
      await world.teller.run();
      assert.equal(mailbox.mails.length, 0);
      world.later(1);
      await world.teller.run();
      assert.equal(mailbox.mails.length, 1);
      const source = readable(mailbox.mails[0]!.source);
      assert.match(header(source, "subject")!, /: 2 things to know, 2 to look at$/);
      assert.match(source, /5:15\sAM\sEST/);
      await world.happen({ schoolId, kind: "school.silent", subject: "3", facts });
      await world.teller.run();
      world.later(24 * HOUR);
      await world.teller.run();
      assert.match(
        header(mailbox.mails[1]!.source, "subject")!,
        /: 1 thing to know, 1 to look at$/,
      );
      world.later(24 * HOUR);
      await world.teller.run();
      assert.equal(mailbox.mails.length, 2, "with nothing to tell there is no mail");
    });
  });

  test("a digest that is being sent takes nothing more: it is in the next one", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      const digest = { digestAt: "12:00", timezone: "UTC" };
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"], ...digest });
      await world.happen({ schoolId, kind: "school.heard", subject: "1", ...again });
      await world.teller.run();
      world.clock.now = Date.parse("2026-11-22T12:00:00.000Z");
      await world.teller.run();
      // Another worker whose clock is behind hands over to the digest that has gone out.
      await world.happen({ schoolId, kind: "school.heard", subject: "2", ...again });
      const behind = world.anotherTeller({ now: () => world.clock.now - 1_000 });
      await behind.run();
      await world.teller.run();
      world.later(24 * HOUR);
      await world.teller.run();
      assert.equal(mailbox.mails.length, 2);
      assert.match(header(mailbox.mails[1]!.source, "subject")!, /1 thing to know/);
    });
  });

  test("sent once: two workers never both send one", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"] });
      for (let number = 1; number <= 25; number++) {
        await world.happen({ schoolId, kind: "school.heard", subject: String(number), ...again });
      }
      const others = [world.anotherTeller(), world.anotherTeller()];
      await Promise.all([world.teller, ...others].map((teller) => teller.run()));
      const ids = mailbox.mails.map(({ source }) => header(source, "message-id"));
      assert.equal(ids.length, 25);
      assert.equal(new Set(ids).size, 25);
    });
  });

  test("a worker that dies while it sends: another sends it, with the same Message-ID", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"] });
      await world.happen({ schoolId, kind: "school.heard", ...again });
      const ids: string[] = [];
      let sent!: () => void;
      const isSending = new Promise<void>((resolve) => sent = resolve);
      const openServer = () => ({
        send: ({ messageId }: { messageId: string }) => {
          ids.push(messageId);
          sent();
          return new Promise<never>(() => {});
        },
        close() {},
      });
      world.anotherTeller({ mail: { openServer, domain: "roster.test" } }).run();
      await isSending;
      await world.teller.run();
      assert.equal(mailbox.mails.length, 0, "it is in another's hands");
      world.later(10 * MINUTE);
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ source }) => header(source, "message-id")), ids);
      const [mail] = await mailsOf(world, slug);
      assert.deepEqual([mail.state, mail.tries, mail.address], ["sent", 2, "ruth@college.test"]);
    });
  });

  test("what the mail server refuses is on record, and keeps no other mail", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      mailbox.refuse = (address) =>
        address.startsWith("gone") ? { code: 550, message: "No such mailbox" } : undefined;
      await addContact(world, slug, { email: "gone@college.test", wants: ["silent"] });
      await addContact(world, slug, { email: "here@college.test", wants: ["silent"] });
      await world.happen({ schoolId, kind: "school.heard", ...again });
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ to }) => to[0]), ["here@college.test"]);
      const mails = await mailsOf(world, slug);
      const refused = mails.find(({ address }) => address === "gone@college.test");
      assert.equal(refused.state, "refused");
      assert.match(refused.answer, /550 No such mailbox/);
      world.later(72 * HOUR);
      await world.teller.run();
      assert.equal(mailbox.mails.length, 1, "what is refused is not tried again");
    });
  });

  test("what the mail server puts off, or cannot be told as it is away, is tried again for three days", async () => {
    const port = await freePort();
    const world = tellingWorld(database().client, { smtpPort: port });
    const { id: schoolId, slug } = await world.school();
    await addContact(world, slug, { email: "a@college.test", wants: ["silent"] });
    await addContact(world, slug, { email: "b@college.test", wants: ["silent"] });
    await world.happen({ schoolId, kind: "school.heard", ...again });
    await world.teller.run();
    const away = await mailsOf(world, slug);
    assert.deepEqual(away.map(({ state }) => state), ["waiting", "waiting"]);
    assert.equal(away.filter(({ tries }) => tries === 1).length, 1, "one try finds it away");
    const mailbox = await startMailbox(port);
    try {
      mailbox.refuse = () => ({ code: 451, message: "Greylisted, come again" });
      world.later(MINUTE);
      await world.teller.run();
      assert.equal(mailbox.mails.length, 0);
      mailbox.refuse = () => undefined;
      world.later(10 * MINUTE);
      await world.teller.run();
      assert.deepEqual(mailbox.mails.map(({ to }) => to[0]).toSorted(), [
        "a@college.test",
        "b@college.test",
      ]);
      mailbox.refuse = () => ({ code: 451, message: "Greylisted, come again" });
      await world.happen({ schoolId, kind: "school.heard", subject: "2", ...again });
      for (let look = 0; look < 20; look++) {
        await world.teller.run();
        world.later(6 * HOUR);
      }
      const states = (await mailsOf(world, slug)).map(({ state }) => state);
      assert.deepEqual(states.toSorted(), ["failed", "failed", "sent", "sent"]);
    } finally {
      await mailbox.stop();
    }
  });

  test("a mail that cannot be written keeps no other", async () => {
    await withMailbox(async (mailbox, world) => {
      const { id: schoolId, slug } = await world.school();
      await addContact(world, slug, { email: "ruth@college.test", wants: ["silent"] });
      await world.happen({ schoolId, kind: "school.heard", facts: { silentSince: "no time" } });
      await world.happen({ schoolId, kind: "school.heard", subject: "2", ...again });
      await world.teller.run();
      assert.equal(mailbox.mails.length, 1);
      const states = (await mailsOf(world, slug)).map(({ state }) => state);
      assert.deepEqual(states.toSorted(), ["refused", "sent"]);
    });
  });
}, { only: ["file:", "http:"] });
