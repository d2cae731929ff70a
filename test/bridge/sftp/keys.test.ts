import assert from "node:assert/strict";
import { sign } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hostKeyFingerprint, loadOrMakeHostKey } from "../../../bridge/sftp/host-key.ts";
import { keyFamilyOf } from "../../../shared/ssh-keys.ts";
import { fingerprint, readPublicKey, verifies } from "../../../bridge/sftp/public-key.ts";
import { connect, rsaKey, run, startWorld, wireOf } from "./harness.ts";

function folder() {
  const path = mkdtempSync(join(tmpdir(), "host-key-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("a host key is made on the first start, mode 0600, and stays", async () => {
  using place = folder();
  const file = join(place.path, "new", "host-key");
  const key = await loadOrMakeHostKey(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(await loadOrMakeHostKey(file), key);
  assert.deepEqual(readdirSync(join(place.path, "new")), ["host-key"], "no draft is left");
  const { output } = await run("/usr/bin/ssh-keygen", ["-l", "-f", file]);
  assert.match(output, /^3072 SHA256:\S+ .*\(RSA\)/);
  assert.equal(output.split(" ")[1], hostKeyFingerprint(key));
  const ed25519 = await loadOrMakeHostKey(join(place.path, "ed25519"), "ed25519");
  await using world = await startWorld({ hostKeys: [{ key }, { key: ed25519 }] });
  (await connect(world.server.port)).end();
});

test("two starts at once end up with the same host key", async () => {
  using place = folder();
  const file = join(place.path, "host-key");
  const keys = await Promise.all([1, 2, 3].map(() => loadOrMakeHostKey(file, "ed25519")));
  assert.equal(new Set(keys).size, 1);
  assert.equal(readFileSync(file, "utf8"), keys[0]);
  assert.equal(readdirSync(place.path).length, 1);
});

test("a host key that others can read, or that is none, is refused with a sentence", async () => {
  using place = folder();
  const file = join(place.path, "host-key");
  await loadOrMakeHostKey(file, "ed25519");
  chmodSync(file, 0o640);
  await assert.rejects(
    loadOrMakeHostKey(file),
    /has mode 0640: others can read or change it.*chmod 600/,
  );
  writeFileSync(file, "nonsense");
  chmodSync(file, 0o600);
  await assert.rejects(loadOrMakeHostKey(file), /is not a private key without a passphrase/);
  rmSync(file);
  const args = ["-q", "-t", "ed25519", "-N", "passphrase", "-f", file];
  assert.equal((await run("/usr/bin/ssh-keygen", args)).status, 0);
  await assert.rejects(loadOrMakeHostKey(file), /is not a private key without a passphrase/);
  await assert.rejects(loadOrMakeHostKey(`${file}.pub`), /has mode|is not a private key/);
});

test("an RSA signature without its leading zeros, as PuTTY writes one in 256, verifies", () => {
  const pem = rsaKey(2048);
  const key = readPublicKey("ssh-rsa", wireOf(pem))!;
  const signed = (number: number) => {
    const bytes = Buffer.from(`login ${number}`);
    return { bytes, signature: sign("sha256", bytes, pem) };
  };
  let number = 0;
  while (signed(number).signature[0] !== 0) number++;
  const { bytes, signature } = signed(number);
  const isGood = (of: Buffer) => verifies(key, bytes, of, "sha256");
  assert.ok(isGood(signature));
  assert.ok(isGood(signature.subarray(1)));
  assert.equal(isGood(signature.subarray(2)), false);
  assert.equal(isGood(Buffer.concat([Buffer.alloc(1), signature])), false);
  assert.equal(isGood(Buffer.alloc(0)), false);
});

test("fingerprints are those that `ssh-keygen -l` prints", async () => {
  using place = folder();
  for (const type of ["rsa", "ed25519", "ecdsa"]) {
    const file = join(place.path, type);
    await run("/usr/bin/ssh-keygen", ["-q", "-t", type, "-N", "", "-f", file]);
    const { output } = await run("/usr/bin/ssh-keygen", ["-l", "-f", `${file}.pub`]);
    const [algorithm, base64] = readFileSync(`${file}.pub`, "utf8").split(" ");
    const wire = Buffer.from(base64!, "base64");
    assert.equal(fingerprint(wire), output.split(" ")[1]);
    assert.equal(keyFamilyOf(algorithm!), type);
    assert.ok(readPublicKey(algorithm!, wire));
    assert.equal(readPublicKey("ssh-rsa", Buffer.concat([wire, Buffer.from("x")])), undefined);
  }
  assert.equal(keyFamilyOf("ssh-dss"), undefined);
  assert.equal(keyFamilyOf("constructor"), undefined);
});
