/** `rosterbridge` as an administrator's terminal runs it, beside a whole service. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { makeKey } from "../end-to-end/service.ts";
import { type Desk, startDesk } from "./terminal.ts";

describe("the command line", () => {
  let desk: Desk;
  let service: Desk["service"];
  let school: Desk["school"];
  let folder: Desk["folder"];
  let run: Desk["run"];
  let does: Desk["does"];

  before(async () => {
    desk = await startDesk();
    ({ service, school, folder, run, does } = desk);
  });
  after(() => desk?.stop());

  const roster = (...rows: string[]) =>
    [
      "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus",
      ...rows,
    ].map((line) => `${line}\r\n`).join("");

  /** The newest upload's id, when there is one of this name. */
  async function uploadOf(name: string): Promise<string> {
    for (;;) {
      const found = JSON.parse(await does("uploads", "springfield", "--json"));
      const upload = found.find((it: { name: string }) => it.name === name);
      if (upload) return upload.id;
    }
  }

  test("login keeps the address and the token where nobody else can read them", async () => {
    const file = join(folder, "config", "rosterbridge", "credentials.json");
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), {
      url: service.workerUrl,
      token: service.adminToken,
    });
  });

  test("login takes the token from standard input, and does not keep one that is not taken", async () => {
    const elsewhere = { XDG_CONFIG_HOME: join(folder, "elsewhere") };
    const refused = await run(["login", service.workerUrl], "not-the-token-at-all\n", elsewhere);
    assert.equal(refused.code, 77);
    assert.equal((await run(["schools"], "", elsewhere)).code, 78);
    const taken = await run(["login", service.workerUrl], `${service.adminToken}\n`, elsewhere);
    assert.equal(taken.code, 0, taken.stderr);
    assert.equal((await run(["schools"], "", elsewhere)).code, 0);
    assert.equal((await run(["logout"], "", elsewhere)).code, 0);
    assert.equal((await run(["schools"], "", elsewhere)).code, 78);
  });

  test("a token is never sent in the clear to another machine", async () => {
    const { code, stderr } = await run(
      ["login", "http://worker.example"],
      "a-token-of-some-kind\n",
    );
    assert.equal(code, 64);
    assert.match(stderr, /https:/);
  });

  test("schools and keys: made, listed, refused with the worker's own sentence", async () => {
    assert.match(
      await does("schools", "--help"),
      /lists the schools; its words show, add or change/,
    );
    await does("schools", "add", "shelbyville", "Shelbyville High", "--set", "rowLimit=200");
    assert.match(await does("schools"), /^shelbyville +Shelbyville High /m);
    assert.match(await does("schools", "set", "shelbyville", "rowLimit=300"), /rowLimit +300$/m);

    const { privateKey, publicKey } = makeKey();
    await writeFile(join(folder, "key.pub"), publicKey);
    await does("keys", "add", "shelbyville", join(folder, "key.pub"), "--label", "the office");
    const [key] = JSON.parse(await does("keys", "list", "shelbyville", "--json"));
    assert.equal(key.label, "the office");

    const refused = await run(["keys", "add", "shelbyville", "-"], privateKey);
    assert.equal(refused.code, 65);
    assert.match(refused.stderr, /This is a private key/);
    const asJson = await run(["keys", "add", "shelbyville", "-", "--json"], privateKey);
    assert.equal(JSON.parse(asJson.stderr).code, "key_private");

    await does("keys", "revoke", "shelbyville", key.fingerprint);
    assert.match(await does("keys", "list", "shelbyville"), /revoked/);
    assert.equal((await run(["schools", "show", "nowhere"])).code, 66);
  });

  test("an upload is followed to its end, then its problems, report and rejected rows are there", async () => {
    await school.put(
      "/inbound/fall.csv",
      roster("ana@college.edu,A1,Silva,Ana,,,,,1", "bob@college.edu,B1,Lee,Bob,,,,,maybe"),
    );
    const id = await uploadOf("fall.csv");
    const followed = await run(["upload", id, "--follow"]);
    assert.equal(followed.code, 1, "a row was rejected");
    assert.match(followed.stdout, /fall\.csv is completed: 1 added, .* 1 rejected/);

    assert.match(await does("problems", id), /3 +error +on_campus_\w+ +OnCampus/);
    const report = await does("report", id);
    assert.match(report, /^Line,Username,Column,Severity,Code,Message\r\n/);
    const file = join(folder, "rejected.csv");
    await does("rejected", id, "--output", file);
    assert.match(await readFile(file, "utf8"), /bob@college\.edu/);
    assert.equal((await run(["rejected", id, "-o", file])).code, 65, "a file is not overwritten");
    assert.match(await does("students", "springfield"), /ana@college\.edu/);
  });

  test("students are verified and exported, by a schedule in words too", async () => {
    await school.put("/inbound/one.csv", roster("cy@college.edu,C1,Moss,Cy,,,,,0"));
    assert.equal((await run(["upload", await uploadOf("one.csv"), "--follow"])).code, 0);
    const some = await run(
      ["verify-students", "springfield", "--file", "-", "--reviewer", "Ruth"],
      "cy@college.edu\r\nnobody@college.edu\r\n",
    );
    assert.equal(some.code, 1);
    assert.match(some.stdout, /1 verified, 0 were already, 1 unknown: nobody@college\.edu/);

    const made = JSON.parse(await does("export", "springfield", "--json"));
    assert.match(await does("export", "file", made.id), /cy@college\.edu,C1,/);
    await does("export", "deliver", made.id);
    assert.match(await does("exports", "springfield"), new RegExp(made.name));

    assert.equal((await run(["schedule", "springfield", "daily at 6pm"])).code, 64);
    const words = ["schedule", "springfield", "every weekday at 6:30 pm", "--zone"];
    assert.match(
      await does(...words, "America/New_York"),
      /\(30 18 \* \* 1-5, America\/New_York\)/,
    );
    assert.match(await does("schedule", "springfield"), /America\/New_York/);
    await does("schedule", "springfield", "off");
    assert.equal((await run(["schedule", "springfield"])).code, 66);
  });

  test("the doctor says what is well, and what to do about what is not", async () => {
    const health = ["--health", `http://127.0.0.1:${service.healthPort}`];
    const found = await run(["doctor", "--json", ...health]);
    assert.equal(found.code, 0, found.stdout);
    const findings = JSON.parse(found.stdout) as { what: string; found: string }[];
    assert.match(
      findings.find(({ what }) => what === "sftp")!.found,
      new RegExp(`^127\\.0\\.0\\.1:${service.sftpPort} \\(as the bridge of \\S+ says\\) answers`),
    );
    assert.deepEqual(findings.map(({ what }) => what), [
      "worker",
      "database",
      "clock",
      "token",
      "bridge",
      "disk",
      "sftp",
      "host key",
    ]);

    const ill = await run(
      ["doctor", "--sftp", "127.0.0.1:1", "--health", "http://127.0.0.1:1"],
      "",
      {
        WORKER_URL: "http://worker.example",
        BRIDGE_TOKEN: "short",
      },
    );
    assert.equal(ill.code, 1);
    assert.match(ill.stdout, /NOT WELL +settings of the bridge +BRIDGE_TOKEN/);
    assert.match(ill.stdout, /NOT WELL +sftp .*is the bridge running.*--sftp/);
  });

  test("words that mean nothing are refused with 64, a worker that is away with 69", async () => {
    assert.equal((await run(["frobnicate"])).code, 64);
    assert.equal((await run(["upload"])).code, 64);
    const away = { ROSTERBRIDGE_URL: "http://127.0.0.1:1", ROSTERBRIDGE_TOKEN: "x".repeat(20) };
    const { code, stderr } = await run(["schools"], "", away);
    assert.equal(code, 69);
    assert.match(stderr, /cannot be reached/);
  });

  test("bash completes commands, and the commands of a command", async () => {
    const script = await does("completion", "bash");
    const complete = async (...words: string[]) => {
      const line = `${script}\nCOMP_WORDS=(rosterbridge ${words.map((it) => `"${it}"`).join(" ")})
        COMP_CWORD=${words.length}; _rosterbridge; echo "\${COMPREPLY[*]}"`;
      const { stdout } = await promisify(execFile)("bash", ["-c", line]);
      return stdout.trim().split(" ");
    };
    assert.deepEqual(await complete("verify-s"), ["verify-students"]);
    assert.deepEqual(await complete("keys", "re"), ["revoke"]);
    assert.deepEqual(await complete("upload", "some-id", "--fo"), ["--follow"]);
    assert.match(await does("completion", "zsh"), /bashcompinit/);
  });
});
