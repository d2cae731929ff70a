// SPEC section 1 as the bridge keeps it: who may come in, also while the worker is away.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { Catalog } from "../../../bridge/vault/catalog/catalog.ts";
import type { Directory } from "../../../shared/protocol.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const wire = (text: string) => Buffer.from(text).toString("base64");
const key = (name: string, expiresAt: string | null = null) => ({
  fingerprint: `SHA256:${name}`,
  publicKey: wire(name),
  expiresAt,
});

const authenticate = (directory: SchoolDirectory, slug: string, name: string, at = noon) =>
  directory.authenticate({ slug, publicKey: Buffer.from(name), address: "192.0.2.7", at });
const admits = (directory: SchoolDirectory, slug: string, fingerprint: string, at = noon) =>
  directory.admits({ slug, fingerprint, address: "192.0.2.7" }, at);

function directoryOf(version: number, schools: Record<string, ReturnType<typeof key>[]>) {
  const list = Object.entries(schools).map(([slug, keys], i) => ({ id: i + 1, slug, keys }));
  return { version, schools: list } as Directory;
}

async function withCatalog(work: (file: string) => Promise<void> | void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-directory-"));
  try {
    await work(join(folder, "catalog.db"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withDirectory(work: (directory: SchoolDirectory) => void): Promise<void> {
  await withCatalog((file) => {
    const catalog = new Catalog(file, () => noon);
    try {
      work(new SchoolDirectory(catalog));
    } finally {
      catalog.close();
    }
  });
}

test("before the first sync nobody may come in", () =>
  withDirectory((directory) => {
    assert.equal(directory.version, null);
    assert.equal(authenticate(directory, "springfield", "a"), undefined);
    assert.equal(admits(directory, "springfield", "SHA256:a"), false);
  }));

test("a school's own key opens its home and no other, and slugs are exact", () =>
  withDirectory((directory) => {
    directory.replace(
      directoryOf(1, { springfield: [key("a"), key("b")], shelbyville: [key("c")] }),
    );
    const login = (slug: string, name: string) => authenticate(directory, slug, name);
    assert.deepEqual(login("springfield", "a"), { schoolId: 1, fingerprint: "SHA256:a" });
    assert.deepEqual(login("springfield", "b"), { schoolId: 1, fingerprint: "SHA256:b" });
    assert.deepEqual(login("shelbyville", "c"), { schoolId: 2, fingerprint: "SHA256:c" });
    assert.equal(login("shelbyville", "a"), undefined);
    assert.equal(login("springfield", "c"), undefined);
    for (const slug of ["Springfield", "springfield ", "", "__proto__", "constructor"]) {
      assert.equal(login(slug, "a"), undefined, slug);
    }
    assert.equal(login("springfield", ""), undefined);
    assert.equal(login("springfield", "a\0"), undefined);
  }));

test("a key stops working at the instant it expires", () =>
  withDirectory((directory) => {
    directory.replace(directoryOf(1, { springfield: [key("a", new Date(noon).toISOString())] }));
    const at = (milliseconds: number) => [
      authenticate(directory, "springfield", "a", milliseconds) !== undefined,
      admits(directory, "springfield", "SHA256:a", milliseconds),
    ];
    assert.deepEqual(at(noon - 1), [true, true]);
    assert.deepEqual(at(noon), [false, false]);
    assert.deepEqual(at(noon + 1), [false, false]);
  }));

test("a key that is no longer in the directory opens nothing and admits no open session", () =>
  withDirectory((directory) => {
    directory.replace(directoryOf(1, { springfield: [key("a"), key("b")] }));
    directory.replace(directoryOf(2, { springfield: [key("b")] }));
    assert.equal(directory.version, 2);
    assert.equal(authenticate(directory, "springfield", "a"), undefined);
    assert.equal(admits(directory, "springfield", "SHA256:a"), false);
    assert.equal(admits(directory, "springfield", "SHA256:b"), true);
    directory.replace(directoryOf(3, {}));
    assert.equal(admits(directory, "springfield", "SHA256:b"), false);
  }));

test("the directory is stored: logins go on after a restart while the worker is away", () =>
  withCatalog((file) => {
    const before = new Catalog(file, () => noon);
    new SchoolDirectory(before).replace(directoryOf(7, { springfield: [key("a")] }));
    before.close();
    const after = new Catalog(file, () => noon);
    const directory = new SchoolDirectory(after);
    assert.equal(directory.version, 7);
    const login = authenticate(directory, "springfield", "a");
    assert.deepEqual(login, { schoolId: 1, fingerprint: "SHA256:a" });
    after.close();
  }));

test("a revoked key is out even when the directory cannot be stored, and it is asked for again", () =>
  withCatalog((file) => {
    const catalog = new Catalog(file, () => noon);
    const directory = new SchoolDirectory(catalog);
    directory.replace(directoryOf(1, { springfield: [key("a")] }));
    catalog.close();
    assert.throws(() => directory.replace(directoryOf(2, { springfield: [] })));
    assert.equal(authenticate(directory, "springfield", "a"), undefined);
    assert.equal(admits(directory, "springfield", "SHA256:a"), false);
    assert.equal(directory.version, 1);
  }));

test("a school, or one of its keys, can be limited to addresses: IPv4 and IPv6", () =>
  withDirectory((directory) => {
    const told = directoryOf(1, { springfield: [key("a"), key("b")], shelbyville: [key("c")] });
    const [springfield] = told.schools;
    springfield!.allowedAddresses = ["192.0.2.0/24", "2001:db8::/32"];
    springfield!.keys[1]!.allowedAddresses = ["192.0.2.128/25"];
    directory.replace(told);
    const from = (address: string, slug: string, name: string) => {
      const showing = { slug, publicKey: Buffer.from(name), address, at: noon };
      const guest = { slug, fingerprint: `SHA256:${name}`, address };
      const isIn = directory.authenticate(showing) !== undefined;
      assert.equal(directory.admits(guest, noon), isIn);
      if (!isIn) assert.equal(directory.refusal(showing), "address_foreign");
      return isIn;
    };
    assert.equal(from("192.0.2.7", "springfield", "a"), true);
    assert.equal(from("2001:db8:7::1", "springfield", "a"), true);
    assert.equal(from("198.51.100.7", "springfield", "a"), false);
    assert.equal(from("2001:db9::1", "springfield", "a"), false);
    // Both have to allow it.
    assert.equal(from("192.0.2.7", "springfield", "b"), false);
    assert.equal(from("192.0.2.200", "springfield", "b"), true);
    assert.equal(from("198.51.100.7", "shelbyville", "c"), true);
  }));

test("a refused login says whether school or key is unknown, expired, revoked or suspended", () =>
  withDirectory((directory) => {
    const expired = key("old", new Date(noon - 1).toISOString());
    const told = directoryOf(1, { springfield: [key("a"), expired], shelbyville: [] });
    told.schools[0]!.revoked = [{ fingerprint: "SHA256:r", publicKey: wire("r") }];
    told.schools[1]!.suspended = true;
    directory.replace(told);
    const why = (slug: string, name: string) => {
      const publicKey = Buffer.from(name);
      return directory.refusal({ slug, publicKey, address: "192.0.2.7", at: noon });
    };
    assert.equal(why("nowhere", "a"), "school_unknown");
    assert.equal(why("springfield", "x"), "key_unknown");
    assert.equal(why("springfield", "r"), "key_revoked");
    assert.equal(why("springfield", "old"), "key_expired");
    assert.equal(why("shelbyville", "a"), "school_suspended");
  }));
