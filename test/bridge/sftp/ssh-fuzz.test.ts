import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { test } from "node:test";
import ssh2 from "ssh2";
import type { Client } from "ssh2";
import { call, connect, openSftp, schoolKey, startWorld } from "./harness.ts";
import { sendMessage, string, uint32 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

/** Messages a stage; a longer run: FUZZ_MESSAGES=6000 FUZZ_SEED=9. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 400);
const SEED = Number(process.env.FUZZ_SEED ?? 0) || Math.floor(Math.random() * 2 ** 31);

interface Insides {
  _sock: { destroyed: boolean };
}

/** Numbers from 0 to 1, the same for the same seed (xorshift32). */
function random(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

/** Messages of every kind, most nearly right. */
function messages(next: () => number): () => Buffer {
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const number = () => uint32(pick([0, 1, 2, 32_768, 0x80000000, 0xffffffff, below(2 ** 32)]));
  const flag = () => Buffer.from([below(2)]);
  const names = ["sftp", "session", "subsystem", "exec", "shell", "env", "publickey", "none", ""];
  const text = () =>
    pick([
      () => string(pick(names)),
      () => string(pick(["ssh-userauth", "ssh-connection", "school", "rsa-sha2-256", "ssh-rsa"])),
      () => string("x".repeat(below(3000))),
      () => string(Buffer.alloc(below(50), 255)),
      () => Buffer.concat([uint32(100), Buffer.from("short")]),
      () => uint32(0xffffffff),
    ])();
  const fields: Record<number, () => Buffer[]> = {
    1: () => [number(), text(), text()],
    4: () => [flag(), text(), text()],
    7: () => [number(), text(), text()],
    20: () => [Buffer.alloc(16), ...Array.from({ length: 10 }, text), flag(), number()],
    50: () => [text(), text(), text(), flag(), text(), text(), text()],
    61: () => [number(), text()],
    80: () => [text(), flag(), text(), number()],
    90: () => [text(), number(), number(), number(), text()],
    91: () => [number(), number(), number(), number()],
    93: () => [number(), number()],
    94: () => [number(), text()],
    95: () => [number(), number(), text()],
    96: () => [number()],
    97: () => [number()],
    98: () => [number(), text(), flag(), text(), number(), number()],
    99: () => [number()],
  };
  const types = Object.keys(fields).map(Number);
  return () => {
    const type = next() < 0.15 ? below(256) : pick(types);
    let message = Buffer.concat([Buffer.from([type]), ...(fields[type] ?? (() => [text()]))()]);
    if (next() < 0.3) message = message.subarray(0, 1 + below(message.length));
    if (next() < 0.2 && message.length > 1) message[1 + below(message.length - 1)] = below(256);
    return message;
  };
}

const stages: Record<string, (port: number) => Promise<Client>> = {
  "before login": (port) =>
    new Promise((resolve) => {
      const client = new ssh2.Client().on("error", () => {});
      client.once("handshake", () => resolve(client));
      client.connect({
        host: "127.0.0.1",
        port,
        username: "school",
        privateKey: schoolKey,
        authHandler: () => {},
      });
    }),
  "after login": (port) => connect(port),
  "beside an open SFTP session": async (port) => {
    const client = await connect(port);
    (await openSftp(client)).on("error", () => {});
    return client;
  },
};

for (const [stage, open] of Object.entries(stages)) {
  test(`SSH messages that make no sense, ${stage}, end their connection at most`, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`);
    const message = messages(random(SEED));
    await using world = await startWorld();
    const bystander = await connect(world.server.port);
    const sftp = await openSftp(bystander);
    for (let sent = 0; sent < MESSAGES;) {
      const client = await open(world.server.port);
      client.on("error", () => {});
      const insides = client as unknown as Insides;
      for (let i = 0; i < 60 && sent < MESSAGES && !insides._sock.destroyed; i++, sent++) {
        try {
          sendMessage(client, message());
        } catch {
          break; // The connection ended a moment ago.
        }
        if (i % 4 === 0) await new Promise(setImmediate);
      }
      client.destroy();
    }
    await call((done) => sftp.stat("/inbound", done));
    bystander.end();
    assert.equal(world.server.faults, 0);
  });
}

test("packets in clear that make no sense end their connection at most", async (t) => {
  t.diagnostic(`FUZZ_SEED=${SEED}`);
  const next = random(SEED);
  const message = messages(next);
  await using world = await startWorld();
  for (let sent = 0; sent < MESSAGES;) {
    const socket = createConnection(world.server.port, "127.0.0.1").on("error", () => {}).resume();
    let closed = false;
    socket.once("close", () => closed = true);
    socket.write("SSH-2.0-fuzz\r\n");
    for (let i = 0; i < 20 && !closed; i++, sent++) {
      const payload = message();
      const padding = next() < 0.1 ? Math.floor(next() * 256) : 12 - ((payload.length + 9) % 8);
      const length = next() < 0.05 ? Math.floor(next() * 2 ** 32) : payload.length + padding + 1;
      const head = Buffer.concat([uint32(length), Buffer.from([padding])]);
      if (!socket.destroyed) socket.write(Buffer.concat([head, payload, Buffer.alloc(padding)]));
      if (i % 5 === 0) await new Promise(setImmediate);
    }
    if (next() < 0.5) socket.resetAndDestroy();
    else socket.destroy();
    await until(() => closed);
  }
  const bystander = await connect(world.server.port);
  bystander.end();
  assert.equal(world.server.faults, 0);
});
