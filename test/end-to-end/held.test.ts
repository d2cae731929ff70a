// SPEC section 9 as a school and an administrator live it, with real processes and OpenSSH's sftp.
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { startMailbox } from "../worker/events/telling-world.ts";
import { startService } from "./service.ts";
import { until } from "../until.ts";

const roster = (numbers: number[]) =>
  "U,S,L,F,T,D,R,T,O\r\n" +
  numbers.map((i) => `s${i}@college.edu,S${i},Lee,,,,,,1\r\n`).join("");
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test("a file that would remove half the school is held and told of, looked at, released without removals; the first file is put back", async () => {
  const mailbox = await startMailbox();
  try {
    await using service = await startService({
      worker: {
        SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`,
        MAIL_FROM: "Rosterbridge <no-reply@roster.test>",
        PUBLIC_URL: "https://roster.test",
      },
    });
    const school = await service.addSchool("springfield", {
      mode: "snapshot",
      holdWhen: { changedPercent: 75, removedPercent: 10 },
    });
    const path = "/admin/schools/springfield";
    const contact = { email: "ruth@college.test", wants: ["held", "completed"] };
    assert.equal((await service.admin("POST", `${path}/contacts`, contact)).status, 201);

    let count = 0;
    /** Sends a roster with sftp. @returns its upload, once it is no longer under way */
    const send = async (text: string) => {
      const file = join(service.folder, "roster.csv");
      await writeFile(file, text);
      const put = await school.sftp(`put ${file} inbound/roster.csv`);
      assert.equal(put.code, 0, put.stderr);
      count++;
      // deno-lint-ignore no-explicit-any
      let items: any[] = [];
      await until(async () => {
        ({ items } = (await service.admin("GET", `${path}/uploads`)).body);
        return items.length === count &&
          !["accepted", "checking", "processing"].includes(items[0].state);
      });
      return items[0];
    };
    const active = async () =>
      (await service.admin("GET", `${path}/students?status=active&limit=1000`)).body.items.length;

    const students = async () =>
      // deno-lint-ignore no-explicit-any
      (await service.admin("GET", `${path}/students?limit=1000`)).body.items as any[];

    const first = await send(roster(upTo(20)));
    assert.equal(first.state, "completed");
    await mailbox.count(1);
    const held = await send(roster(upTo(10)));
    assert.equal(held.state, "held");
    assert.equal(await active(), 20);
    await mailbox.count(2);
    const [, mail] = mailbox.mails;
    assert.deepEqual(mail!.to, ["ruth@college.test"]);
    const said = mail!.source.replace(/=\r?\n/g, "");
    assert.match(said, /roster\.csv is held/);
    assert.match(said, /10 of 20 active students inactive/);
    assert.doesNotMatch(said, /s1\d@college\.edu/);
    const names = await school.names();
    assert.ok(names.some((name) => name.endsWith(".processing")), names.join());

    const preview = await service.admin("GET", `/admin/uploads/${held.id}/preview?outcome=left`);
    assert.equal(preview.body.counts.left, 10);
    assert.equal(preview.body.items.length, 10);
    const released = await service.admin("POST", `/admin/uploads/${held.id}/release`, {
      withoutRemovals: true,
      reason: "they are on leave",
    });
    assert.equal(released.status, 202, JSON.stringify(released.body));
    const report = `/inbound/roster.csv.${held.timeCode}.completed`;
    await until(async () => (await school.names()).includes(report.slice("/inbound/".length)));
    assert.match(
      String(await school.get(report)),
      /released by .* without removals: 10 students .* In their words: they are on leave/,
    );
    assert.equal(await active(), 20);

    // The next night's good file goes through.
    const good = await send(roster(upTo(21).slice(1)));
    assert.deepEqual([good.state, good.rows.added, good.rows.left], ["completed", 1, 1]);
    assert.equal(await active(), 20);
    assert.equal((await school.names()).filter((name) => name.endsWith(".processing")).length, 0);
    await mailbox.count(4);

    // The first file was the wrong one: whom no later file changed is gone again.
    const since = new Set(["s0@college.edu", "s20@college.edu"]);
    const stood = (await students()).filter(({ username }) => since.has(username));
    const answer = await service.admin("POST", `/admin/uploads/${first.id}/revert`, {
      reason: "last year's roster",
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual([answer.body.state, answer.body.removed], ["reverted", 19]);
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any
      answer.body.items.map(({ username, why }: any) => [username, why]),
      [["s0@college.edu", "changed_since"]],
    );
    assert.deepEqual(await students(), stood);
    await mailbox.count(5);
    const undone = mailbox.mails[4]!;
    assert.deepEqual(undone.to, ["ruth@college.test"]);
    assert.match(undone.source.replace(/=\r?\n/g, ""), /roster\.csv was undone/);
    assert.equal((await service.admin("GET", `/admin/uploads/${first.id}`)).body.state, "reverted");
  } finally {
    await mailbox.stop();
  }
});
