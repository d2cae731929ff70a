import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ipVersion, isPublicAddress } from "../../../worker/events/public-address.ts";

describe("public addresses", () => {
  test("what any host of the Internet may be asked at is public", () => {
    const addresses = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255"];
    const more = ["172.32.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "193.0.0.1"];
    const six = ["2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"];
    for (const address of [...addresses, ...more, ...six]) {
      assert.ok(isPublicAddress(address), address);
    }
  });

  test("what is private, local, shared, reserved or no address is not", () => {
    const four = ["0.0.0.0", "10.255.0.1", "100.64.0.0", "100.127.255.255", "127.0.0.1"];
    const more = ["169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.0.2.1"];
    const last = ["192.168.0.1", "198.18.0.0", "198.19.255.255", "224.0.0.1", "255.255.255.255"];
    const six = ["::", "::1", "fc00::1", "fdff::1", "fe80::1", "ff02::1", "2001:db8::1"];
    const tunnels = ["2002:7f00:1::", "2001::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"];
    const wrong = ["", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1::2::3", "12345::", ":"];
    const odd = ["::ffff:300.1.1.1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0"];
    for (const address of [...four, ...more, ...last, ...six, ...tunnels, ...wrong, ...odd]) {
      assert.ok(!isPublicAddress(address), address);
    }
  });

  test("addresses are read as the platform reads them, and judged as its block list does", () => {
    const blocked = new BlockList();
    for (
      const [start, bits] of [["10.0.0.0", 8], ["172.16.0.0", 12], ["192.168.0.0", 16]] as const
    ) {
      blocked.addSubnet(start, bits);
    }
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      assert.equal(ipVersion(address), isIP(address), address);
      if (isIP(address) === 4 && blocked.check(address)) assert.ok(!isPublicAddress(address));
      if (isIP(address) === 6 && !/^(2|3|::|0|64:)/.test(address)) {
        assert.ok(!isPublicAddress(address), address);
      }
    }));
  });
});
