import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { test } from "node:test";
import ssh2 from "ssh2";
import { call, connect, openSftp, schoolKey, startWorld, type World } from "./harness.ts";

async function logsIn({ server }: World): Promise<void> {
  const client = await connect(server.port);
  const sftp = await openSftp(client);
  await call((done) => sftp.stat("/inbound", done));
  client.end();
}

test("nobody's reset ends the service: greeting read, one line said, connection reset", async () => {
  await using world = await startWorld();
  for (let i = 0; i < 200; i++) {
    const socket = createConnection(world.server.port, "127.0.0.1").on("error", () => {});
    await once(socket, "data");
    socket.write("SSH-2.0-x\r\n");
    socket.resetAndDestroy();
    await once(socket, "close");
  }
  await logsIn(world);
  assert.equal(world.server.faults, 0);
});

/**
 * Logs in, uploads, and resets the connection at the step of that number, a line of ssh2's debugging
 * each; answers false when there are not so many steps.
 */
function resetAt(step: number, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    let steps = 0;
    let wasReset = false;
    client.on("error", () => {});
    client.on("close", () => resolve(wasReset));
    client.on("ready", () =>
      client.sftp((error, sftp) => {
        if (error) return;
        sftp.on("error", () => {});
        sftp.writeFile("/inbound/roster.csv", Buffer.alloc(100_000), () => client.end());
      }));
    client.connect({
      host: "127.0.0.1",
      port,
      username: "school",
      privateKey: schoolKey,
      debug() {
        if (wasReset || ++steps < step) return;
        wasReset = true;
        const socket = (client as unknown as { _sock: Socket })._sock;
        // Not at once: what the step sends is written after it is told.
        setImmediate(() => socket.resetAndDestroy());
      },
    });
  });
}

test("a reset at any step of handshake, login and upload hurts nobody else", async () => {
  await using world = await startWorld();
  let step = 1;
  while (await resetAt(step, world.server.port)) step += 1;
  assert.ok(step > 40, `only ${step} steps`);
  await logsIn(world);
  assert.equal(world.server.faults, 0);
});
