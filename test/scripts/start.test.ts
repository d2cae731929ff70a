import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { childrenOf, gone } from "../child-processes.ts";
import { freePort } from "../free-port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "scripts/start.ts");

interface Started {
  child: ChildProcess;
  folder: string;
  output: () => string;
  log: () => string;
  ended: Promise<number | null>;
  /** Waits until the output matches, or the service has ended without it. */
  says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

async function start(
  t: TestContext,
  environment: Record<string, string> = {},
  { words = [], prepare, byNpm = false }: {
    words?: string[];
    prepare?: (data: string) => Promise<void>;
    byNpm?: boolean;
  } = {},
): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-start-"));
  await prepare?.(join(folder, "data"));
  const [command, ...before] = byNpm
    ? ["npm", "start", "--silent", "--"]
    : [process.execPath, "--import", "tsx", script];
  const child = spawn(command!, [...before, ...words], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      DATA_DIR: join(folder, "data"),
      PORT: String(await freePort()),
      SFTP_PORT: "0",
      HEALTH_PORT: "0",
      STOP_WITH_STDIN: "1",
      ...environment,
    },
    // The pipe to its standard input ends with this process, however that ends.
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // Nothing is ever written there.
  const ended = once(child, "close").then(([code]) => code as number | null);
  let output = "";
  let log = "";
  child.stdout.on("data", (piece) => (output += piece, log += piece));
  child.stderr.on("data", (piece) => output += piece);
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output);
        if (found) resolve(found);
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      ended.then((code) => {
        look();
        reject(new Error(`ended with ${code} and never said ${pattern}:\n${output}`));
      });
      look();
    });
  return { child, folder, output: () => output, log: () => log, ended, says };
}

test("npm start makes what is missing, says where everything is, and stops with exit 0", async (t) => {
  const service = await start(t);
  const [, host, port] = await service.says(/SFTP +(127\.0\.0\.1):(\d+)/);
  await service.says(/host key SHA256:/);
  const [, workerUrl] = await service.says(/administration +(http:\/\/127\.0\.0\.1:\d+)\/admin/);
  await service.says(new RegExp(`token is in ${service.folder}/data/admin-token`));
  await service.says(new RegExp(`stored in +${service.folder}/data\n`));
  assert.equal(host, "127.0.0.1");
  assert.ok(Number(port) > 0);

  const data = join(service.folder, "data");
  for (const name of ["admin-token", "bridge-token"]) {
    assert.equal((await stat(join(data, name))).mode & 0o777, 0o600);
    const token = (await readFile(join(data, name), "utf8")).trim();
    assert.equal(service.output().includes(token), false, "a token is never printed");
  }
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  assert.equal((await stat(join(data, "bridge"))).mode & 0o777, 0o700);
  assert.equal((await stat(join(data, "worker.db"))).mode & 0o777, 0o600);
  assert.ok((await readdir(join(data, "bridge"))).length > 0);

  const token = (await readFile(join(data, "admin-token"), "utf8")).trim();
  const schools = await fetch(`${workerUrl}/admin/schools`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(schools.status, 200);
  await schools.body?.cancel();

  service.child.kill("SIGINT");
  assert.equal(await service.ended, 0);
  const lines = service.log().trim().split("\n").map((line) => JSON.parse(line));
  const processes = new Set(lines.map((line) => line.process));
  assert.deepEqual([...processes].sort(), ["bridge", "worker"], "standard output is the log alone");
});

test("words are answered, and a word that is not known starts nothing", async (t) => {
  const help = await start(t, {}, { words: ["--help"] });
  assert.equal(await help.ended, 0);
  assert.match(help.output(), /^npm start runs the bridge and the worker/);
  const typo = await start(t, {}, { words: ["verify"] });
  assert.equal(await typo.ended, 64);
  assert.match(typo.output(), /^"verify" is not known here; what is: --help\.\n$/);
});

test("a database that is no database is said in one line, and nothing is running", async (t) => {
  const noise = async (data: string) => {
    await mkdir(data);
    await writeFile(join(data, "worker.db"), Buffer.alloc(20_480, 7));
  };
  const service = await start(t, {}, { prepare: noise });
  assert.equal(await service.ended, 78);
  assert.match(service.output(), /^DATA_DIR: \S+worker\.db is no SQLite database;[^\n]+\n$/);
});

test("it is running only when the worker has answered the bridge", async (t) => {
  // Nothing answers there, so no call of the bridge ever succeeds.
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const service = await start(t, { WORKER_URL: nowhere });
  await service.says(/"event":"trouble\.begins","what":"the worker does not answer"/);
  assert.doesNotMatch(service.output(), /is running/);
});

test("a bad setting prints one line that names it and exits 78", async (t) => {
  const bad = [["SETTLE_MS", "soon"], ["PORT", "http"], ["STOP_WITH_STDIN", "yes"]];
  for (const [name, value] of bad) {
    const service = await start(t, { [name!]: value! });
    assert.equal(await service.ended, 78, service.output());
    const lines = service.output().trim().split("\n").filter((line) => !line.includes('"event":'));
    assert.equal(lines.length, 1, service.output());
    assert.match(lines[0]!, new RegExp(`^(\\w+: )?${name} .*${value}`));
  }
});

test("if either process dies it is said which, and the exit is not 0", async (t) => {
  const service = await start(t);
  await service.says(/is running/);
  const children = await childrenOf(service.child.pid!);
  assert.equal(children.length, 2);
  process.kill(children[0]!, "SIGKILL");
  assert.equal(await service.ended, 1);
  await service.says(/The worker was ended by SIGKILL\. The bridge is stopped\./);
  for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("the end of its standard input stops it, where STOP_WITH_STDIN says so", async (t) => {
  const service = await start(t);
  await service.says(/is running/);
  const children = await childrenOf(service.child.pid!);
  service.child.stdin!.end();
  assert.equal(await service.ended, 0);
  for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

for (const byNpm of [false, true]) {
  const killed = byNpm ? "npm" : "what npm start runs";
  test(`kill -9 of ${killed} leaves nothing behind, and the next start on the same ports works`, async (t) => {
    const ports = {
      PORT: String(await freePort()),
      SFTP_PORT: String(await freePort()),
      HEALTH_PORT: String(await freePort()),
    };
    const service = await start(t, ports, { byNpm });
    await service.says(/is running/);
    const [main] = byNpm ? await childrenOf(service.child.pid!, ["scripts/start.ts"]) : [];
    const left = [...(main ? [main] : []), ...await childrenOf(main ?? service.child.pid!)];
    assert.equal(left.length, byNpm ? 3 : 2);
    service.child.kill("SIGKILL");
    for (const pid of left) await gone(pid);

    const next = await start(t, { ...ports, DATA_DIR: join(service.folder, "data") });
    await next.says(/is running/);
  });
}
