// SPEC section 1: public-key SFTP only; no shell, no exec, no forwarding; keys end when they should.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect as connectTcp, createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Client, ClientChannel, ConnectConfig } from "ssh2";
import { call, closed, connect, openSftp } from "../bridge/sftp/harness.ts";
import { launch } from "./processes.ts";
import { makeKey, run, type School, type Service, sshOptions, startService } from "./service.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

describe("who may come in, and what for", () => {
  let service: Service, school: School, other: School;
  const us = "springfield@127.0.0.1";

  before(async () => {
    // The worker takes all types of keys, the bridge only RSA: it decides at each login.
    service = await startService({ worker: { SSH_KEY_TYPES: "rsa,ed25519,ecdsa" } });
    school = await service.addSchool("springfield");
    other = await service.addSchool("shelbyville");
  });
  after(() => service[Symbol.asyncDispose]());

  const ssh = (...args: string[]) =>
    run("ssh", [...sshOptions(service.sftpPort, school.keyFile), ...args]);
  const login = (slug: string, privateKey: string | Buffer, config: ConnectConfig = {}) =>
    connect(service.sftpPort, { username: slug, privateKey, ...config });
  const refusals = () =>
    service.bridge.output().split("\n").filter((line) => line.includes("sftp.refused"));

  /** A school's logins as the administrator sees them, refused ones among them. */
  async function loginsOf(slug: string): Promise<{ reason: string; fingerprint: string }[]> {
    return (await service.admin("GET", `/admin/schools/${slug}/logins`)).body.items;
  }

  /** Registers a key; the bridge hears of it with its next sync. */
  async function addKey(publicKey: string, expiresAt?: string): Promise<string> {
    const path = `/admin/schools/${school.slug}/keys`;
    const { status, body } = await service.admin("POST", path, { publicKey, expiresAt });
    assert.equal(status, 201, JSON.stringify(body));
    return body.fingerprint;
  }

  const isLetIn = (privateKey: string) =>
    login(school.slug, privateKey).then((client) => (client.end(), true), () => false);

  test("the wrong key, another school's key and an unknown user are refused alike, with OpenSSH", async () => {
    const stranger = join(service.folder, "stranger");
    await writeFile(stranger, makeKey().privateKey, { mode: 0o600 });
    const attempts: [string, string][] = [
      [stranger, "springfield"],
      [other.keyFile, "springfield"],
      [school.keyFile, "shelbyville"],
      [school.keyFile, "nobody"],
      [school.keyFile, "root"],
      [school.keyFile, "Springfield"],
      [stranger, "../springfield"],
    ];
    for (const [keyFile, user] of attempts) {
      const { code, stdout, stderr } = await run(
        "sftp",
        [...sshOptions(service.sftpPort, keyFile), "-b", "-", "-o", `User=${user}`, "127.0.0.1"],
        { input: "ls\n" },
      );
      assert.equal(code, 255, user);
      assert.equal(stdout, "");
      assert.equal(stderr.split("\r\n")[0], `${user}@127.0.0.1: Permission denied (publickey).`);
    }
    assert.equal((await school.sftp("ls")).code, 0);
    // The operator's log knows the difference that no stranger is told.
    const why = refusals().map((line) => JSON.parse(line).why);
    assert.deepEqual(
      new Set(why),
      new Set(["there is no such school", "the key is none of the school's"]),
    );
  });

  test("Ed25519 and ECDSA keys are refused while SSH_KEY_TYPES is rsa, though the school has them", async () => {
    for (const type of ["ed25519", "ecdsa"]) {
      const keyFile = join(service.folder, type);
      await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", keyFile]);
      const before = refusals().length;
      const fingerprint = await addKey(await readFile(`${keyFile}.pub`, "utf8"));
      const args = [...sshOptions(service.sftpPort, keyFile), "-b", "-", us];
      const { code, stderr } = await run("sftp", args, { input: "ls\n" });
      assert.equal(code, 255);
      assert.match(stderr, /Permission denied \(publickey\)/);
      await until(() => refusals().length > before);
      assert.match(refusals().at(-1)!, /"why":"this type of key is not allowed"/);
      assert.ok(refusals().at(-1)!.includes(fingerprint));
      await until(async () =>
        (await loginsOf(school.slug)).some((one) =>
          one.reason === "key_type" && one.fingerprint === fingerprint
        )
      );
    }
  });

  test("a password is no way in, whatever it is", async () => {
    for (const password of ["", "springfield", school.privateKey]) {
      const attempt = connect(service.sftpPort, {
        username: "springfield",
        password,
        tryKeyboard: true,
        privateKey: undefined,
      });
      await assert.rejects(attempt, /All configured authentication methods failed/);
    }
    const { code, stderr } = await run("ssh", [
      ...["-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,none"],
      ...sshOptions(service.sftpPort, school.keyFile),
      us,
    ]);
    assert.equal(code, 255);
    assert.match(stderr, /Permission denied \(publickey\)/);
    await until(async () =>
      (await loginsOf(school.slug)).some(({ reason }) => reason === "method")
    );
  });

  test("no shell, no exec, no terminal, no other subsystem", async () => {
    const table: [string[], RegExp][] = [
      [["-T", us], /^shell request failed on channel 0\r\n$/],
      [["-tt", us], /^PTY allocation request failed on channel 0\r\n/],
      [[us, "id"], /^exec request failed on channel 0\r\n$/],
      [[us, "/usr/lib/openssh/sftp-server"], /^exec request failed on channel 0\r\n$/],
      [["-s", us, "netconf"], /^subsystem request failed on channel 0\r\n$/],
    ];
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await ssh(...args);
      assert.equal(code, 255, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, message);
    }
  });

  describe("no forwarding, in any direction", () => {
    let target: Server, targetPort: number, reached = 0;
    before(async () => {
      target = createServer((socket) => {
        reached++;
        socket.on("error", () => {});
        socket.end("inside\n");
      }).listen(0, "127.0.0.1");
      await once(target, "listening");
      targetPort = (target.address() as AddressInfo).port;
    });
    after(() => void target.close());

    test("ssh -W, -R and -w fail at once", async () => {
      const strict = ["-N", "-o", "ExitOnForwardFailure=yes"];
      const table: [string[], RegExp][] = [
        [["-W", `127.0.0.1:${targetPort}`], /stdio forwarding failed/],
        [[...strict, "-R", `0:127.0.0.1:${targetPort}`], /remote port forwarding failed/],
        [
          [...strict, "-R", "/tmp/rosterbridge-forward:127.0.0.1:1"],
          /remote port forwarding failed/,
        ],
        [[...strict, "-w", "0:0"], /Tunnel forwarding failed/],
      ];
      for (const [args, message] of table) {
        const { code, stdout, stderr } = await ssh(...args, us);
        assert.equal(code, 255, args.join(" "));
        assert.equal(stdout, "");
        assert.match(stderr, message);
      }
      assert.equal(reached, 0);
    });

    test("what comes through ssh -L and -D is hung up on, and reaches nothing", async () => {
      const [direct, socks] = [await freePort(), await freePort()];
      const forwarding = await launch(
        "ssh",
        [
          ...sshOptions(service.sftpPort, school.keyFile),
          ...["-v", "-N", "-L", `${direct}:127.0.0.1:${targetPort}`, "-D", String(socks), us],
        ],
        {},
        /Entering interactive session/,
      );
      try {
        assert.equal((await heard(direct, [])).toString(), "");
        const port = Buffer.alloc(2);
        port.writeUInt16BE(targetPort);
        const request = Buffer.concat([Buffer.of(5, 1, 0, 1, 127, 0, 0, 1), port]);
        const answer = await heard(socks, [Buffer.of(5, 1, 0), request]);
        assert.ok(!answer.includes("inside"));
        await until(() => /open failed/.test(forwarding.output()));
      } finally {
        await forwarding.end();
      }
      assert.equal(reached, 0);
    });

    test("agents, X11, and channels that the client opens itself are refused", async (t) => {
      const agentFile = join(service.folder, "agent.sock");
      const agent = createServer().listen(agentFile);
      const withAgent = await login("springfield", school.privateKey, {
        agent: agentFile,
        agentForward: true,
      });
      const client = await login("springfield", school.privateKey);
      t.after(() => {
        withAgent.end();
        client.end();
        agent.close();
      });
      const exec = (connection: Client, options: object) =>
        call<ClientChannel>((done) => connection.exec("id", options, done as never));
      await assert.rejects(exec(withAgent, {}), /Unable to request agent forwarding/);
      await assert.rejects(exec(client, { x11: true }), /Unable to request X11/);
      await assert.rejects(exec(client, { env: { LD_PRELOAD: "/x" } }), /Unable to exec/);
      await assert.rejects(
        call((done) => client.forwardOut("127.0.0.1", 1, "127.0.0.1", targetPort, done)),
        /Channel open failure/,
      );
      await assert.rejects(call((done) => client.forwardIn("0.0.0.0", 0, done)), /Unable to bind/);
      // The connection is a good one all the same.
      const sftp = await openSftp(client);
      await call((done) => sftp.stat("/inbound", done));
      assert.equal(reached, 0);
    });
  });

  test("a revoked key: new logins are refused at once, its open sessions are closed, the other key's stay", async () => {
    const { privateKey, publicKey } = makeKey();
    const fingerprint = await addKey(publicKey);
    await until(() => isLetIn(privateKey));
    const stale = await login(school.slug, privateKey);
    const sftp = await openSftp(stale);
    const writing = await call<Buffer>((done) => sftp.open("/inbound/half.txt", "w", done));
    await call((done) => sftp.write(writing, Buffer.from("half"), 0, 4, 0, done));
    const good = await login(school.slug, school.privateKey);
    const goodSftp = await openSftp(good);

    const gone = closed(stale);
    const path = `/admin/schools/${school.slug}/keys/${encodeURIComponent(fingerprint)}`;
    assert.equal((await service.admin("DELETE", path)).status, 204);
    await gone;
    await assert.rejects(login(school.slug, privateKey), /authentication methods failed/);
    await until(() => JSON.parse(refusals().at(-1)!).why === "the key was revoked");
    await call((done) => goodSftp.stat("/inbound", done));
    // What it had sent is a partial file, as after any connection that drops.
    await until(() => call((done) => goodSftp.stat("/inbound/half.txt", done)).then(() => true));
    assert.equal((await school.get("/inbound/half.txt")).toString(), "half");
    good.end();
  });

  test("a school that is limited to addresses: sessions from elsewhere are closed, and logins refused with the reason", async () => {
    const client = await login(school.slug, school.privateKey);
    const gone = closed(client);
    const limit = (allowedAddresses: string[] | null) =>
      service.admin("PATCH", `/admin/schools/${school.slug}`, { settings: { allowedAddresses } });
    assert.equal((await limit(["192.0.2.0/24"])).status, 200);
    await gone;
    await assert.rejects(
      login(school.slug, school.privateKey),
      /authentication methods failed/,
    );
    await until(() => JSON.parse(refusals().at(-1)!).reason === "address_foreign");
    // The administrator reads it too.
    await until(async () => {
      const { body } = await service.admin("GET", `/admin/schools/${school.slug}/logins`);
      return body.items.some(({ reason }: { reason: string }) => reason === "address_foreign");
    });
    assert.equal((await limit(["192.0.2.0/24", "127.0.0.0/8"])).status, 200);
    await until(() => isLetIn(school.privateKey));
    await limit(null);
  });

  test("a key stops working when it expires; the school's other keys go on", async () => {
    let wasIn = false, expires = 0, privateKey = "";
    // On a machine so slow that a key expires before it was tried once, the next one has longer.
    for (let lifetime = 2_000; !wasIn; lifetime *= 2) {
      const key = makeKey();
      privateKey = key.privateKey;
      expires = Date.now() + lifetime;
      await addKey(key.publicKey, new Date(expires).toISOString());
      await until(async () => (wasIn = await isLetIn(privateKey)) || Date.now() >= expires);
    }
    await until(async () => !await isLetIn(privateKey));
    await until(() => JSON.parse(refusals().at(-1)!).why === "the key has expired");
    assert.ok(Date.now() >= expires);
    assert.ok(await isLetIn(school.privateKey));
  });

  test("a key that expires: its open session is closed at that instant", async () => {
    let client: Client | undefined, expires = 0;
    for (let lifetime = 2_000; !client; lifetime *= 2) {
      const { privateKey, publicKey } = makeKey();
      expires = Date.now() + lifetime;
      await addKey(publicKey, new Date(expires).toISOString());
      await until(async () => {
        client = await login(school.slug, privateKey).catch(() => undefined);
        return client !== undefined || Date.now() >= expires;
      });
    }
    const good = await login(school.slug, school.privateKey);
    await closed(client);
    assert.ok(Date.now() >= expires);
    await call(async (done) => (await openSftp(good)).stat("/inbound", done));
    good.end();
  });

  test("a suspended school is out and its open sessions are closed, until it is admitted again", async () => {
    const client = await login(other.slug, other.privateKey);
    const bystander = await login(school.slug, school.privateKey);
    const gone = closed(client);
    const path = `/admin/schools/${other.slug}/suspension`;
    assert.equal((await service.admin("POST", path)).status, 200);
    await gone;
    await assert.rejects(login(other.slug, other.privateKey), /authentication methods failed/);
    await until(() => JSON.parse(refusals().at(-1)!).reason === "school_suspended");
    await call(async (done) => (await openSftp(bystander)).stat("/inbound", done));
    bystander.end();
    assert.equal((await service.admin("DELETE", path)).status, 204);
    await until(() => other.names().then(() => true, () => false));
  });

  test("a school that is deleted is out, and nobody learns that it was there", async () => {
    const leaving = await service.addSchool("ogdenville");
    const client = await login("ogdenville", leaving.privateKey);
    const gone = closed(client);
    const path = "/admin/schools/ogdenville?confirm=ogdenville";
    assert.ok((await service.admin("DELETE", path)).status < 300);
    await gone;
    await assert.rejects(login("ogdenville", leaving.privateKey), /authentication methods failed/);
  });

  test("no key, no password and no name that is no slug is in the bridge's log", () => {
    const output = service.bridge.output();
    assert.ok(!output.includes("../springfield") && !output.includes("PRIVATE KEY"));
    assert.match(output, /"event":"sftp.refused","slug":"nobody"/);
  });
});

/** Connects, sends, and answers all that came until the other side hung up. */
async function heard(port: number, pieces: Buffer[]): Promise<Buffer> {
  const socket = connectTcp(port, "127.0.0.1");
  const received: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (piece) => {
    received.push(piece);
    const next = pieces.shift();
    if (next) socket.write(next);
  });
  const first = pieces.shift();
  if (first) socket.write(first);
  await once(socket, "close");
  return Buffer.concat(received);
}
