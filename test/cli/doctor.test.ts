/** What the doctor finds when a thing is well, and what it says to do when it is not. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getRequestListener } from "@hono/node-server";
import ssh2 from "ssh2";
import { healthAnswer, startHealth } from "../../bridge/operations/health.ts";
import type { BridgeState, CurrentTrouble } from "../../bridge/operations/state.ts";
import {
  askTold,
  doorAddress,
  findBridge,
  findHostKey,
  type Finding,
  findSettings,
  findSftp,
  findWorker,
} from "../../cli/findings.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { adminToken, appUnderTest } from "../worker/app-under-test.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

const listening = async (server: Server) => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

const named = (found: Finding[], what: string): Finding => {
  const finding = found.find((it) => it.what === what);
  assert.ok(finding, `${what} is not among ${found.map((it) => it.what)}`);
  assert.equal(finding.isWell, finding.todo === "", "what is not well says what to do");
  return finding;
};

const asIs = (found: Finding[]) => found.map(({ what, isWell }) => `${what}: ${isWell}`);

const stateOfABridge: BridgeState = {
  ...{ workerAnsweredAt: 0, uploadsWaiting: 1, uploadsHeld: 0, uploadsParked: 0 },
  ...{ commandsWaiting: 0, eventsAside: 0, sessions: 2, handles: 0, waitingBytes: 0 },
  ...{ limitsReached: {}, troubles: [] },
  door: { connections: 0, strangers: 0, waiting: 0, bans: 0, turnedAway: {}, refusedLogins: {} },
};

describe("the doctor", () => {
  let folder: string;
  let url: string;
  let app: ReturnType<typeof appUnderTest>;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  let server: Server;
  /** What the worker's machine says its clock is, where that is not what it is. */
  let workerClock: number | undefined;

  const terminal = (more: Record<string, string | undefined> = {}): Terminal => ({
    ...{ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, now: Date.now },
    configFolder: folder,
    environment: { ROSTERBRIDGE_URL: url, ROSTERBRIDGE_TOKEN: adminToken, ...more },
  });

  const hear = (hostKeys: string[], address: string | null = "sftp.college.edu:22") =>
    app.bridge("POST", "/bridge/listen", {
      ...{ directoryVersion: null, commands: [], room: 0, waitMs: 0 },
      door: { address, hostKeys },
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rosterbridge-doctor-"));
    database = await openDatabase({ url: `file:${join(folder, "worker.db")}` });
    await migrate(database, new Date().toISOString());
    app = appUnderTest(database);
    const answer = getRequestListener((request) => app.app.fetch(request));
    server = createServer((request, response) => {
      if (workerClock !== undefined) {
        response.setHeader("date", new Date(workerClock).toUTCString());
      }
      void answer(request, response);
    });
    url = `http://127.0.0.1:${await listening(server)}`;
  });

  after(async () => {
    server.close();
    server.closeAllConnections();
    database.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("looks at the settings of a side that stands here, and at no other", () => {
    const token = "x".repeat(32);
    const good = { WORKER_URL: "https://worker.college.edu", BRIDGE_TOKEN: token };
    assert.deepEqual(asIs(findSettings(good)), ["settings of the bridge: true"]);
    const worker = { ADMIN_TOKEN: token, BRIDGE_TOKEN: token.replace("x", "y") };
    assert.deepEqual(asIs(findSettings(worker)), ["settings of the worker: true"]);
    const [wrong, ...more] = findSettings({ ...good, SFTP_PORT: "ninety", SETTLE_MS: "soon" });
    assert.deepEqual([wrong!.isWell, more.length], [false, 1], "each in a line of its own");
    assert.match(wrong!.found, /SFTP_PORT/);
    assert.deepEqual(findSettings({}), []);
  });

  test("finds a worker with its database, clock and token, and says which of them is not well", async () => {
    const found = await findWorker(terminal());
    assert.deepEqual(asIs(found), ["worker: true", "database: true", "clock: true", "token: true"]);

    const stranger = await findWorker(terminal({ ROSTERBRIDGE_TOKEN: "not-taken" }));
    assert.match(named(stranger, "token").todo, /rosterbridge login/);

    workerClock = Date.now() - 60_000;
    assert.match(named(await findWorker(terminal()), "clock").found, /^(59|60|61) s before the/);
    assert.match(named(await findWorker(terminal()), "clock").todo, /NTP/);
    workerClock = undefined;

    const unknown = await findWorker(terminal({ ROSTERBRIDGE_URL: undefined }));
    assert.match(named(unknown, "worker").todo, /rosterbridge login URL/);
    const away = await findWorker(terminal({ ROSTERBRIDGE_URL: "http://127.0.0.1:1" }));
    assert.deepEqual(asIs(away), ["worker: false"]);
    const site = createServer((_, response) => void response.end("<h1>Welcome</h1>"));
    const other = { ROSTERBRIDGE_URL: `http://127.0.0.1:${await listening(site)}` };
    try {
      const [finding, ...more] = await findWorker(terminal(other));
      assert.match(finding!.found, /is no Rosterbridge worker/);
      assert.deepEqual(more, []);
      assert.match(
        (await findHostKey("127.0.0.1:1", await askTold(terminal(other)))).found,
        /is this its address/,
      );
    } finally {
      site.close();
      site.closeAllConnections();
    }
  });

  test("finds that a worker has lost its database", async () => {
    const lost = await openDatabase({ url: "http://127.0.0.1:1" });
    const whole = app;
    app = appUnderTest(lost);
    try {
      const { found, isWell, todo } = named(await findWorker(terminal()), "database");
      assert.equal(isWell, false);
      assert.match(found, /database/);
      assert.match(todo, /DATABASE_URL/);
    } finally {
      app = whole;
      lost.close();
    }
  });

  test("looks at a certificate also when it is not trusted, and says how long it is good", async () => {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    await run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", ...subject],
      ...["-keyout", key, "-out", certificate],
    ]);
    const tls = createTlsServer(
      { key: await readFile(key), cert: await readFile(certificate) },
      getRequestListener((request) => app.app.fetch(request)),
    );
    const at = `https://localhost:${await listening(tls as unknown as Server)}`;
    // Node reads whom it trusts when it starts.
    const trusting = async (days: number) => {
      const script = `import { findWorker } from "./cli/findings.ts";
        const now = () => Date.now() + ${days} * 86_400_000;
        console.log(JSON.stringify(await findWorker({ now, environment: process.env })));`;
      const words = ["--import", "tsx", "--input-type=module", "--eval", script];
      const env = { ...terminal().environment, NODE_EXTRA_CA_CERTS: certificate };
      const { stdout } = await run(process.execPath, words, {
        cwd: root,
        env: { ...env, PATH: process.env["PATH"], ROSTERBRIDGE_URL: at },
      });
      return named(JSON.parse(stdout), "certificate");
    };
    try {
      const untrusted = named(await findWorker(terminal({ ROSTERBRIDGE_URL: at })), "certificate");
      assert.match(untrusted.found, /not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
      assert.match(untrusted.todo, /NODE_EXTRA_CA_CERTS/);
      assert.deepEqual((await trusting(0)).found, "good for 29 days");
      assert.equal((await trusting(20)).todo, "renew it");
      assert.match((await trusting(31)).found, /^it ended on \d{4}-\d\d-\d\d$/);
    } finally {
      tls.close();
      tls.closeAllConnections();
    }
  });

  test("tells a bridge's troubles as it says them, the disk among them", async () => {
    let troubles: CurrentTrouble[] = [];
    const state = () => ({ ...stateOfABridge, troubles });
    assert.equal(healthAnswer(state()).status, 200);
    const { port, server: health } = await startHealth(0, state);
    const look = () => findBridge(`http://127.0.0.1:${port}`);
    try {
      assert.deepEqual(asIs(await look()), ["bridge: true", "disk: true"]);
      troubles = [{ trouble: "disk_full", reason: "12 bytes are free" }];
      const full = await look();
      assert.deepEqual(asIs(full), ["bridge: true", "disk full: false"]);
      assert.match(named(full, "disk full").found, /12 bytes are free/);
      troubles = [{ trouble: "data_dir_gone", reason: "it is not there" }];
      assert.deepEqual(asIs(await look()), ["bridge: true", "data dir gone: false"]);
      troubles = [{ trouble: "worker_away", reason: "it does not answer" }];
      assert.deepEqual(asIs(await look()), ["bridge: true", "disk: true", "worker away: false"]);
      assert.match(named(await findBridge(url), "bridge").todo, /HEALTH_PORT/, "a worker's health");
    } finally {
      health.close();
      health.closeAllConnections();
    }
    assert.match(named(await look(), "bridge").todo, /--health/);
  });

  test("compares the host key that is shown with the one that a school is told", async () => {
    const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs1", format: "pem" });
    const shown = ssh2.utils.parseKey(privateKey) as ssh2.ParsedKey;
    const fingerprint = `SHA256:${
      createHash("sha256").update(shown.getPublicSSH()).digest("base64").replace(/=+$/, "")
    }`;
    const sftp = new ssh2.Server(
      { hostKeys: [privateKey] },
      (client) => client.on("error", () => {}),
    );
    sftp.listen(0, "127.0.0.1");
    await once(sftp, "listening");
    const address = `127.0.0.1:${(sftp.address() as AddressInfo).port}`;
    const look = async (at = address, slug?: string) =>
      await findHostKey(at, await askTold(terminal(), slug));
    try {
      assert.match((await look()).found, /no school yet/);
      await app.admin("POST", "/admin/schools", { slug: "oak", name: "Oak" });
      assert.match((await look()).todo, /WORKER_URL/, "no bridge has said its key");

      await hear([fingerprint]);
      assert.equal(named([await look()], "host key").found, `${address} shows what oak is told`);
      assert.equal((await look(address, "oak")).isWell, true);
      assert.match((await look(address, "elm")).found, /not known/);

      await hear([`SHA256:${"A".repeat(43)}`]);
      const other = named([await look()], "host key");
      assert.match(
        other.found,
        new RegExp(`shows ${fingerprint.replaceAll("+", "\\+")}, oak is told SHA256:AAA`),
      );
      assert.match(other.todo, /another server answers there/);
      assert.match((await look("127.0.0.1:1")).todo, /ssh-keyscan/);

      assert.equal((await findSftp({ address, source: "here" })).isWell, true);
      assert.match(
        (await findSftp({ address: url.slice("http://".length), source: "here" })).found,
        /no greeting|no SSH server/,
      );
    } finally {
      sftp.close();
    }
  });

  test("looks where the school's bridge says that it is reached, unless another address is named", async () => {
    await app.admin("POST", "/admin/schools", { slug: "fir", name: "Fir" });
    const door = async (asked?: string, more = {}, slug?: string) =>
      doorAddress(asked, await askTold(terminal(more), slug));
    await hear([]);
    assert.deepEqual(await door(), {
      address: "sftp.college.edu:22",
      source: "as the bridge of fir says",
    });
    await hear([], "[2001:db8::7]:2022");
    assert.equal((await door(undefined, {}, "fir")).address, "[2001:db8::7]:2022");
    const asked = { address: "127.0.0.1:1", source: "as --sftp says" };
    assert.deepEqual(await door("127.0.0.1:1"), asked);
    assert.match((await findSftp(asked)).found, /^127\.0\.0\.1:1 \(as --sftp says\): /);

    const byItself = {
      address: "127.0.0.1:2222",
      source: "the default, as no bridge says another",
    };
    assert.deepEqual(await door(undefined, { ROSTERBRIDGE_URL: "http://127.0.0.1:1" }), byItself);
    await hear([], null);
    assert.deepEqual(await door(), byItself);
  });
});
