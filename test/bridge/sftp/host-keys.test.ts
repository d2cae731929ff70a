// Several host keys: a new one is announced and proved to real OpenSSH, which learns it, and the old one
// is retired on its day.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadHostKeys } from "../../../bridge/sftp/host-key.ts";
import { temporaryFolder } from "../vault/temporary-folder.ts";
import { connect, ed25519HostKey, OpenSsh, rsaKey, run, startWorld, wireOf } from "./harness.ts";

const [oldKey, newKey] = [rsaKey(2048), rsaKey(3072)];
const ecdsaKey = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "sec1", format: "pem" },
}).privateKey;

const base64 = (key: string) => wireOf(key).toString("base64");

/** The keys that OpenSSH knows of this server, as it knows them after a session with `known`. */
async function learned(port: number, ssh: OpenSsh, known: string[]) {
  const types = (key: string) => wireOf(key).subarray(4, 4 + wireOf(key).readUInt32BE()).toString();
  const lines = known.map((key) => `[127.0.0.1]:${port} ${types(key)} ${base64(key)}\n`);
  const file = ssh.file("known_hosts", lines.join(""));
  const settings = {
    ...{ BatchMode: "yes", IdentitiesOnly: "yes", Port: String(port), LogLevel: "INFO" },
    ...{ UserKnownHostsFile: file, StrictHostKeyChecking: "yes", UpdateHostKeys: "yes" },
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const args = ["-F", "/dev/null", "-i", ssh.key, ...options, "-b", "-", "school@127.0.0.1"];
  const { status, errors } = await run("/usr/bin/sftp", args, "ls");
  const after = await readFile(file, "utf8");
  return { status, errors, keys: after.trim().split("\n").map((line) => line.split(" ")[2]!) };
}

test("OpenSSH learns of a new host key, and forgets the old one when it is retired", async () => {
  let now = Date.parse("2027-01-31T23:59:59Z");
  const retiresAt = Date.parse("2027-02-01T00:00:00Z");
  const hostKeys = [{ key: oldKey, retiresAt }, { key: newKey }, { key: ed25519HostKey }, {
    key: ecdsaKey,
  }];
  await using world = await startWorld({ hostKeys, now: () => now });
  using ssh = new OpenSsh(world.server.port);
  const before = await learned(world.server.port, ssh, [oldKey]);
  assert.equal(before.status, 0, before.errors);
  const all = [oldKey, newKey, ed25519HostKey, ecdsaKey].map(base64);
  assert.deepEqual(before.keys.sort(), all.sort());

  now = retiresAt;
  const after = await learned(world.server.port, ssh, [oldKey, newKey]);
  assert.equal(after.status, 0, after.errors);
  assert.deepEqual(after.keys.sort(), [newKey, ed25519HostKey, ecdsaKey].map(base64).sort());
  const stranger = await learned(world.server.port, ssh, [oldKey]);
  assert.notEqual(stranger.status, 0);
  assert.match(
    stranger.errors,
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
  );
  assert.ok(world.logs.some(({ event }) => event === "host_keys.retired"));
});

test("a client that is no OpenSSH is told nothing it did not ask for, and comes in", async () => {
  await using world = await startWorld({ hostKeys: [{ key: oldKey }, { key: newKey }] });
  const told: unknown[] = [];
  const client = await connect(world.server.port);
  client.on("hostkeys" as "close", (...keys: unknown[]) => void told.push(keys));
  await new Promise<void>((resolve, reject) =>
    client.sftp((error) => error ? reject(error) : resolve())
  );
  assert.deepEqual(told, []);
  client.end();
});

test("host key files are a list or a folder; a further one is made, the first of several never", async (t) => {
  const folder = await temporaryFolder(t);
  const file = (name: string) => join(folder, name);
  const now = Date.parse("2027-01-01T00:00:00Z");
  const [made] = await loadHostKeys([{ file: file("host.key") }], now);
  const both = await loadHostKeys([{ file: file("host.key"), retiresAt: now + 1 }, {
    file: file("next.key"),
  }], now);
  assert.equal(both[0]!.key, made!.key);
  assert.equal(both[1]!.key, await readFile(file("next.key"), "utf8"));
  await assert.rejects(
    loadHostKeys([{ file: file("typo.key") }, { file: file("next.key") }], now),
    /typo\.key is not there, and clients know the key that was in it/,
  );
  await assert.rejects(
    loadHostKeys([{ file: file("host.key"), retiresAt: now }], now),
    /is retired/,
  );
  await mkdir(file("keys"));
  await assert.rejects(loadHostKeys([{ file: file("keys") }], now), /has no \*\.key file/);
  for (const [name, key] of [["2.key", newKey], ["1.key", oldKey], ["1.key.pub", "x"]] as const) {
    await writeFile(join(file("keys"), name), key, { mode: 0o600 });
  }
  const inFolder = await loadHostKeys([{ file: file("keys") }], now);
  assert.deepEqual(inFolder.map(({ key }) => key), [oldKey, newKey]);
});
