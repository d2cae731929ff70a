import assert from "node:assert/strict";
import { test } from "node:test";
import ssh2 from "ssh2";
import type { AuthenticationType, ParsedKey, SignCallback } from "ssh2";
import {
  connect,
  ed25519Key,
  openSftp,
  OpenSsh,
  rsaKey,
  schoolKey,
  startWorld,
  wireOf,
  type World,
} from "./harness.ts";
import { sendMessage, string } from "./raw-sftp.ts";
import { until } from "../../until.ts";

const denied = /All configured authentication methods failed/;

function allow(world: World, key: string): void {
  world.keys.set(wireOf(key).toString("base64"), 1);
}

test("the right key logs in, and the session knows school, fingerprint, address and client software", async () => {
  await using world = await startWorld();
  const client = await connect(world.server.port, { ident: "Some_Client-1.0 of\x7fa school" });
  await openSftp(client);
  using ssh = new OpenSsh(world.server.port);
  const { output } = await ssh.ssh("-V"); // Not a session.
  assert.equal(output, "");
  assert.equal((await ssh.sftp("pwd")).status, 0);
  const [first, second] = world.visitors;
  assert.equal(first!.schoolId, 1);
  assert.equal(first!.slug, "school");
  assert.match(first!.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
  assert.equal(first!.address, "127.0.0.1");
  assert.equal(first!.client, "Some_Client-1.0 of a school");
  assert.match(second!.client, /^OpenSSH_\d/);
  assert.equal(world.logs.filter(({ event }) => event === "sftp.login").length, 2);
  client.end();
});

test("public-key SFTP only: none, password and keyboard-interactive are refused, publickey can continue", async () => {
  await using world = await startWorld();
  const left: unknown[] = [];
  const methods: AuthenticationType[] = ["none", "password", "keyboard-interactive"];
  const login = connect(world.server.port, {
    username: "school",
    password: "secret",
    tryKeyboard: true,
    authHandler(methodsLeft, _partial, next) {
      left.push(methodsLeft);
      const method = methods.shift();
      return next((method ?? false) as AuthenticationType);
    },
  });
  await assert.rejects(login, denied);
  assert.deepEqual(left, [null, ["publickey"], ["publickey"], ["publickey"]]);
  assert.equal(JSON.stringify(world.logs).includes("secret"), false);
});

test("an unknown school, a wrong key and a revoked key look the same to the client", async () => {
  await using world = await startWorld();
  using right = new OpenSsh(world.server.port);
  using wrong = new OpenSsh(world.server.port, rsaKey(2048));
  const view = async (ssh: OpenSsh, slug: string) => {
    const { status, errors } = await ssh.ssh("-v", "-s", `${slug}@127.0.0.1`, "sftp");
    assert.equal(status, 255);
    const start = errors.indexOf("SSH2_MSG_SERVICE_ACCEPT");
    assert.ok(start > 0);
    return errors.slice(start)
      .replaceAll(slug, "SLUG")
      .replaceAll(ssh.folder, "FOLDER")
      .replace(/key .*SHA256.*/g, "key")
      .replace(/Server accepts.*/g, "ACCEPTED");
  };
  const wrongKey = await view(wrong, "school");
  assert.match(wrongKey, /Permission denied \(publickey\)/);
  assert.doesNotMatch(wrongKey, /ACCEPTED/);
  assert.equal(await view(right, "nobody"), wrongKey);
  assert.equal(await view(right, "No School"), wrongKey);
  world.keys.clear();
  assert.equal(await view(right, "school"), wrongKey);
  const slugs = world.logs.map(({ fields }) => fields.slug);
  assert.deepEqual(new Set(slugs.filter(Boolean)), new Set(["school", "nobody"]));
});

test("signatures rsa-sha2-256 and rsa-sha2-512, never SHA-1", async () => {
  await using world = await startWorld();
  using ssh = new OpenSsh(world.server.port);
  const login = (algorithm: string) =>
    ssh.sftp("pwd", "-o", `PubkeyAcceptedAlgorithms=${algorithm}`);
  assert.equal((await login("rsa-sha2-256")).status, 0);
  // OpenSSH does not even try: EXT_INFO tells it what may be signed.
  const sha1 = await login("ssh-rsa");
  assert.equal(sha1.status, 255);
  assert.equal(await askForKey(world.server.port, "ssh-rsa"), "refused");
  const refused = world.logs.filter(({ event }) => event === "sftp.refused");
  assert.match(String(refused[0]!.fields.why), /SHA-1/);
  const client = await connect(world.server.port);
  client.end();
});

test("RSA keys of fewer than 2048 bits are refused at login too", async () => {
  await using world = await startWorld();
  const short = rsaKey(1024);
  allow(world, short);
  await assert.rejects(connect(world.server.port, { privateKey: short }), denied);
  assert.match(String(world.logs[0]!.fields.why), /fewer than 2048 bits/);
});

test("Ed25519 and ECDSA only where the operator allows them", async () => {
  const ed25519 = ed25519Key();
  const ecdsa = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private;
  const logins = async (types: ("rsa" | "ed25519" | "ecdsa")[]) => {
    await using world = await startWorld({ keyTypes: new Set(types) });
    const results: boolean[] = [];
    for (const privateKey of [schoolKey, ed25519, ecdsa]) {
      allow(world, privateKey);
      const login = connect(world.server.port, { privateKey });
      results.push(await login.then((client) => (client.end(), true), () => false));
    }
    return results;
  };
  assert.deepEqual(await logins(["rsa"]), [true, false, false]);
  assert.deepEqual(await logins(["ed25519"]), [false, true, false]);
  assert.deepEqual(await logins(["rsa", "ed25519", "ecdsa"]), [true, true, true]);
});

test("a key that would do is accepted under the name the client gave its algorithm", async () => {
  await using world = await startWorld();
  for (const name of ["rsa-sha2-256", "rsa-sha2-512"]) {
    const answer = await askForKey(world.server.port, name);
    assert.equal(answer, name);
  }
});

/** Asks whether the school's key would do; answers the algorithm that USERAUTH_PK_OK names, if any. */
function askForKey(port: number, algorithm: string): Promise<string> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on("error", reject);
    client.once("handshake", () => {
      const { _protocol } = client as unknown as InnerClient;
      _protocol._handlers.SERVICE_ACCEPT = () =>
        sendMessage(
          client,
          Buffer.concat([
            Buffer.from([50]),
            ...["school", "ssh-connection", "publickey"].map(string),
            Buffer.from([0]),
            string(algorithm),
            string(wireOf(schoolKey)),
          ]),
        );
      const onPayload = _protocol._decipher._onPayload;
      _protocol._decipher._onPayload = (payload) => {
        if (payload[0] !== 60 && payload[0] !== 51) return onPayload(payload);
        if (payload[0] === 51) resolve("refused");
        else resolve(payload.subarray(5, 5 + payload.readUInt32BE(1)).toString());
        client.destroy();
      };
    });
    client.connect({
      host: "127.0.0.1",
      port,
      username: "school",
      authHandler: () => {},
      privateKey: schoolKey,
    });
  });
}

interface InnerClient {
  _protocol: {
    _handlers: Record<string, unknown>;
    _decipher: { _onPayload(payload: Buffer): unknown };
  };
}

/** An agent that offers a key it does not have, and signs with another. */
class Impostor extends ssh2.BaseAgent<Buffer> {
  getIdentities(done: (error: undefined, keys: Buffer[]) => void): void {
    done(undefined, [wireOf(schoolKey)]);
  }
  override sign(_key: unknown, bytes: Buffer, options: unknown, done?: SignCallback): void {
    const { hash } = options as { hash?: string };
    const other = ssh2.utils.parseKey(rsaKey(2048)) as ParsedKey;
    done!(undefined, other.sign(bytes, hash));
  }
}

test("the signature is verified: a school's public key alone opens nothing", async () => {
  await using world = await startWorld();
  const config = { privateKey: undefined, agent: new Impostor() };
  await assert.rejects(connect(world.server.port, config), denied);
  const whys = world.logs.map(({ fields }) => fields.why);
  assert.ok(whys.includes("the signature does not verify"), String(whys));
});

test("each attempt asks the directory, with the time of the attempt", async () => {
  const times: number[] = [];
  await using world = await startWorld({
    now: () => 1234,
    authenticate: ({ at }) => void times.push(at),
  });
  await assert.rejects(connect(world.server.port), denied);
  assert.deepEqual(new Set(times), new Set([1234]));
});

test("a refused login says in the log why, and with which software; the client hears nothing of it", async () => {
  await using world = await startWorld({
    authenticate: () => undefined,
    refusal: () => "key_expired",
  });
  await assert.rejects(connect(world.server.port, { ident: "OldTool_1.0" }), denied);
  const { fields } = world.logs.find(({ event }) => event === "sftp.refused")!;
  assert.deepEqual([fields.why, fields.client, fields.slug], [
    "the key has expired",
    "OldTool_1.0",
    "school",
  ]);
});

test("an attempt that stops half way leaves a line with the client's software and how far it came", async () => {
  await using world = await startWorld();
  await askForKey(world.server.port, "rsa-sha2-512");
  await until(() => world.logs.some(({ event }) => event === "sftp.left"));
  const { fields } = world.logs.find(({ event }) => event === "sftp.left")!;
  assert.match(String(fields.client), /^ssh2js/);
  assert.match(String(fields.reached), /a key of school that would do; no signature/);
});

test("a fault while looking a key up costs that login and nothing else", async () => {
  await using world = await startWorld({
    authenticate() {
      throw new Error("no directory");
    },
  });
  await assert.rejects(connect(world.server.port));
  await assert.rejects(connect(world.server.port));
  assert.equal(world.logs.filter(({ event }) => event === "sftp.fault").length, 2);
});

test("a client that tries key after key is sent away after twenty", async () => {
  await using world = await startWorld();
  let tries = 0;
  const login = connect(world.server.port, {
    authHandler(_left, _partial, next) {
      tries++;
      next({ type: "publickey", username: "school", key: ed25519Key() });
    },
  });
  await assert.rejects(login);
  await until(() => world.logs.some(({ fields }) => fields.times === 16));
  assert.equal(tries, 20);
});
