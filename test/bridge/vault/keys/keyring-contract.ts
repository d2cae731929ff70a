/** What every keyring promises: run over each implementation. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test, type TestContext } from "node:test";
import type { Keyring } from "../../../../bridge/vault/keys/keyring.ts";

/**
 * @param open gives a keyring that holds the same master key each time within one test
 * @param openOther gives one that holds another master key
 */
export function keyringContract(
  name: string,
  open: (t: TestContext) => Promise<Keyring>,
  openOther: (t: TestContext) => Promise<Keyring>,
): void {
  describe(`${name} keeps the keyring's contract`, () => {
    test("a wrapped key unwraps to the same bytes", async (t) => {
      const keyring = await open(t);
      for (const length of [1, 32, 1000]) {
        const key = randomBytes(length);
        const unwrapped = await keyring.unwrap(await keyring.wrap(key, "school:1:1"), "school:1:1");
        assert.deepEqual(Buffer.from(unwrapped), key);
      }
    });

    test("a wrapped key unwraps after the keyring was opened anew", async (t) => {
      const key = randomBytes(32);
      const wrapped = await (await open(t)).wrap(key, "school:1:1");
      assert.deepEqual(Buffer.from(await (await open(t)).unwrap(wrapped, "school:1:1")), key);
    });

    test("a wrapped key never shows the key, and never looks the same twice", async (t) => {
      const keyring = await open(t);
      const key = randomBytes(32);
      const one = Buffer.from(await keyring.wrap(key, "school:1:1"));
      const two = Buffer.from(await keyring.wrap(key, "school:1:1"));
      assert.equal(one.includes(key.subarray(0, 8)), false);
      assert.notDeepEqual(one, two);
    });

    test("a key wrapped for one context does not unwrap in another", async (t) => {
      const keyring = await open(t);
      const wrapped = await keyring.wrap(randomBytes(32), "school:1:1");
      await assert.rejects(keyring.unwrap(wrapped, "school:2:1"), { name: "KeyringError" });
      await assert.rejects(keyring.unwrap(wrapped, ""), { name: "KeyringError" });
    });

    test("a wrapped key does not unwrap when any bit of it is changed or its end is missing", async (t) => {
      const keyring = await open(t);
      const wrapped = Buffer.from(await keyring.wrap(randomBytes(32), "school:1:1"));
      for (let at = 0; at < wrapped.length; at++) {
        const changed = Buffer.from(wrapped);
        changed[at]! ^= 1 << (at % 8);
        await assert.rejects(keyring.unwrap(changed, "school:1:1"), { name: "KeyringError" });
        await assert.rejects(keyring.unwrap(wrapped.subarray(0, at), "school:1:1"), {
          name: "KeyringError",
        });
      }
    });

    test("a key wrapped with another master key does not unwrap", async (t) => {
      const wrapped = await (await openOther(t)).wrap(randomBytes(32), "school:1:1");
      await assert.rejects((await open(t)).unwrap(wrapped, "school:1:1"), { name: "KeyringError" });
    });
  });
}
