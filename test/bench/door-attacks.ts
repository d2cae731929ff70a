/**
 * What strangers and schools do to the bridge's door, from 127.0.0.2, in a process of its own:
 * `node --import tsx test/bench/door-attacks.ts KIND PORT SECONDS [KEY]`. Prints how often it did it.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";
import { closed, connect } from "../bridge/sftp/harness.ts";
import { madeUpExchange } from "../bridge/sftp/made-up-exchange.ts";
import { RawSftp, string, TYPE, uint32, uint64 } from "../bridge/sftp/raw-sftp.ts";

const FROM = "127.0.0.2";

interface Attack {
  port: number;
  key: string | undefined;
  /** Milliseconds of `performance.now()`. */
  end: number;
  /** Counts one more. */
  did(times?: number): void;
}

const isOver = ({ end }: Attack) => performance.now() >= end;
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

function open({ port }: Attack): Socket {
  return createConnection({ host: "127.0.0.1", port, localAddress: FROM }).on("error", () => {});
}

const gone = (socket: Socket) => new Promise<void>((done) => socket.once("close", () => done()));

/** So many a second, which say nothing and stay. */
async function silent(attack: Attack, perSecond: number): Promise<void> {
  const began = performance.now();
  const all = new Set<Socket>();
  for (let opened = 0; !isOver(attack); await pause(5)) {
    for (; opened < (performance.now() - began) / 1000 * perSecond; opened++) {
      const socket = open(attack).resume();
      all.add(socket);
      socket.once("close", () => all.delete(socket));
      attack.did();
    }
  }
  for (const socket of all) socket.destroy();
}

/** Connections one after the other, so many at once, each of which says something and sees the end. */
async function saying(
  attack: Attack,
  atOnce: number,
  say: (socket: Socket) => void,
): Promise<void> {
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (!isOver(attack)) {
      const socket = open(attack);
      const timer = setTimeout(() => socket.destroy(), Math.max(0, attack.end - performance.now()));
      socket.once("connect", () => say(socket));
      await gone(socket);
      clearTimeout(timer);
    }
  }));
}

function exchanging(attack: Attack, kex: string, number: Buffer): Promise<void> {
  number[0] = 0x3f;
  const all = madeUpExchange(kex, number);
  return saying(attack, 64, (socket) => {
    socket.write(all);
    let got = 0;
    socket.on("data", ({ length }) => {
      got += length;
      if (got < 1100) return;
      attack.did();
      socket.destroy();
    });
  });
}

async function inside(attack: Attack): Promise<ssh2.Client> {
  const client = await connect(attack.port, {
    ...{ username: "hostile", privateKey: attack.key!, localAddress: FROM },
  });
  return client;
}

/** Sends requests of a session as fast as the connection takes them. */
async function requesting(
  attack: Attack,
  send: (raw: RawSftp) => void,
  reads: boolean,
): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (!isOver(attack)) {
      const client = await inside(attack).catch(() => undefined);
      if (!client) {
        await pause(50);
        continue;
      }
      const over = closed(client);
      const ended = { is: false };
      void over.then(() => ended.is = true);
      const raw = await RawSftp.open(client);
      if (!reads) raw.channel.pause();
      while (!isOver(attack) && !ended.is) {
        for (let i = 0; i < 200; i++) send(raw);
        attack.did(200);
        raw.replies.length = 0;
        await pause(1);
      }
      client.destroy();
      await over;
    }
  }));
}

async function rekeying(attack: Attack): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (!isOver(attack)) {
      const client = await inside(attack).catch(() => undefined);
      if (!client) {
        await pause(50);
        continue;
      }
      const over = closed(client);
      client.on("handshake", () => attack.did());
      const { _protocol } = client as unknown as { _protocol: { rekey(): void } };
      // Passed over while one is under way.
      const again = setInterval(() => _protocol.rekey(), 1);
      void over.then(() => clearInterval(again));
      await Promise.race([over, pause(Math.max(0, attack.end - performance.now()))]);
      client.destroy();
      await over;
    }
  }));
}

async function manyOpens(attack: Attack): Promise<void> {
  let number = 0;
  await requesting(attack, (raw) => {
    raw.send(TYPE.open, string(`/inbound/${number++}.txt`), uint32(0x1a), uint32(0));
  }, true);
}

/** Talks to nobody: what a processor that is taken costs a visit by itself. */
async function computing(attack: Attack): Promise<void> {
  while (!isOver(attack)) createHash("sha256").update(randomBytes(1024 * 1024)).digest();
}

async function loggingIn(attack: Attack): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (!isOver(attack)) {
      const client = await inside(attack).catch(() => undefined);
      if (!client) continue;
      attack.did();
      const over = closed(client);
      client.destroy();
      await over;
    }
  }));
}

export const attacks: Record<string, (attack: Attack) => Promise<void>> = {
  "nobody, one core taken by something else": computing,
  "300 silent connections a second": (attack) => silent(attack, 300),
  "1,000 silent connections a second": (attack) => silent(attack, 1000),
  "made-up exchanges, group16": (attack) =>
    exchanging(attack, "diffie-hellman-group16-sha512", randomBytes(512)),
  "made-up exchanges, group18": (attack) =>
    exchanging(attack, "diffie-hellman-group18-sha512", randomBytes(1024)),
  "made-up exchanges, curve25519": (attack) =>
    exchanging(attack, "curve25519-sha256", randomBytes(32)),
  "garbage before the greeting": (attack) =>
    saying(attack, 64, (socket) => {
      attack.did();
      socket.resume().write(randomBytes(64 * 1024));
    }),
  "greetings a byte at a time": (attack) =>
    saying(attack, 200, (socket) => {
      socket.resume();
      const timer = setInterval(() => (attack.did(), socket.write("x")), 200);
      socket.once("close", () => clearInterval(timer));
    }),
  "packets that say they are huge": (attack) =>
    saying(attack, 64, (socket) => {
      attack.did();
      const head = Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), uint32(0x7fffffff)]);
      socket.resume().write(Buffer.concat([head, randomBytes(32 * 1024)]));
    }),
  "a school logging in without end": loggingIn,
  "a school exchanging keys in a loop": rekeying,
  "a school that reads no answers": (attack) =>
    requesting(
      attack,
      (raw) => raw.send(TYPE.read, string("none"), uint64(0), uint32(32_768)),
      false,
    ),
  "a school that opens without end": manyOpens,
  "a school that lists without end": (attack) =>
    requesting(attack, (raw) => raw.send(12, string("none")), true),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // What an attack has of this machine's processors is what the bridge and its visitors leave it.
  setPriority(constants.priority.PRIORITY_LOW);
  const [kind, port, seconds, keyFile] = process.argv.slice(2);
  let times = 0;
  await attacks[kind!]!({
    port: Number(port),
    key: keyFile === undefined ? undefined : readFileSync(keyFile, "utf8"),
    end: performance.now() + Number(seconds) * 1000,
    did: (more = 1) => void (times += more),
  });
  console.log(times);
  process.exit(0);
}
