import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { ed25519Line, line, rsaNumbers, rsaWire } from "../ssh-key/test-keys.ts";

// Making RSA keys takes long; another odd modulus is another key for whoever does not log in with it.
const numbers = rsaNumbers(2048);
function anotherKey(): string {
  const modulus = Buffer.from(numbers.modulus);
  modulus[modulus.length - 2]! += 1;
  numbers.modulus = modulus;
  return line("ssh-rsa", rsaWire(numbers), "laptop");
}

eachDatabase("keys", (database) => {
  let app: AppUnderTest;
  const keys = "/admin/schools/keyed/keys";
  before(async () => {
    app = appUnderTest(database().client);
    for (const slug of ["keyed", "other"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
    }
  });
  beforeEach(() => {
    app = appUnderTest(database().client);
  });

  async function directoryVersion(): Promise<number> {
    return Number((await database().client.execute("SELECT version FROM directory")).rows[0]![0]);
  }

  test("a key is added with its label and its end", async () => {
    const version = await directoryVersion();
    const publicKey = anotherKey();
    const { status, body, headers } = await app.admin("POST", keys, {
      publicKey,
      label: "backup server",
      expiresAt: "2027-01-01T00:00:00Z",
    });
    assert.equal(status, 201);
    const { fingerprint } = body;
    assert.match(fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(headers.get("location"), `${keys}/${encodeURIComponent(fingerprint)}`);
    assert.deepEqual(body, {
      fingerprint,
      type: "ssh-rsa",
      bits: 2048,
      publicKey: publicKey.split(" ").slice(0, 2).join(" "),
      label: "backup server",
      createdAt: "2026-11-22T10:15:30.123Z",
      expiresAt: "2027-01-01T00:00:00.000Z",
      revokedAt: null,
      lastUsedAt: null,
      lastUsedFrom: null,
    });
    const listed = await app.admin("GET", keys);
    assert.deepEqual(listed.body.items, [body]);
    assert.equal(await directoryVersion(), version + 1);
    const audit = (await app.admin("GET", "/admin/audit?limit=1")).body.items[0];
    assert.equal(audit.action, "key.added");
    assert.equal(audit.detail.fingerprint, fingerprint);
  });

  test("without a label it has the key's own comment", async () => {
    const { body } = await app.admin("POST", keys, { publicKey: anotherKey() });
    assert.equal(body.label, "laptop");
  });

  test("an end that is past, or is no instant, is refused", async () => {
    for (const expiresAt of ["2026-11-22T10:15:30.123Z", "2020-01-01T00:00:00Z", "tomorrow", 7]) {
      const { status } = await app.admin("POST", keys, { publicKey: anotherKey(), expiresAt });
      assert.equal(status, 400);
    }
  });

  test("what cannot be a key is refused and says why", async () => {
    const { status, body } = await app.admin("POST", keys, { publicKey: ed25519Line() });
    assert.equal(status, 400);
    assert.equal(body.code, "key_type_not_allowed");
    const allowed = appUnderTest(database().client, { keyTypes: ["rsa", "ed25519"] });
    const added = await allowed.admin("POST", keys, { publicKey: ed25519Line() });
    assert.equal(added.status, 201);
    const { headers: _, ...answer } = await app.admin("POST", keys, { publicKey: "" });
    assert.equal(answer.body.code, "key_unreadable");
  });

  test("a key that another school already has is refused, and that school is not named", async () => {
    const publicKey = anotherKey();
    await app.admin("POST", "/admin/schools/other/keys", { publicKey, label: "secret label" });
    const { status, body } = await app.admin("POST", keys, { publicKey });
    assert.equal(status, 409);
    assert.equal(body.code, "key_of_another_school");
    assert.doesNotMatch(JSON.stringify(body), /"other"|secret label/);
  });

  test("a key that the school already has is left as it is", async () => {
    const publicKey = anotherKey();
    await app.admin("POST", keys, { publicKey, label: "first" });
    const version = await directoryVersion();
    const { status, body } = await app.admin("POST", keys, { publicKey, label: "second" });
    assert.equal(status, 409);
    assert.equal(body.code, "key_exists");
    assert.match(body.detail, /"first"/);
    assert.equal(await directoryVersion(), version);
  });

  test("a revoked key is gone from the directory at once and never comes back", async () => {
    const publicKey = anotherKey();
    const { body: key } = await app.admin("POST", keys, { publicKey });
    const version = await directoryVersion();
    const slug = (path: string) => `${keys}/${path}`;
    assert.equal(
      (await app.admin("DELETE", slug(encodeURIComponent(key.fingerprint)))).status,
      204,
    );
    // As it is printed, slashes and all; and a second time changes nothing.
    assert.equal((await app.admin("DELETE", slug(key.fingerprint))).status, 204);
    assert.equal(await directoryVersion(), version + 1);
    const { body: sync } = await app.bridge("POST", "/bridge/listen", {
      ...{ directoryVersion: version, commands: [], room: 0, waitMs: 0 },
    });
    const opening = sync.directory.schools.map(({ keys }: { keys: unknown }) => keys);
    assert.ok(!JSON.stringify(opening).includes(key.fingerprint));
    const listed = (await app.admin("GET", keys)).body.items
      .find((item: { fingerprint: string }) => item.fingerprint === key.fingerprint);
    assert.equal(listed.revokedAt, "2026-11-22T10:15:30.123Z");

    const again = await app.admin("POST", keys, { publicKey });
    assert.equal(again.status, 409);
    assert.equal(again.body.code, "key_revoked");
    const elsewhere = await app.admin("POST", "/admin/schools/other/keys", { publicKey });
    assert.equal(elsewhere.body.code, "key_of_another_school");
  });

  test("another school's key cannot be revoked", async () => {
    const { body } = await app.admin("POST", "/admin/schools/other/keys", {
      publicKey: anotherKey(),
    });
    const { status, body: problem } = await app.admin("DELETE", `${keys}/${body.fingerprint}`);
    assert.equal(status, 404);
    assert.equal(problem.code, "key_unknown");
  });

  test("keys are listed newest first, in pages", async () => {
    await app.admin("POST", "/admin/schools", { slug: "many-keys", name: "Many" });
    const path = "/admin/schools/many-keys/keys";
    for (const label of ["one", "two", "three"]) {
      app.clock.now += 1000;
      await app.admin("POST", path, { publicKey: anotherKey(), label });
    }
    const labels = (body: { items: { label: string }[] }) => body.items.map(({ label }) => label);
    const first = (await app.admin("GET", `${path}?limit=2`)).body;
    assert.deepEqual(labels(first), ["three", "two"]);
    const second = (await app.admin("GET", `${path}?limit=2&cursor=${first.next}`)).body;
    assert.deepEqual(labels(second), ["one"]);
    assert.ok(!("next" in second));
  });

  test("deleting a school frees its keys", async () => {
    const publicKey = anotherKey();
    await app.admin("POST", "/admin/schools", { slug: "leaving", name: "Leaving" });
    await app.admin("POST", "/admin/schools/leaving/keys", { publicKey });
    await app.admin("DELETE", "/admin/schools/leaving?confirm=leaving");
    assert.equal((await app.admin("POST", keys, { publicKey })).status, 201);
  });
});
