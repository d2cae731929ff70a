// SPEC section 1: a school, or one of its keys, can be limited to addresses (CIDR, IPv4 and IPv6).
import assert from "node:assert/strict";
import { BlockList, isIP, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import {
  addressBytes,
  networkFault,
  Networks,
  sourceOf,
  writeAddress,
} from "../../shared/networks.ts";

const address = fc.oneof(fc.ipV4(), fc.ipV6());

test("what is an address is what Node takes for one", () => {
  const text = fc.oneof(
    address,
    fc.stringMatching(/^[0-9a-f:.]{1,24}$/),
    fc.constantFrom("::", "::ffff:192.0.2.1", "1.2.3.04", "1:2:3:4:5:6:7::", "1::2::3", ""),
  );
  fc.assert(fc.property(text, (given) => {
    assert.equal(addressBytes(given) !== undefined, isIP(given) !== 0, given);
  }));
});

test("an address is written in its one form", () => {
  assert.equal(writeAddress(addressBytes("2001:DB8:0:0:1:0:0:1")!), "2001:db8::1:0:0:1");
  assert.equal(writeAddress(addressBytes("0:0:0:0:0:0:0:0")!), "::");
  assert.equal(writeAddress(addressBytes("::ffff:192.0.2.7")!), "192.0.2.7");
  fc.assert(fc.property(address, (given) => {
    const written = writeAddress(addressBytes(given)!);
    assert.deepEqual(addressBytes(written), addressBytes(given));
    assert.equal(written.includes("::") && written.includes(":::"), false);
  }));
});

test("a list of networks, IPv4 and IPv6, has the addresses that Node's BlockList has", () => {
  const network = fc.tuple(address, fc.nat(128)).map(([base, bits]) =>
    [base, isIPv6(base) ? bits : bits % 33] as const
  );
  const isMapped = (text: string) => isIPv6(text) && addressBytes(text)!.length === 4;
  fc.assert(fc.property(fc.array(network, { maxLength: 4 }), address, (given, asked) => {
    for (const one of [asked, ...given.map(([base]) => base)]) {
      // Node takes an IPv4 address for one of ::/0 too.
      const list = given.filter(([base]) => isIPv6(base) === isIPv6(one));
      if ([one, ...list.map(([base]) => base)].some(isMapped)) continue;
      const theirs = new BlockList();
      for (const [base, bits] of list) theirs.addSubnet(base, bits, isIPv6(base) ? "ipv6" : "ipv4");
      const networks = new Networks(list.map(([base, bits]) => `${base}/${bits}`));
      assert.equal(networks.has(one), theirs.check(one, isIPv6(one) ? "ipv6" : "ipv4"));
    }
  }));
});

test("what is wrong with a network is said in a sentence that names the right one", () => {
  assert.equal(networkFault("192.0.2.0/24"), undefined);
  assert.equal(networkFault("2001:db8::/32"), undefined);
  assert.equal(networkFault("192.0.2.7"), undefined);
  assert.match(networkFault("192.0.2.7/24")!, /192\.0\.2\.0\/24/);
  assert.match(networkFault("2001:db8::1/64")!, /2001:db8::\/64/);
  for (const wrong of ["", "here", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24/1", "1.2.3"]) {
    assert.match(networkFault(wrong)!, /no address and no network/, wrong);
  }
});

test("who has one IPv6 address has 64 bits of them, and is one source", () => {
  assert.equal(sourceOf("192.0.2.7"), "192.0.2.7");
  assert.equal(sourceOf("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(sourceOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(sourceOf("2001:db8:1:2::ffff"), sourceOf("2001:db8:1:2:3:4:5:6"));
});
