import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "../../../worker/http/caller.ts";

test("what a proxy says of the caller is believed only of our own proxies", () => {
  const ours = ["127.0.0.1", "10.0.0.2"];
  const of = (connection: string | undefined, forwarded: string | null, trusted = ours) =>
    callerOf(connection, forwarded, trusted).address;
  assert.equal(of("192.0.2.9", "198.51.100.1"), "192.0.2.9");
  assert.equal(of("127.0.0.1", "198.51.100.1", []), "127.0.0.1");
  assert.equal(of("::ffff:127.0.0.1", "6.6.6.6, 198.51.100.1"), "198.51.100.1");
  assert.equal(of("127.0.0.1", "198.51.100.1, 10.0.0.2"), "198.51.100.1");
  assert.equal(of("127.0.0.1", null), "127.0.0.1");
  assert.equal(of(undefined, "198.51.100.1"), undefined);
});
