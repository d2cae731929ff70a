/**
 * What a hostile school's client does, in a process of its own:
 * `node --import tsx test/end-to-end/hostile-clients.ts KIND PORT KEY TIMES`. Says in JSON what came of it.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import type { Client, SFTPWrapper } from "ssh2";
import { call, closed, connect, openSftp } from "../bridge/sftp/harness.ts";
import { packet, RawSftp, string, TYPE, uint32, uint64 } from "../bridge/sftp/raw-sftp.ts";

const [kind, port, keyFile, count] = process.argv.slice(2);
const PORT = Number(port);
const TIMES = Number(count);
const privateKey = readFileSync(keyFile!, "utf8");

const inside = () => connect(PORT, { username: "hostile", privateKey });
const socketOf = (client: Client) => (client as unknown as { _sock: Socket })._sock;
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Asks so many times, 64 at once. */
async function ask(request: (number: number) => Promise<unknown>): Promise<void> {
  let asked = 0;
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (asked < TIMES) await request(asked++);
  }));
}

const kinds: Record<string, () => Promise<unknown>> = {
  /** READDIRs of ssh2's client; now and then of a folder that is opened anew. */
  async readdirs() {
    const client = await inside();
    const sftp = await openSftp(client);
    const open = () => call<Buffer>((done) => sftp.opendir("/inbound", done));
    const list = (handle: Buffer) =>
      call<unknown[]>((done) => sftp.readdir(handle, done as never))
        .then(({ length }) => length, (error) => (assert.equal(error.code, 1, error.message), 0));
    let handle = await open();
    let listed = await list(handle);
    await ask(async (number) => {
      if (number % 1000 !== 999) {
        const names = await list(handle);
        listed += names;
        return;
      }
      const old = handle;
      handle = await open();
      await call((done) => sftp.close(old, done));
    });
    client.end();
    return { listed };
  },

  /** OPENs of ssh2's client on four channels; nothing is ever closed. */
  async opens() {
    const client = await inside();
    const sessions: SFTPWrapper[] = [];
    for (let i = 0; i < 4; i++) sessions.push(await openSftp(client));
    let opened = 0;
    const refusals = new Map<string, number>();
    await ask((number) => {
      const [path, flags] = number % 2
        ? ["/inbound/big.bin", "r"]
        : [`/inbound/${number}.new`, "w"];
      return call((done) => sessions[number % 4]!.open(path!, flags as "r", done)).then(
        () => opened++,
        ({ code, message }) =>
          refusals.set(`${code} ${message}`, (refusals.get(`${code} ${message}`) ?? 0) + 1),
      );
    });
    const gone = closed(client);
    client.end();
    await gone;
    return { opened, refusals: [...refusals] };
  },

  /** Begins an exchange of keys whenever none is under way, on one connection after the other. */
  async exchanges() {
    let exchanges = 0;
    while (exchanges < TIMES) {
      const client = await inside();
      const over = closed(client);
      client.on("handshake", () => exchanges++);
      const { _protocol } = client as unknown as { _protocol: { rekey(): void } };
      const again = setInterval(() => _protocol.rekey(), 1);
      await over;
      clearInterval(again);
    }
    return {};
  },

  /** So many connections of ten channels each ask for much and read nothing; two of them go on asking. */
  async "never reads"() {
    const clients: Client[] = [];
    for (let i = 0; i < TIMES; i++) clients.push(await inside());
    const asking = await Promise.all(clients.map(asksForMuch));
    await Promise.all(clients.slice(0, 2).map((client, i) => goesOn(client, asking[i]!)));
    for (const client of clients) client.destroy();
    return {};
  },

  /** Lengths that no packet may have, of SSH before the login and of SFTP after it. */
  async oversized() {
    const lengths = [35_001, 256 * 1024 + 1, 0x7fffffff, 0xffffffff];
    for (let i = 0; i < TIMES; i++) {
      const socket = connectSocket(PORT, "127.0.0.1").on("error", () => {}).resume();
      const gone = new Promise((resolve) => socket.once("close", resolve));
      const greeting = Buffer.from("SSH-2.0-x\r\n");
      socket.write(Buffer.concat([greeting, uint32(lengths[i % 4]!), randomBytes(512 * 1024)]));
      await gone;
      if (i % 4 === 0) continue;
      const client = await inside();
      const over = closed(client);
      const raw = await RawSftp.open(client);
      raw.sendBytes(Buffer.concat([uint32(lengths[i % 4]!), Buffer.alloc(1024 * 1024, 0x7f)]));
      await over;
    }
    return {};
  },
};

/** Two channels read 250,000 bytes again and again, the others ask small things. */
async function asksForMuch(client: Client): Promise<RawSftp[]> {
  const channels: RawSftp[] = [];
  for (let i = 0; i < 10; i++) channels.push(await RawSftp.open(client));
  const reading = channels.slice(0, 2);
  const handles = await Promise.all(reading.map((raw) => raw.open("/inbound/big.bin", 1)));
  for (const raw of channels) raw.channel.pause();
  // More than the client's window and what may wait behind it.
  for (let i = 0; i < 20; i++) {
    reading.forEach((raw, n) =>
      raw.send(TYPE.read, string(handles[n]!), uint64(0), uint32(250_000))
    );
  }
  for (let i = 0; i < 10; i++) {
    for (const raw of channels) raw.sendBytes(manyStats);
  }
  return channels;
}

const manyStats = Buffer.concat(
  Array.from({ length: 50 }, () => packet(TYPE.stat, uint32(9), string("/inbound"))),
);
const nothing = packet(
  TYPE.write,
  ...[uint32(9), string("none"), uint64(0), string(Buffer.alloc(30_000))],
);

/** Until the bridge has enough of it. */
async function goesOn(client: Client, [channel]: readonly RawSftp[]): Promise<void> {
  let isOver = false;
  client.once("close", () => isOver = true);
  const socket = socketOf(client);
  while (!isOver) {
    // Or this process would keep what the bridge does not take.
    while (!isOver && socket.writableLength > 256 * 1024) await pause(5);
    channel!.sendBytes(nothing);
    await pause(0);
  }
}

console.log(JSON.stringify(await kinds[kind!]!()));
process.exit(0);
