// Sequences of SFTP packets, most nearly right, some mutated, over real ssh2: each request of a sound
// length is answered, what is not ends its own connection at most, and nobody else notices.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, closed, connect, openSftp, startWorld } from "./harness.ts";
import { packet, RawSftp, string, uint32, uint64 } from "./raw-sftp.ts";
import { until } from "../../until.ts";

/** Packets; a longer run: `npm run fuzz`, or FUZZ_MESSAGES=100000 FUZZ_SEED=9. */
const PACKETS = Number(process.env.FUZZ_MESSAGES ?? 4000);
const SEED = Number(process.env.FUZZ_SEED ?? 0) || Math.floor(Math.random() * 2 ** 31);
const A_SESSION = 100;

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

/** Makes the body of a request of any kind, with handles that there may be. */
function requests(next: () => number) {
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const names = [
    "a.csv",
    "b.csv.filepart",
    "c.csv.20260101T000000000Z.processing",
    "x".repeat(300),
  ];
  const path = () =>
    pick([
      () => string(`/inbound/${pick(names)}`),
      () =>
        string(pick(["/", "/inbound", "/outbound", "..", "/../../etc/passwd", "", "\0", "a/./b"])),
      () => string(Buffer.from([0xff, 0xfe, below(256)])),
      () => string(Buffer.alloc(below(5000), "p")),
    ])();
  const number = () => uint32(pick([0, 1, 0x1a, 0xffffffff, below(2 ** 32)]));
  const offset = () => uint64(pick([0, 1, 4096, 2 ** 32, 2 ** 52, below(2 ** 32)]));
  const handle = () =>
    string(pick([uint32(1 + below(20)), uint32(below(2 ** 32)), Buffer.alloc(0)]));
  const attributes = () => {
    const flags = pick([0, 1, 2, 4, 8, 15, 0x80000000, below(2 ** 32)]);
    return Buffer.concat([uint32(flags), ...Array.from({ length: below(8) }, number)]);
  };
  const data = () => string(Buffer.alloc(below(40_000), "d"));
  const extended = [
    "statvfs@openssh.com",
    "posix-rename@openssh.com",
    "fsync@openssh.com",
    "nobody's",
  ];
  const fields: Record<number, () => Buffer[]> = {
    3: () => [path(), number(), attributes()],
    4: () => [handle()],
    5: () => [handle(), offset(), number()],
    6: () => [handle(), offset(), data()],
    7: () => [path()],
    8: () => [handle()],
    9: () => [path(), attributes()],
    10: () => [handle(), attributes()],
    11: () => [path()],
    12: () => [handle()],
    13: () => [path()],
    14: () => [path(), attributes()],
    15: () => [path()],
    16: () => [path()],
    17: () => [path()],
    18: () => [path(), path()],
    19: () => [path()],
    20: () => [path(), path()],
    200: () => [string(pick(extended)), path(), path()],
  };
  const types = Object.keys(fields).map(Number);
  return (id: number): { bytes: Buffer; isSound: boolean } => {
    const type = next() < 0.05 ? below(256) : pick(types);
    let body = Buffer.concat([uint32(id), ...(fields[type] ?? (() => [data()]))()]);
    if (next() < 0.2) body = body.subarray(0, 4 + below(body.length - 3));
    if (next() < 0.2 && body.length > 4) body[4 + below(body.length - 4)] = below(256);
    const bytes = packet(type, body);
    // A length that is not its own: nothing that follows can be understood.
    const isSound = next() >= 0.003;
    if (!isSound) bytes.writeUInt32BE(below(2 ** 32));
    return { bytes, isSound };
  };
}

test("thousands of SFTP packets, many of them mutated: each is answered, or ends its connection", async (t) => {
  t.diagnostic(`FUZZ_SEED=${SEED}`);
  const next = random(SEED);
  const request = requests(next);
  await using world = await startWorld();
  const bystander = await openSftp(await connect(world.server.port));
  let answered = 0;
  for (let sent = 0; sent < PACKETS;) {
    const client = await connect(world.server.port);
    let isOver = false;
    const over = closed(client).then(() => isOver = true);
    const raw = await RawSftp.open(client);
    const asked: number[] = [];
    let isSound = true;
    for (let i = 0; i < A_SESSION && isSound && !isOver; i++, sent++) {
      const id = 5000 + i;
      const made = request(id);
      isSound = made.isSound;
      if (isSound) asked.push(id);
      raw.sendBytes(made.bytes);
    }
    // As long as nothing was unsound, everything has an answer of its own.
    if (isSound) {
      const all = () => asked.every((id) => raw.replies.some((reply) => reply.id === id));
      await until(() => isOver || all(), "the answers");
      assert.equal(isOver, false, "a sound packet ended its connection");
      answered += asked.length;
    }
    client.destroy();
    await over;
  }
  await call((done) => bystander.stat("/inbound", done));
  bystander.end();
  t.diagnostic(`${answered} of ${PACKETS} were answered`);
  assert.equal(world.server.faults, 0);
  const faults = world.logs.filter(({ event }) => event === "sftp.fault");
  assert.deepEqual(faults.map(({ fields }) => fields), []);
});
