// SPEC sections 3 to 5, what only the whole service can show, with the clients schools have.
import assert from "node:assert/strict";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "csv-parse/sync";
import { makeRoster } from "../../scripts/made-roster.ts";
import { call, connect, openSftp } from "../bridge/sftp/harness.ts";
import { type School, type Service, startService, waitForName } from "./service.ts";
import { until } from "../until.ts";

const header =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";
const row = (name: string, rest = ",,,,,,,,1") => `${name}@x.edu${rest}\r\n`;
const MOST_BYTES = 4 * 1024 * 1024;

interface Upload {
  id: string;
  name: string;
  timeCode: string;
  state: string;
  acceptedAt: string;
  completedAt: string | null;
  rows: Record<string, number>;
}

describe("the life of a roster file", () => {
  let service: Service;
  before(async () => {
    service = await startService({
      bridge: { SETTLE_MS: "1000", MAX_UPLOAD_BYTES: String(MOST_BYTES) },
      worker: { SLICE_ROWS: "100" },
    });
  });
  after(() => service[Symbol.asyncDispose]());

  const uploads = async (school: School): Promise<Upload[]> => {
    const { body } = await service.admin("GET", `/admin/schools/${school.slug}/uploads`);
    return body.items.toReversed();
  };

  /** What a file came to: its report's lines as cells, without the header. */
  async function reportOf(school: School, name: string, count = 1): Promise<string[][]> {
    await waitForName(school, new RegExp(`^${name}\\.\\w+\\.completed$`), count);
    const names = (await school.names()).filter((other) =>
      other.startsWith(`${name}.`) && other.endsWith(".completed")
    );
    const text = (await school.get(`/inbound/${names.at(-1)}`)).toString();
    return parse(text, { record_delimiter: "\r\n", from: 2 });
  }

  /** A session with ssh2, open for as long as the work takes. */
  async function session<Result>(
    school: School,
    work: (sftp: Awaited<ReturnType<typeof openSftp>>, drop: () => void) => Promise<Result>,
  ): Promise<Result> {
    const client = await connect(service.sftpPort, {
      username: school.slug,
      privateKey: school.privateKey,
    });
    try {
      return await work(await openSftp(client), () => client.destroy());
    } finally {
      client.end();
    }
  }

  /** Uploads half of a file; then the connection drops. */
  async function dropHalfway(school: School, path: string, bytes: Buffer): Promise<void> {
    await session(school, async (sftp, drop) => {
      const handle = await call<Buffer>((done) => sftp.open(path, "w", done));
      const half = bytes.length >> 1;
      await call((done) => sftp.write(handle, bytes, 0, half, 0, done));
      drop();
    });
  }

  const fileAt = async (school: School, path: string) =>
    (await service.admin("GET", `/admin/schools/${school.slug}/files?path=${path}`)).body;

  test("`.rejected` is delivered together with `.completed` and `.original`, in place of `.processing`", async () => {
    const school = await service.addSchool("together");
    const bad = row("bad", ",,,,,31/12/2004,,,1");
    await session(school, async (sftp) => {
      const list = () => call<{ filename: string }[]>((done) => sftp.readdir("/inbound", done));
      const bytes = Buffer.from(makeRoster(2000, 8) + bad);
      await call((done) => sftp.writeFile("/inbound/roster.csv", bytes, done));
      const seen: string[] = [];
      await until(async () => {
        const names = (await list()).map(({ filename }) => filename.replace(/\d+T\d+Z/, "T"));
        const state = names.sort().join(" ");
        if (seen.at(-1) !== state) seen.push(state);
        return state.includes("completed");
      });
      assert.deepEqual(seen, [
        "roster.csv",
        "roster.csv.T.processing",
        "roster.csv.T.completed roster.csv.T.original roster.csv.T.rejected",
      ]);
      const names = await list();
      const rejected = names.find(({ filename }) => filename.endsWith(".rejected"))!.filename;
      const got = await call<Buffer>((done) => sftp.readFile(`/inbound/${rejected}`, done));
      assert.equal(got.toString(), header + bad);
    });
  });

  test("the same name uploaded while an earlier one is processing has its own time code, and is processed after it", async () => {
    const school = await service.addSchool("twice");
    const first = makeRoster(10_000, 9);
    // The worker stands still meanwhile, so that the first is being processed however slow this is.
    service.worker.child.kill("SIGSTOP");
    await school.put("/inbound/roster.csv", first);
    await waitForName(school, ".processing");
    const changed = header + "student9.9999@college.edu,,Changed,,,,,,1\r\n";
    await school.put("/inbound/roster.csv", changed);
    await waitForName(school, ".processing", 2);
    service.worker.child.kill("SIGCONT");
    await waitForName(school, ".completed", 2);
    const [one, two] = await uploads(school) as [Upload, Upload];
    assert.deepEqual([one.name, two.name], ["roster.csv", "roster.csv"]);
    assert.ok(one.timeCode < two.timeCode && one.completedAt! <= two.completedAt!);
    assert.deepEqual([one.rows["added"], two.rows["updated"]], [10_000, 1]);
    const original = `/inbound/roster.csv.${two.timeCode}.original`;
    assert.equal((await school.get(original)).toString(), changed);
    const path = "/admin/schools/twice/students/student9.9999@college.edu";
    assert.equal((await service.admin("GET", path)).body.lastName, "Changed");
  });

  test("the same bytes uploaded again are processed again, and the rows come out unchanged", async () => {
    const school = await service.addSchool("again");
    const bytes = makeRoster(300, 10);
    for (let count = 1; count <= 3; count++) {
      await school.put("/inbound/roster.csv", bytes);
      const [summary] = await reportOf(school, "roster.csv", count);
      const expected = count === 1 ? /: 300 added/ : /: 0 added, 0 updated, 300 unchanged/;
      assert.match(summary![5]!, expected);
    }
    assert.equal((await uploads(school)).length, 3);
  });

  test("progress is told as server-sent events, and right through a restart of the worker", async () => {
    const school = await service.addSchool("watched");
    const bytes = makeRoster(10_000, 11);
    await school.put("/inbound/roster.csv", bytes);
    await until(async () => (await uploads(school)).length > 0);
    const [{ id }] = await uploads(school) as [Upload];
    const told: { state: string; bytes: number; size: number; rows: Record<string, number> }[] = [];

    /** Watches to the end of the answer; false when it was cut off. */
    async function watch(each: () => void): Promise<boolean> {
      const answer = await fetch(`${service.workerUrl}/admin/uploads/${id}/progress`, {
        headers: { authorization: `Bearer ${service.adminToken}` },
      });
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type")!, /^text\/event-stream/);
      let text = "";
      try {
        for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
          text += piece;
          const events = text.split("\n\n");
          text = events.pop()!;
          for (const event of events) {
            const [, data] = /^event: progress\ndata: (.*)$/.exec(event)!;
            told.push(JSON.parse(data!));
            each();
          }
        }
        return true;
      } catch {
        return false;
      }
    }

    let restarted: Promise<void> | undefined;
    const ended = await watch(() => {
      restarted ??= service.restartWorker();
    });
    assert.equal(ended, false, "the upload was done before the worker was killed");
    await restarted;
    const before = told.length;
    assert.equal(await watch(() => {}), true);

    assert.ok(told.length > before + 1, "nothing was told between the restart and the end");
    for (const [i, { bytes, size, rows, state }] of told.entries()) {
      const earlier = told[i - 1];
      assert.equal(size, Buffer.byteLength(makeRoster(10_000, 11)));
      assert.ok(bytes >= (earlier?.bytes ?? 0) && rows["read"]! >= (earlier?.rows["read"] ?? 0));
      assert.equal(rows["read"], rows["added"]);
      assert.equal(state === "completed", i === told.length - 1, state);
    }
    assert.deepEqual([told.at(-1)!.bytes, told.at(-1)!.rows["added"]], [told[0]!.size, 10_000]);
    const [summary] = await reportOf(school, "roster.csv");
    assert.match(summary![5]!, /^10000 rows: 10000 added, 0 updated, 0 unchanged, 0 rejected/);
  });

  test("settings changed by PATCH and a new list of placements count for the next upload", async () => {
    const school = await service.addSchool("settings");
    const file = header + 'ana,S-1,,,020 7946 0958,,"Nursing",Fall,\r\n' +
      "ben@x.edu,,,,,,Law,Fall,1\r\ncyd@x.edu,,,,,,Nursing,Fall,0\r\n";
    await school.put("/inbound/roster.csv", file);
    const before = await reportOf(school, "roster.csv");
    assert.deepEqual(before.slice(1).map(([line, , column, , code]) => [line, column, code]), [
      ["2", "Username", "username_email"],
      ["2", "StudentId", "student_id_format"],
      ["2", "Telephone", "telephone_format"],
      ["2", "OnCampus", "on_campus_missing"],
    ]);
    const changed = await service.admin("PATCH", "/admin/schools/settings", {
      settings: {
        username: "any",
        studentIdPattern: "S-\\d",
        country: "GB",
        onCampusRequired: false,
        rowLimit: 2,
      },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const placed = await service.admin("PUT", "/admin/schools/settings/placements", [
      { requirementGroup: "Nursing", term: "Fall" },
    ]);
    assert.equal(placed.status, 204);
    await school.put("/inbound/roster.csv", file);
    const after = await reportOf(school, "roster.csv", 2);
    assert.match(after[0]![5]!, /^2 rows: 1 added.* 1 rejected.*1 more row was not processed/);
    assert.deepEqual(after.slice(1).map(([line, , , , code]) => [line, code]), [
      ["3", "placement_unknown"],
    ]);
    const { body } = await service.admin("GET", "/admin/schools/settings/students/ana");
    assert.deepEqual([body.studentId, body.telephone], ["S-1", "+442079460958"]);
  });

  test("files of other encodings and kinds: one clear answer for the whole file, or for each line", async () => {
    const school = await service.addSchool("kinds");
    const roster = header + row("ana", ",,García,,,,,,1") + row("ben");
    const files: Record<string, [Buffer, RegExp]> = {
      "utf16.csv": [Buffer.from(`\ufeff${roster}`, "utf16le"), /file_utf16 .*UTF-8 is expected/],
      "semicolons.csv": [
        Buffer.from(roster.replaceAll(",", ";")),
        /file_separator This looks like/,
      ],
      "tabs.csv": [
        Buffer.from(roster.replaceAll(",", "\t")),
        /file_separator This looks like a tab/,
      ],
      "mac.csv": [Buffer.from(roster.replaceAll("\r\n", "\r")), /file_line_ends .*Macintosh/],
      "book.csv": [
        Buffer.from(`PK\x03\x04${"\0".repeat(22)}\x13\0\0\0[Content_Types].xml`),
        /file_workbook .*Excel/,
      ],
      "empty.csv": [Buffer.alloc(0), /header_missing The file is empty/],
      "latin1.csv": [Buffer.from(roster, "latin1"), /summary 2 rows: 1 added.* 1 rejected/],
    };
    await session(school, async (sftp) => {
      for (const [name, [bytes]] of Object.entries(files)) {
        await call((done) => sftp.writeFile(`/inbound/${name}`, bytes, done));
      }
    });
    await waitForName(school, ".completed", Object.keys(files).length);
    await session(school, async (sftp) => {
      const get = (name: string) => call<Buffer>((done) => sftp.readFile(`/inbound/${name}`, done));
      for (const { name, timeCode } of await uploads(school)) {
        const [bytes, expected] = files[name]!;
        const report = await get(`${name}.${timeCode}.completed`);
        const [first, ...others]: string[][] = parse(report, { record_delimiter: "\r\n", from: 2 });
        assert.match(`${first![4]} ${first![5]}`, expected, name);
        assert.deepEqual(others.map(([line, , , , code]) => `${line} ${code}`), [
          ...(name === "latin1.csv" ? ["2 not_utf8"] : []),
        ]);
        assert.ok((await get(`${name}.${timeCode}.original`)).equals(bytes));
      }
    });
    const { body } = await service.admin("GET", "/admin/schools/kinds/students");
    assert.deepEqual(body.items.map(({ username }: { username: string }) => username), [
      "ben@x.edu",
    ]);
    const states = (await uploads(school)).map(({ state }) => state);
    assert.equal(states.filter((state) => state === "rejected").length, 6);
  });

  test("other names are left alone and listed as not a .csv, a dropped upload as incomplete with its partial size", async () => {
    const school = await service.addSchool("listed");
    await school.put("/inbound/notes.txt", "hello");
    await school.put("/inbound/roster.csv.filepart", header);
    const bytes = Buffer.from(header.repeat(50));
    await dropHalfway(school, "/inbound/cut.csv", bytes);
    await until(async () => (await fileAt(school, "/inbound/cut.csv")).size === bytes.length >> 1);
    const { body } = await service.admin("GET", "/admin/schools/listed/files");
    const notes = body.items.map((file: { path: string; note?: string }) => [file.path, file.note]);
    assert.deepEqual(notes.sort(), [
      ["/inbound/cut.csv", "incomplete"],
      ["/inbound/notes.txt", "not a .csv"],
      ["/inbound/roster.csv.filepart", "not a .csv"],
    ]);
    const { stdout } = await school.sftp("ls -l inbound/cut.csv");
    assert.match(stdout, new RegExp(` ${bytes.length >> 1} .* inbound/cut\\.csv`));
    await service.restartBridge();
    assert.deepEqual(await school.names(), ["cut.csv", "notes.txt", "roster.csv.filepart"]);
    assert.deepEqual(await uploads(school), []);
  });

  test("a dropped upload is resumed by OpenSSH's `reput`, and processed whole", async () => {
    const school = await service.addSchool("resumed");
    const local = join(service.folder, "resumed.csv");
    const bytes = Buffer.from(makeRoster(400, 12));
    await writeFile(local, bytes);
    await dropHalfway(school, "/inbound/roster.csv", bytes);
    await until(async () => (await fileAt(school, "/inbound/roster.csv")).note === "incomplete");
    const { code, stderr } = await school.sftp(`reput ${local} inbound/roster.csv`);
    assert.equal(code, 0, stderr);
    const [summary] = await reportOf(school, "roster.csv");
    assert.match(summary![5]!, /^400 rows: 400 added/);
    const [{ timeCode }] = await uploads(school) as [Upload];
    assert.ok((await school.get(`/inbound/roster.csv.${timeCode}.original`)).equals(bytes));
  });

  test("a closed file that is opened again and appended to is processed once, whole", async () => {
    const school = await service.addSchool("appended");
    await session(school, async (sftp) => {
      const path = "/inbound/roster.csv";
      await call((done) => sftp.writeFile(path, header + row("ana"), done));
      await call((done) => sftp.appendFile(path, row("ben"), done));
    });
    const [summary] = await reportOf(school, "roster.csv");
    assert.match(summary![5]!, /^2 rows: 2 added/);
    assert.equal((await uploads(school)).length, 1);
    // With OpenSSH: `put -a` goes on where the file ends.
    const [half, whole] = [join(service.folder, "half.csv"), join(service.folder, "whole.csv")];
    await writeFile(half, header + row("cyd"));
    await writeFile(whole, header + row("cyd") + row("dee"));
    const { code, stderr } = await school.sftp(
      `put ${half} inbound/more.csv`,
      `put -a ${whole} inbound/more.csv`,
    );
    assert.equal(code, 0, stderr);
    const [more] = await reportOf(school, "more.csv");
    assert.match(more![5]!, /^2 rows: 2 added/);
    assert.equal((await uploads(school)).length, 2);
  });

  test("`put -p`, chmod and set-times after CLOSE succeed; the times are kept, and the session may stay open", async () => {
    const school = await service.addSchool("times");
    const local = join(service.folder, "times.csv");
    await writeFile(local, header + row("ana"));
    await utimes(local, 1_600_000_000, 1_600_000_000);
    const { code, stderr } = await school.sftp(
      `put -p ${local} inbound/roster.csv`,
      "chmod 600 inbound/roster.csv",
    );
    assert.equal(code, 0, stderr);
    await reportOf(school, "roster.csv");
    await session(school, async (sftp) => {
      await call((done) => sftp.writeFile("/inbound/later.csv", header + row("ben"), done));
      await call((done) => sftp.chmod("/inbound/later.csv", 0o600, done));
      await call((done) => sftp.utimes("/inbound/later.csv", 1_500_000_000, 1_500_000_000, done));
      const { size } = await call<{ size: number }>((done) =>
        sftp.stat("/inbound/later.csv", done)
      );
      assert.equal(size, header.length + row("ben").length);
      await reportOf(school, "later.csv");
    });
    const { stdout } = await school.sftp("ls -l inbound");
    assert.match(stdout, / Sep 13 +2020 roster\.csv\.\w+\.original/);
    assert.match(stdout, / Jul 14 +2017 later\.csv\.\w+\.original/);
  });

  test("a file that is renamed into place is processed under its new name", async () => {
    const school = await service.addSchool("renamed");
    const local = join(service.folder, "renamed.csv");
    await writeFile(local, header + row("ana"));
    const { code, stderr } = await school.sftp(
      `put ${local} inbound/roster.csv.filepart`,
      "rename inbound/roster.csv.filepart inbound/roster.csv",
      `put ${local} inbound/other.tmp`,
      "rename inbound/other.tmp inbound/OTHER.CSV",
    );
    assert.equal(code, 0, stderr);
    await reportOf(school, "roster.csv");
    await reportOf(school, "OTHER.CSV");
    assert.deepEqual((await uploads(school)).map(({ name }) => name).sort(), [
      "OTHER.CSV",
      "roster.csv",
    ]);
  });

  test("beyond MAX_UPLOAD_BYTES the write fails with a clear message, and nothing is processed", async () => {
    const school = await service.addSchool("large");
    const local = join(service.folder, "large.csv");
    await writeFile(local, Buffer.alloc(MOST_BYTES + 1, "x"));
    const { code } = await school.sftp(`put ${local} inbound/roster.csv`);
    assert.notEqual(code, 0);
    await assert.rejects(
      school.put("/inbound/roster.csv", await readFile(local)),
      /roster\.csv is larger than 4194304 bytes \(4 MiB\), the most a file may have\./,
    );
    await until(async () => (await fileAt(school, "/inbound/roster.csv")).note === "incomplete");
    assert.deepEqual(await school.names(), ["roster.csv"]);
    assert.deepEqual(await uploads(school), []);
  });
});
