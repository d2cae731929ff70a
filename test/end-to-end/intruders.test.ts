// SPEC sections 1 and 2: no session leaves its home, and nobody comes in but by a school's key.
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import ssh2, { type SFTPWrapper } from "ssh2";
import { call, connect, openSftp } from "../bridge/sftp/harness.ts";
import { RawSftp, string, TYPE, uint32 } from "../bridge/sftp/raw-sftp.ts";

import { type School, type Service, startService, waitForName } from "./service.ts";

const { NO_SUCH_FILE, PERMISSION_DENIED } = ssh2.utils.sftp.STATUS_CODE;
const PASSWD = await readFile("/etc/passwd", "utf8");

describe("a session and its home", () => {
  let service: Service, school: School, other: School, sftp: SFTPWrapper, client: ssh2.Client;
  let local: string;

  before(async () => {
    service = await startService({ bridge: { SETTLE_MS: "3600000" } });
    school = await service.addSchool("springfield");
    other = await service.addSchool("shelbyville");
    await other.put("/inbound/secret.txt", "for shelbyville only");
    await school.put("/inbound/note.txt", "a note");
    local = join(service.folder, "local.txt");
    await writeFile(local, "from here");
    client = await connect(service.sftpPort, {
      username: "springfield",
      privateKey: school.privateKey,
    });
    sftp = await openSftp(client);
  });
  after(async () => {
    client.end();
    await service[Symbol.asyncDispose]();
  });

  /** A request that is refused with exactly this code and a sentence like this. */
  async function refused(
    what: string,
    request: (done: (error?: unknown) => void) => void,
    code: number,
    sentence: RegExp,
  ): Promise<void> {
    const error = await call(request).then(() => undefined, (error) => error);
    assert.ok(error, `${what} was not refused`);
    assert.equal(error.code, code, `${what}: ${error.code} ${error.message}`);
    assert.match(error.message, sentence, what);
  }

  test("no path leads out of the home: with OpenSSH", async () => {
    const gotten = join(service.folder, "gotten");
    const paths = [
      "/etc/passwd",
      "../../../../etc/passwd",
      "inbound/../../../etc/passwd",
      "../shelbyville/inbound/secret.txt",
      "/shelbyville/inbound/secret.txt",
      "../inbound/secret.txt",
      "..%2f..%2fetc/passwd",
    ];
    for (const path of paths) {
      const { code, stderr } = await school.sftp(`get ${path} ${gotten}`);
      assert.equal(code, 1, path);
      assert.match(stderr, /^File ".*" not found\.\r?\n$/, path);
      await assert.rejects(stat(gotten));
    }
    const ls = await school.sftp(
      "cd ../..",
      "pwd",
      "ls -1",
      "ls -1 /../..",
      "cd /inbound/../..",
      "ls -1",
    );
    assert.equal(ls.code, 0, ls.stderr);
    assert.match(ls.stdout, /Remote working directory: \/\n/);
    const listed = ls.stdout.split("\n").filter((line) => line && !/^(sftp>|Remote)/.test(line));
    const folders = listed.map((line) => line.replace("/../..", "").replace(/^\//, ""));
    assert.deepEqual(folders, Array(3).fill(["inbound", "outbound"]).flat());
    for (const path of ["/etc", "../shelbyville", "/inbound/note.txt/..//../../proc"]) {
      assert.equal((await school.sftp(`cd ${path}`)).code, 1, path);
      assert.equal((await school.sftp(`ls ${path}`)).code, 1, path);
    }
  });

  test("no path leads out of the home: reading is SSH_FX_NO_SUCH_FILE, writing SSH_FX_PERMISSION_DENIED", async () => {
    const outside = [
      "/etc/passwd",
      "/../../etc/passwd",
      "inbound/../../etc/passwd",
      "/shelbyville/inbound/secret.txt",
      "../shelbyville/inbound/secret.txt",
      "/inbound/../../shelbyville/inbound/secret.txt",
      "/inbound/note.txt/../../../etc/passwd",
      "//etc//passwd",
      "/inbound/deeper/secret.txt",
      "~/.ssh/authorized_keys",
      "C:/Windows/win.ini",
    ];
    for (const path of outside) {
      const none = /^There is no .* in this home\.$/;
      await refused(`read ${path}`, (done) => sftp.open(path, "r", done), NO_SUCH_FILE, none);
      await refused(`stat ${path}`, (done) => sftp.stat(path, done), NO_SUCH_FILE, none);
      await refused(`lstat ${path}`, (done) => sftp.lstat(path, done), NO_SUCH_FILE, none);
      await refused(`list ${path}`, (done) => sftp.opendir(path, done), NO_SUCH_FILE, none);
      await refused(`delete ${path}`, (done) => sftp.unlink(path, done), NO_SUCH_FILE, none);
      await refused(`chmod ${path}`, (done) => sftp.chmod(path, 0o777, done), NO_SUCH_FILE, none);
      const rename = (done: (error?: unknown) => void) => sftp.rename(path, "/inbound/mine", done);
      await refused(`rename ${path}`, rename, NO_SUCH_FILE, none);
      const write = (done: (error?: unknown) => void) => sftp.open(path, "w", done);
      const nowhere =
        /^There is no folder for .*\. You may write, rename and delete files in \/inbound/;
      await refused(`write ${path}`, write, PERMISSION_DENIED, nowhere);
      const away = (done: (error?: unknown) => void) =>
        sftp.rename("/inbound/note.txt", path, done);
      await refused(`rename to ${path}`, away, PERMISSION_DENIED, nowhere);
    }
    assert.equal(await readFile("/etc/passwd", "utf8"), PASSWD);
    assert.equal((await other.get("/inbound/secret.txt")).toString(), "for shelbyville only");
    assert.deepEqual(await school.names(), ["note.txt"]);
  });

  test("writing into /outbound and into the root, folders and links are refused with a sentence that says what is allowed", async () => {
    const allowed =
      "You may write, rename and delete files in /inbound, and read and delete files in /outbound.";
    const both = "this home has the two folders /inbound and /outbound. " + allowed;
    const table: [string, (done: (error?: unknown) => void) => void, string][] = [
      [
        "put /outbound",
        (done) => sftp.open("/outbound/x.csv", "w", done),
        `Only the service writes into /outbound. ${allowed}`,
      ],
      [
        "append /outbound",
        (done) => sftp.open("/outbound/x.csv", "a", done),
        `Only the service writes into /outbound. ${allowed}`,
      ],
      [
        "rename into /outbound",
        (done) => sftp.rename("/inbound/note.txt", "/outbound/n", done),
        `Only the service writes into /outbound. ${allowed}`,
      ],
      [
        "put /",
        (done) => sftp.open("/x.csv", "w", done),
        `Rosters go into /inbound: send it as /inbound/x.csv; nothing was stored. ${allowed}`,
      ],
      [
        "put over a folder",
        (done) => sftp.open("/inbound", "w", done),
        `/inbound is a folder and cannot be written or replaced. ${allowed}`,
      ],
      ["mkdir", (done) => sftp.mkdir("/inbound/deeper", done), `Folders cannot be made: ${both}`],
      ["mkdir /", (done) => sftp.mkdir("/mine", done), `Folders cannot be made: ${both}`],
      ["rmdir", (done) => sftp.rmdir("/inbound", done), `The folders cannot be removed: ${both}`],
      [
        "ln -s",
        (done) => sftp.symlink("/etc/passwd", "/inbound/link", done),
        `Links cannot be made: ${both}`,
      ],
      [
        "readlink",
        (done) => sftp.readlink("/inbound/note.txt", done),
        `There are no links: ${both}`,
      ],
    ];
    for (const [what, request, sentence] of table) {
      const exactly = new RegExp(`^${sentence.replace(/[.*/()]/g, "\\$&")}$`);
      await refused(what, request, PERMISSION_DENIED, exactly);
    }
    await refused(
      "rename a folder",
      (done) => sftp.rename("/inbound", "/in", done),
      PERMISSION_DENIED,
      /^\/inbound is one of the fixed folders/,
    );
    await refused(
      "delete a folder",
      (done) => sftp.unlink("/outbound", done),
      PERMISSION_DENIED,
      /^\/outbound is one of the fixed folders/,
    );
    const commands = [
      "mkdir deeper",
      "rmdir inbound",
      "ln inbound/note.txt inbound/hard",
      "ln -s /etc/passwd inbound/link",
      `put ${local} outbound/`,
      `put ${local} /`,
      `put ${local} inbound/x.processing`,
      "rename inbound/note.txt outbound/note.txt",
      "rm /outbound",
    ];
    for (const command of commands) {
      assert.equal((await school.sftp(command)).code, 1, command);
    }
    assert.deepEqual(await school.names("/outbound"), []);
    assert.deepEqual(await school.names(), ["note.txt"]);
  });

  test("a name that is too long, has a backslash, control or invisible characters is refused; Unicode is a name", async () => {
    const names = {
      "300 bytes": "x".repeat(300),
      "300 bytes of é": "é".repeat(150),
      "a backslash": "..\\..\\etc\\passwd",
      "a line feed": "a\nb.csv",
      "an escape": "\u001b[2Ja.csv",
      "a carriage return": "a\r.csv",
      "a delete": "a\u007f.csv",
      "a C1 control": "a\u0085.csv",
      "right-to-left override": "a\u202evsc.exe",
      "a zero-width space": "a\u200b.csv",
      "a byte-order mark": "\ufeffa.csv",
      "a line separator": "a\u2028.csv",
      "NUL": "a\0b.csv",
      "only NUL": "\0",
      "a space at the end": "a.csv ",
    };
    for (const [what, name] of Object.entries(names)) {
      const sentence =
        /^This name (has|is|begins) .* A name has 1 to 224 bytes of UTF-8 without "\/", "\\" and control characters; the file was not changed\.$/;
      await refused(
        what,
        (done) => sftp.open(`/inbound/${name}`, "w", done),
        PERMISSION_DENIED,
        sentence,
      );
      const rename = (done: (error?: unknown) => void) =>
        sftp.rename("/inbound/note.txt", `/inbound/${name}`, done);
      await refused(`rename to ${what}`, rename, PERMISSION_DENIED, sentence);
      await refused(
        `read ${what}`,
        (done) => sftp.open(`/inbound/${name}`, "r", done),
        NO_SUCH_FILE,
        /There is no/,
      );
    }
    for (
      const name of [
        "Zoë Müller 名簿 (2026).txt",
        "Ж".repeat(112),
        'it\'s "quoted" & $(id) ;.txt',
        "-rf",
        "...",
        "🎓.txt",
      ]
    ) {
      await school.put(`/inbound/${name}`, name);
      assert.equal((await school.get(`/inbound/${name}`)).toString(), name);
      await call((done) => sftp.unlink(`/inbound/${name}`, done));
    }
    const put = await school.sftp(
      `put ${local} "inbound/Zoë 名簿.txt"`,
      'rm "inbound/Zoë 名簿.txt"',
    );
    assert.equal(put.code, 0, put.stderr);
    assert.deepEqual(await school.names(), ["note.txt"]);
  });

  test("names that are not UTF-8, or cut short by NUL, through packets made by hand", async () => {
    const own = await connect(service.sftpPort, {
      username: "springfield",
      privateKey: school.privateKey,
    });
    const raw = await RawSftp.open(own);
    const names = [
      Buffer.from("/inbound/\xff\xfe.csv", "latin1"),
      Buffer.from("/inbound/\xc0\xae\xc0\xae/\xc0\xae", "latin1"), // ".." in overlong UTF-8
      Buffer.from("/inbound/\xed\xa0\x80", "latin1"), // half a surrogate pair
      Buffer.from("/inbound/note.txt\0.csv"),
      Buffer.from("/inbound/\0/../../etc/passwd"),
    ];
    for (const name of names) {
      const write = raw.send(TYPE.open, string(name), uint32(0x1a), uint32(0));
      const { code } = await raw.status(write);
      assert.equal(code, PERMISSION_DENIED, name.toString("latin1"));
      const read = raw.send(TYPE.open, string(name), uint32(1), uint32(0));
      assert.equal((await raw.status(read)).code, NO_SUCH_FILE, name.toString("latin1"));
    }
    const link = raw.send(
      TYPE.extended,
      string("hardlink@openssh.com"),
      string("/inbound/note.txt"),
      string("/inbound/l"),
    );
    assert.deepEqual((await raw.status(link)).code, PERMISSION_DENIED);
    own.end();
    assert.deepEqual(await school.names(), ["note.txt"]);
  });

  test("chmod, chown and setting times succeed, because clients send them unasked", async () => {
    const put = await school.sftp(
      `put -p ${local} inbound/kept.txt`,
      "chmod 777 inbound/kept.txt",
      "chown 0 inbound/kept.txt",
      "chgrp 0 inbound/kept.txt",
      "chmod 700 inbound",
      "chmod 000 /",
      "rm inbound/kept.txt",
    );
    assert.equal(put.code, 0, put.stderr);
    await call((done) => sftp.utimes("/inbound/note.txt", 1_000_000, 2_000_000, done));
    const { mtime, mode } = await call<ssh2.Stats>((done) => sftp.stat("/inbound/note.txt", done));
    assert.deepEqual([mtime, mode & 0o777], [2_000_000, 0o644]);
  });

  test("a file named *.processing cannot be changed, renamed or deleted", async () => {
    service.worker.child.kill("SIGSTOP"); // So that it stays in its hands.
    try {
      await school.put("/inbound/roster.csv", "U,S,L,F,T,D,R,T,O\na@x.edu,,,,,,,,1\n");
      const name = await waitForName(school, ".processing");
      const path = `/inbound/${name}`;
      const sentence =
        /^Files named \*\.processing belong to the service until it is done with them; they cannot be made, changed, renamed or deleted\.$/;
      const requests: Record<string, (done: (error?: unknown) => void) => void> = {
        overwrite: (done) => sftp.open(path, "w", done),
        append: (done) => sftp.open(path, "a", done),
        resume: (done) => sftp.open(path, "r+", done),
        truncate: (done) => sftp.setstat(path, { size: 0 } as never, done),
        delete: (done) => sftp.unlink(path, done),
        rename: (done) => sftp.rename(path, "/inbound/mine.csv", done),
        "rename over it": (done) => sftp.rename("/inbound/note.txt", path, done),
        "make one": (done) => sftp.open("/inbound/mine.processing", "w", done),
        "make one in capitals": (done) => sftp.open("/inbound/mine.PROCESSING", "w", done),
        "rename to one": (done) => sftp.rename("/inbound/note.txt", "/inbound/n.processing", done),
      };
      for (const [what, request] of Object.entries(requests)) {
        await refused(what, request, PERMISSION_DENIED, sentence);
      }
      for (
        const command of [`rm ${path}`, `rename ${path} /inbound/mine.csv`, `put ${local} ${path}`]
      ) {
        assert.equal((await school.sftp(command)).code, 1, command);
      }
      const touched = await school.sftp(
        `chmod 777 ${path}`,
        `get -p ${path} ${join(service.folder, "read.csv")}`,
      );
      assert.equal(touched.code, 0, touched.stderr);
      assert.match(
        (await school.sftp("ls -l inbound")).stdout,
        /-r--r--r-- .* roster\.csv\..*\.processing/,
      );
    } finally {
      service.worker.child.kill("SIGCONT");
    }
    const report = await waitForName(school, ".completed");
    assert.match((await school.get(`/inbound/${report}`)).toString(), /1 rows?: 1 added/);
  });
});
