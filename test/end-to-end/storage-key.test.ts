// A school's storage key is rotated while the bridge is killed again and again: no byte is lost, reads go
// on, and in the end the older version is gone.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { verifyStored } from "../../bridge/verify.ts";
import { startService } from "./service.ts";
import { until } from "../until.ts";

test("a rotation that is killed again and again comes to its end, and is seen on its way", async () => {
  await using service = await startService();
  const school = await service.addSchool("school");
  const files = new Map<string, Buffer>();
  for (let at = 0; at < 20; at++) files.set(`/inbound/${at}.bin`, randomBytes(1_500_000));
  for (const [path, bytes] of files) await school.put(path, bytes);
  await school.put("/inbound/small.txt", "small");
  const storageKey = () => service.admin("GET", "/admin/schools/school/storage-key");
  assert.deepEqual((await storageKey()).body, { state: "current" });

  const asked = await service.admin("POST", "/admin/schools/school/storage-key/rotate");
  assert.equal(asked.status, 202);
  assert.equal(asked.body.state, "asked");
  const twice = await service.admin("POST", "/admin/schools/school/storage-key/rotate");
  assert.deepEqual([twice.status, twice.body.code], [409, "storage_key_rotating"]);
  await until(async () => (await storageKey()).body.state === "rotating");
  assert.equal((await storageKey()).body.version, 2);
  for (let round = 0; round < 3; round++) {
    await service.restartBridge();
    const [path, bytes] = [...files][round * 5]!;
    assert.deepEqual(await school.get(path), bytes);
  }
  await until(async () => (await storageKey()).body.state === "current");
  const { body } = await storageKey();
  assert.deepEqual([body.version, body.filesLeft], [2, 0]);
  const kept = await school.getAll([...files.keys()]);
  for (const [at, [path, bytes]] of [...files].entries()) assert.ok(bytes.equals(kept[at]!), path);
  assert.equal((await school.get("/inbound/small.txt")).toString(), "small");

  const { body: audit } = await service.admin("GET", "/admin/audit?school=school&who=admin");
  assert.equal(audit.items[0].action, "storage_key.rotation_asked");
  await service.bridge.end("SIGTERM");
  const dataDir = join(service.folder, "bridge");
  const said: string[] = [];
  const isSound = await verifyStored(
    { dataDir, keyring: { kind: "file", file: join(dataDir, "master.key") } },
    { json: false, now: Date.now, write: (line) => void said.push(line) },
  );
  assert.equal(isSound, true, said.join("\n"));
});
