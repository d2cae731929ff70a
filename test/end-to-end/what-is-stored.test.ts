// What somebody finds who takes away the bridge's disk, its backup, the worker's database or the logs.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { backup } from "../../bridge/backup/backup.ts";
import { openCatalogOf } from "../../bridge/open.ts";
import { KeyringError } from "../../bridge/vault/keys/keyring.ts";
import { openKeyring } from "../../bridge/vault/keys/open-keyring.ts";
import { keyContext } from "../../bridge/vault/keys/school-keys.ts";
import { verifyStored } from "../../bridge/verify.ts";
import { SettingError } from "../../shared/settings.ts";
import { type School, type Service, startService, waitForName } from "./service.ts";
import { until } from "../until.ts";

const values = ["needle.in.haystack", "Needleson", "needle-two"];
const roster = "U,S,L,F,T,D,R,T,O\n" +
  `${values[0]}@college.edu,S1,${values[1]},Ann,,,,,1\n${values[2]},,,,,,,,7\n`;

let service: Service;
let school: School;
/** What opens something: tokens and a session's cookie. */
const secrets: Record<string, string> = {};
const dataDir = () => join(service.folder, "bridge");

before(async () => {
  service = await startService();
  school = await service.addSchool("springfield");
  await school.put("/inbound/roster.csv", roster);
  await waitForName(school, ".rejected");
  await school.get(`/inbound/${await waitForName(school, ".completed")}`);
  await service.admin("POST", "/admin/schools/springfield/verifications", {
    usernames: ["needle.in.haystack@college.edu"],
    reviewer: "a person",
  });
  await service.admin("POST", "/admin/schools/springfield/exports");
  await until(async () => (await school.names("/outbound")).length === 1);
  const made = await service.admin("POST", "/admin/tokens", { name: "desk", role: "reviewer" });
  assert.equal(made.status, 201);
  const signedIn = await fetch(`${service.workerUrl}/console/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: service.workerUrl },
    body: new URLSearchParams({ token: made.body.token }),
  });
  const cookie = /=([^;]{20,});/.exec(signedIn.headers.get("set-cookie") ?? "")?.[1];
  assert.ok(cookie, `${signedIn.status}`);
  Object.assign(secrets, {
    ...{ "the bridge's token": service.bridgeToken, "the operator's token": service.adminToken },
    ...{ "a token that was made": made.body.token, "a session": cookie },
    "a school's private key": school.privateKey.split("\n")[3]!,
  });
  // What is refused may be logged, and what was wrong in it not.
  await fetch(`${service.workerUrl}/admin/schools`, {
    headers: { authorization: "Bearer a-wrong-token-of-somebody" },
  });
  secrets["a wrong token"] = "a-wrong-token-of-somebody";
});
after(() => service[Symbol.asyncDispose]());

/** The files of a folder that hold the text, and how many files it has. */
async function search(folder: string, text: string | Buffer) {
  const holding: string[] = [];
  let count = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    count++;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    if (bytes.includes(text)) holding.push(entry.name);
  }
  return { holding, count };
}

test("on the bridge's disk and in its backup stand no row value, no token and no private key of a school", async () => {
  const copy = join(service.folder, "backup");
  await backup(dataDir(), copy, { now: Date.now, write: () => {} });
  for (const folder of [dataDir(), copy]) {
    for (
      const [what, text] of [...values.map((text) => [text, text]), ...Object.entries(secrets)]
    ) {
      const { holding, count } = await search(folder, text!);
      assert.ok(count >= 2, `${folder} has ${count} files`);
      assert.deepEqual(holding, [], what);
    }
  }
  for (const entry of await readdir(copy, { recursive: true })) {
    assert.doesNotMatch(entry, /master|host/, "a key is in the backup");
  }
  const hostKey = (await readFile(join(dataDir(), "host.key"), "utf8")).split("\n")[3]!;
  for (const key of [await readFile(join(dataDir(), "master.key")), hostKey]) {
    assert.ok(key.length >= 32);
    assert.equal((await search(dataDir(), key)).holding.length, 1, "each stands in its own file");
    assert.deepEqual((await search(copy, key)).holding, []);
  }
  // Names are in the clear, as docs/security.md says; this is also how the search itself is known to find.
  assert.ok((await search(copy, "roster.csv")).holding.includes("catalog.db"));
});

test("a copy of the bridge's disk without the master key opens nothing, with another one neither", async () => {
  const stolen = join(service.folder, "stolen");
  await backup(dataDir(), stolen, { now: Date.now, write: () => {} });
  const keyFile = join(service.folder, "stolen.key");
  const settings = { dataDir: stolen, keyring: { kind: "file" as const, file: keyFile } };
  const look = async () => {
    const said: string[] = [];
    const isSound = await verifyStored(settings, {
      ...{ json: true, now: Date.now },
      write: (line) => void said.push(line),
    });
    return { isSound, ...JSON.parse(said.at(-1)!).verified };
  };
  await assert.rejects(look(), SettingError);
  await writeFile(keyFile, randomBytes(32), { mode: 0o600 });
  await assert.rejects(look(), /is not the one that the stored keys/);

  // A program of the thief's own does not ask whether the key is the right one.
  const keyring = await openKeyring(settings.keyring, { mayBeNew: false });
  const { catalog, close } = await openCatalogOf(stolen, { now: Date.now }, { mayBeNew: false });
  const wrapped = catalog.keys.some(100);
  assert.ok(wrapped.length > 0);
  for (const { schoolId, version, wrapped: key } of wrapped) {
    await assert.rejects(keyring.unwrap(key, keyContext(schoolId, version)), KeyringError);
  }
  close();

  // The owner's key is the one thing that was missing: what is not defended.
  await rm(keyFile);
  await cp(join(dataDir(), "master.key"), keyFile);
  const { isSound, files } = await look();
  assert.ok(isSound && files >= 4, `${files} files`);
});

test("in the worker's database stand rows, and no token, no session and no private key", async () => {
  const database = join(service.folder, "database");
  await mkdir(database);
  for (const name of (await readdir(service.folder)).filter((name) => /^worker\.db/.test(name))) {
    await cp(join(service.folder, name), join(database, name));
  }
  for (const [what, text] of Object.entries(secrets)) {
    assert.deepEqual((await search(database, text)).holding, [], what);
  }
  assert.ok((await search(database, values[0]!)).holding.length > 0, "the search finds nothing");
});

test("no log of both has a row value, a token, a session or a private key", () => {
  const logs = service.bridge.output() + service.worker.output();
  for (const [what, text] of [...values.map((text) => [text, text]), ...Object.entries(secrets)]) {
    assert.ok(!logs.includes(text!), `${what} is in a log`);
  }
  assert.match(logs, /springfield/);
});
