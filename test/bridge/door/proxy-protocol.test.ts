// PROXY protocol v1 and v2 (HAProxy's proxy-protocol.txt), from trusted proxies only.
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { type ProxyHeader, readProxyHeader } from "../../../bridge/door/proxy-protocol.ts";
import { addressBytes, Networks, writeAddress } from "../../../shared/networks.ts";
import { Clock } from "../by-hand.ts";
import { connect, startWorld } from "../sftp/harness.ts";
import { until } from "../../until.ts";

const v4 = fc.ipV4();
const v6 = fc.ipV6().filter((address) => addressBytes(address)!.length === 16);
const port = fc.nat(65_535);
const rest = fc.uint8Array({ maxLength: 40 });
const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

function binary(command: number, family: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head[0] = 0x20 | command;
  head[1] = family;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([SIGNATURE, head, body]);
}

const pair = fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6));

/** Whatever is cut off, what is left is not taken for whole or for wrong. */
function assertReads(header: Buffer, after: Uint8Array, address: string | undefined): void {
  const whole: ProxyHeader = { type: "header", length: header.length, address };
  assert.deepEqual(readProxyHeader(Buffer.concat([header, after])), whole);
  for (let cut = 0; cut < header.length; cut++) {
    assert.deepEqual(readProxyHeader(header.subarray(0, cut)), { type: "more" });
  }
}

test("version 1 says the address, whatever follows it and however it is cut", () => {
  fc.assert(fc.property(pair, port, port, rest, ([from, to], a, b, after) => {
    const line = `PROXY ${from.includes(":") ? "TCP6" : "TCP4"} ${from} ${to} ${a} ${b}\r\n`;
    assertReads(Buffer.from(line), after, writeAddress(addressBytes(from)!));
  }));
  assertReads(Buffer.from("PROXY UNKNOWN\r\n"), Buffer.from("SSH"), undefined);
  assertReads(Buffer.from("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), Buffer.from("SSH"), undefined);
});

test("version 2 says the address, with whatever else it carries", () => {
  fc.assert(fc.property(pair, rest, rest, ([from, to], more, after) => {
    const [source, target] = [addressBytes(from)!, addressBytes(to)!];
    const ports = [1, 2, 3, 4];
    const body = Buffer.from([...source, ...target, ...ports, ...more]);
    const header = binary(1, source.length === 4 ? 0x11 : 0x21, body);
    assertReads(header, after, writeAddress(source));
  }));
  assertReads(binary(0, 0, Buffer.alloc(0)), Buffer.from("SSH"), undefined);
  assertReads(binary(1, 0x31, Buffer.alloc(216)), Buffer.from("SSH"), undefined);
});

test("no bytes crash it, and what is no header is said to be none", () => {
  const kinds = new Set<string>();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((body) => Buffer.from(body)),
    fc.uint8Array({ maxLength: 60 }).map((body) => Buffer.concat([SIGNATURE, body])),
    fc.string({ maxLength: 120 }).map((text) => Buffer.from(`PROXY ${text}\r\n`)),
  );
  fc.assert(fc.property(bytes, (given) => {
    const header = readProxyHeader(given);
    if (header.type === "header") assert.ok(header.length <= given.length);
    kinds.add(header.type);
  }));
  for (
    const wrong of [
      "SSH-2.0-x\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 01\r\n",
      "PROXY TCP4 ::1 ::1 1 1\r\n",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n",
      "PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n",
      `PROXY TCP4 ${"1".repeat(200)}`,
    ]
  ) assert.equal(readProxyHeader(Buffer.from(wrong)).type, "invalid", wrong);
  assert.equal(readProxyHeader(binary(1, 0x11, Buffer.alloc(5000))).type, "invalid");
  assert.equal(readProxyHeader(binary(1, 0x11, Buffer.alloc(11))).type, "invalid");
  assert.equal(readProxyHeader(binary(2, 0x11, Buffer.alloc(12))).type, "invalid");
});

test("behind a trusted proxy a school is known by its own address; nobody else may say one", async () => {
  const door = { trustedProxies: new Networks(["127.0.0.1"]) };
  await using world = await startWorld({ door });
  for (
    const header of [
      Buffer.from("PROXY TCP4 203.0.113.9 127.0.0.1 50000 22\r\n"),
      binary(1, 0x11, Buffer.from([203, 0, 113, 9, 127, 0, 0, 1, 1, 1, 0, 22])),
    ]
  ) {
    const sock = createConnection(world.server.port, "127.0.0.1");
    sock.write(header);
    const client = await connect(world.server.port, { sock });
    client.end();
  }
  // A proxy that says nothing is wrong.
  await assert.rejects(connect(world.server.port), /The proxy .* has to say first who you are/);
  const logins = world.logs.filter(({ event }) => event === "sftp.login");
  assert.deepEqual(logins.map(({ fields }) => fields.address), ["203.0.113.9", "203.0.113.9"]);
  assert.ok(world.logs.some(({ event }) => event === "sftp.no_proxy_header"));
  assert.equal(world.server.figures.turnedAway.no_proxy_header, 1);

  await using open = await startWorld();
  const sock = createConnection(open.server.port, "127.0.0.1");
  sock.write("PROXY TCP4 203.0.113.9 127.0.0.1 50000 22\r\n");
  await assert.rejects(connect(open.server.port, { sock }));
  assert.deepEqual(open.visitors, []);
});

test("behind a trusted proxy, too, who waits to be greeted is then served, whatever it said meanwhile", async () => {
  const clock = new Clock();
  await using world = await startWorld({
    door: { trustedProxies: new Networks(["127.0.0.1"]), greetings: { burst: 1, perSecond: 1 } },
    ...{ now: () => clock.now, after: clock.after },
  });
  const behind = (address: string) => {
    const socket = createConnection(world.server.port, "127.0.0.1").on("error", () => {});
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 50000 22\r\n`);
    return socket;
  };
  const silent = behind("203.0.113.9");
  await new Promise((greeted) => silent.once("data", greeted));
  const client = connect(world.server.port, { sock: behind("203.0.113.9") });
  await until(() => world.server.figures.waiting === 1);
  (await connect(world.server.port, { sock: behind("203.0.113.10") })).end();
  assert.equal(world.server.figures.waiting, 1);
  clock.pass(1_000);
  (await client).end();
  silent.destroy();
});
