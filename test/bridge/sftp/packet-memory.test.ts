import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Algorithms } from "ssh2";
import { call, connect, openSftp, startWorld } from "./harness.ts";

const ciphers = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "chacha20-poly1305@openssh.com",
  "aes128-ctr",
  "aes256-ctr",
];
const macs = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"];

for (const cipher of ciphers) {
  for (const mac of cipher.endsWith("-ctr") ? macs : [macs[0]!]) {
    test(`several clients, one of them slow, are each sent their own bytes: ${cipher}, ${mac}`, async () => {
      await using world = await startWorld();
      const algorithms = { cipher: [cipher], hmac: [mac] } as unknown as Algorithms;
      const read = async (name: string, slow: boolean): Promise<void> => {
        const bytes = randomBytes(5 * 1024 * 1024 + 17);
        world.home.put(`/outbound/${name}`, bytes);
        const client = await connect(world.server.port, { algorithms });
        const { _sock: socket } = client as unknown as { _sock: import("node:net").Socket };
        const sftp = await openSftp(client);
        const pausing = slow
          ? setInterval(() => socket.isPaused() ? socket.resume() : socket.pause(), 5)
          : undefined;
        const got = await call<Buffer>((done) => sftp.readFile(`/outbound/${name}`, done));
        clearInterval(pausing);
        assert.ok(got.equals(bytes), name);
        socket.resume();
        client.end();
      };
      await Promise.all([read("a", false), read("b", true), read("c", false)]);
    });
  }
}
