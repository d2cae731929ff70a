import { bridgeHeaders } from "./app-under-test.ts";
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hasSqld, type Sqld, startSqld } from "./database/sqld.ts";
import {
  EDGE_PERMISSIONS,
  EMBEDDED_PERMISSIONS,
  type RuntimeName,
  spawnWorker,
  type WorkerProcess,
} from "./worker-process.ts";
import { freePort } from "../free-port.ts";
import { until } from "../until.ts";

const tokens = { BRIDGE_TOKEN: "bridge-token-0001", ADMIN_TOKEN: "admin-token-00001" };
const admin = { authorization: "Bearer admin-token-00001" };
const noSqld = hasSqld ? false : "there is no sqld for this platform";

async function address(worker: WorkerProcess): Promise<string> {
  const listening = await worker.event("listening");
  assert.equal(worker.events[0], listening, "it is the first line");
  assert.match(String(listening["address"]), /^http:\/\/127\.0\.0\.1:\d+$/);
  return String(listening["address"]);
}

async function stop(worker: WorkerProcess, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  worker.process.kill(signal);
  assert.equal(await worker.ended, 0, worker.stderr());
  assert.equal(worker.events.at(-1)!["event"], "stopped");
}

/** Half of a request that makes a school. */
async function beginSchool({ port, hostname }: URL, slug: string) {
  const body = JSON.stringify({ slug, name: slug });
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => answer += text).on("error", () => {});
  await once(socket, "connect").catch(() => {/* it is refused */});
  socket.write(
    "POST /admin/schools HTTP/1.1\r\nhost: worker\r\nauthorization: Bearer admin-token-00001\r\n" +
      `expect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  return { socket, answer: () => answer, goOn: () => void socket.write(body.slice(5)) };
}

/** Asks again until the answer has that status. */
const untilAnswered = (status: number, url: string) =>
  until(async () => {
    const answer = await fetch(url, { headers: admin });
    await answer.body?.cancel();
    return answer.status === status;
  }, `${status} from ${url}`);

for (const runtime of ["deno", "node"] as RuntimeName[]) {
  describe(`the worker on ${runtime}`, () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "rosterbridge-worker-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    test("a port that somebody else has is told in a sentence, with exit code 75", async () => {
      const first = spawnWorker(runtime, {
        ...tokens,
        PORT: "0",
        DATABASE_URL: "http://127.0.0.1:1",
      });
      const { port } = new URL(await address(first));
      const second = spawnWorker(runtime, {
        ...tokens,
        PORT: port,
        DATABASE_URL: "http://127.0.0.1:1",
      });
      assert.equal(await second.ended, 75);
      assert.match(
        second.stderr(),
        /^HOST and PORT are 127\.0\.0\.1 and \d+, where nothing can listen/,
      );
      await stop(first, "SIGTERM");
    });

    test("a file that is no database ends the worker with 78 and is left as it is", async () => {
      const file = join(folder, `noise-${runtime}.db`);
      const noise = randomBytes(20_000);
      await writeFile(file, noise);
      const worker = spawnWorker(
        runtime,
        { ...tokens, PORT: "0", DATABASE_URL: `file:${file}` },
        EMBEDDED_PERMISSIONS,
      );
      assert.equal(await worker.ended, 78);
      assert.match(
        worker.stderr(),
        /^DATABASE_URL is file:\S+\.db, a file that is no SQLite database/m,
      );
      assert.deepEqual(await readFile(file), noise);
    });

    test("a database file in a folder that is not there ends the worker with 78", async () => {
      const worker = spawnWorker(
        runtime,
        { ...tokens, PORT: "0", DATABASE_URL: `file:${join(folder, "nowhere", "worker.db")}` },
        EMBEDDED_PERMISSIONS,
      );
      assert.equal(await worker.ended, 78);
      assert.match(
        worker.stderr(),
        /^DATABASE_URL is file:\S+nowhere\S+, a file that cannot be opened\. Its folder/m,
      );
    });

    test("an embedded database is its user's only, also under umask 022", async () => {
      const file = join(folder, `own-${runtime}.db`);
      const worker = spawnWorker(
        runtime,
        { ...tokens, PORT: "0", DATABASE_URL: `file:${file}` },
        EMBEDDED_PERMISSIONS,
      );
      await untilAnswered(200, `${await address(worker)}/healthz`);
      for (const name of [file, `${file}-wal`, `${file}-shm`]) {
        assert.equal((await stat(name)).mode & 0o777, 0o600, name);
      }
      await stop(worker, "SIGTERM");
    });

    test("start-up with a bad setting prints one line that names it and exits 78", async () => {
      for (const [name, value] of [["PORT", "eighty"], ["ADMIN_TOKEN", ""]] as const) {
        const worker = spawnWorker(runtime, { ...tokens, [name]: value });
        assert.equal(await worker.ended, 78);
        const lines = worker.stderr().trimEnd().split("\n");
        assert.equal(lines.length, 1, worker.stderr());
        assert.ok(lines[0]!.startsWith(name));
        assert.deepEqual(worker.events, []);
      }
    });

    test("serves from an embedded database, and on SIGTERM ends with 0", async () => {
      const environment = {
        ...tokens,
        PORT: "0",
        DATABASE_URL: `file:${join(folder, "worker.db")}`,
      };
      // Two at once, on one new file.
      const workers = [1, 2].map(() => spawnWorker(runtime, environment, EMBEDDED_PERMISSIONS));
      const [first, second] = await Promise.all(workers.map(address));
      const made = await fetch(`${first}/admin/schools`, {
        method: "POST",
        headers: admin,
        body: JSON.stringify({ slug: "oak", name: "Oak" }),
      });
      assert.equal(made.status, 201, await made.text());
      const found = await fetch(`${second}/admin/schools/oak`, { headers: admin });
      assert.equal((await found.json() as { name: string }).name, "Oak");
      assert.equal((await fetch(`${first}/healthz`)).status, 200);
      await Promise.all(workers.map((worker) => stop(worker, "SIGTERM")));
      const migrated = workers.flatMap(({ events }) =>
        events.flatMap(({ migrations }) => migrations ?? [])
      );
      assert.deepEqual(new Set(migrated).size, migrated.length, "each migration ran once");
    });

    test("serves from a remote database with no permission but network and environment", {
      skip: noSqld,
    }, async () => {
      const sqld = await startSqld();
      try {
        for (const url of [sqld.url, sqld.url.replace(/^http/, "ws")]) {
          const environment = { ...tokens, PORT: "0", DATABASE_URL: url };
          const worker = spawnWorker(runtime, environment, EDGE_PERMISSIONS);
          const at = await address(worker);
          const answer = await fetch(`${at}/bridge/listen`, {
            method: "POST",
            headers: { ...bridgeHeaders, authorization: "Bearer bridge-token-0001" },
            body: JSON.stringify({ directoryVersion: null, commands: [], room: 0, waitMs: 0 }),
          });
          assert.equal(answer.status, 200, await answer.text());
          await stop(worker, "SIGINT");
        }
      } finally {
        await sqld.stop();
      }
    });

    test("a database that is away at the start, or goes away, is 503 until it is there", {
      skip: noSqld,
    }, async () => {
      const port = await freePort();
      const DATABASE_URL = `http://127.0.0.1:${port}`;
      const worker = spawnWorker(runtime, { ...tokens, PORT: "0", DATABASE_URL });
      const at = await address(worker);
      let sqld: Sqld | undefined;
      try {
        for (const path of ["/healthz", "/admin/schools"]) {
          const answer = await fetch(`${at}${path}`, { headers: admin });
          assert.equal(answer.status, 503);
          assert.equal(answer.headers.get("retry-after"), "2");
          assert.equal(answer.headers.get("content-type"), "application/problem+json");
          await answer.body?.cancel();
        }
        await worker.event("database.unavailable");
        sqld = await startSqld(port);
        await untilAnswered(200, `${at}/healthz`);
        await untilAnswered(200, `${at}/admin/schools`);
        await sqld.kill();
        await untilAnswered(503, `${at}/healthz`);
        await sqld.restart();
        await untilAnswered(200, `${at}/admin/schools`);
        await stop(worker, "SIGTERM");
      } finally {
        worker.process.kill("SIGKILL");
        await worker.ended;
        await sqld?.stop();
      }
    });

    test("requests in flight are answered before the worker ends, also those that came when it was to end", async () => {
      const DATABASE_URL = `file:${join(folder, "in-flight.db")}`;
      const worker = spawnWorker(
        runtime,
        { ...tokens, PORT: "0", DATABASE_URL },
        EMBEDDED_PERMISSIONS,
      );
      const at = new URL(await address(worker));
      await untilAnswered(200, `${at.origin}/healthz`);
      const elm = await beginSchool(at, "elm");
      // What is asked after it is answered: it has reached the worker by then.
      await (await fetch(`${at.origin}/healthz`)).body?.cancel();
      worker.process.kill("SIGTERM");
      await worker.event("stopping");
      const oak = await beginSchool(at, "oak");
      await fetch(`${at.origin}/healthz`).then(({ body }) => body?.cancel(), () => {});
      elm.goOn();
      await until(() => / 201 /.test(elm.answer()), "the answer to the first");
      oak.goOn();
      assert.equal(await worker.ended, 0, worker.stderr());
      // Node takes no connection any more.
      if (runtime === "deno") assert.match(oak.answer(), /HTTP\/1\.1 201 /);
      for (const { socket } of [elm, oak]) socket.destroy();
    });

    test("where nothing can listen, it says so in one line and ends", async () => {
      const worker = spawnWorker(runtime, { ...tokens, HOST: "192.0.2.1", PORT: "8787" });
      assert.equal(await worker.ended, 78);
      assert.match(worker.stderr(), /^HOST and PORT are 192\.0\.2\.1 and 8787, [^\n]+\n$/);
    });
  });
}

test("on Deno an embedded database without its permissions ends the worker with 78 and the flags it takes", async () => {
  const worker = spawnWorker("deno", { ...tokens, PORT: "0", DATABASE_URL: "file:./data/none.db" });
  assert.equal(await worker.ended, 78);
  assert.match(worker.stderr(), /^DATABASE_URL is file:.*--allow-ffi=.*--allow-sys=/m);
});
