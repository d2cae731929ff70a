// SPEC section 8: whoever is sent away is told why, and costs nothing any more.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Gate } from "../../../bridge/door/gate.ts";
import { doorLimits } from "../../../bridge/door/limits.ts";
import { DISCONNECT } from "../../../bridge/door/refusal.ts";

const address = "192.0.2.1";

/** Both ends of a connection. */
async function connections(count: number): Promise<{ sockets: Socket[]; close(): void }> {
  const sockets: Socket[] = [];
  const clients: Socket[] = [];
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  while (sockets.length < count) {
    clients.push(createConnection(port, "127.0.0.1").on("error", () => {}));
    const [socket] = await once(server, "connection");
    sockets.push(socket);
  }
  const close = () => {
    for (const socket of [...sockets, ...clients]) socket.destroy();
    server.close();
  };
  return { sockets, close };
}

test("who gave way takes no turn at the exchange of keys from those who wait", async () => {
  const { sockets, close } = await connections(3);
  try {
    let now = 0;
    const timers = new Set<{ at: number; work: () => void }>();
    const gate = new Gate(
      { ...doorLimits, strangersPerAddress: 2, exchanges: { burst: 1, perSecond: 1 } },
      {
        log: () => {},
        now: () => now,
        after(milliseconds, work) {
          const timer = { at: now + milliseconds, work };
          timers.add(timer);
          return () => void timers.delete(timer);
        },
      },
    );
    const turns: number[] = [];
    const exchange = (number: number) => {
      const guest = gate.receive(sockets[number]!, address)!;
      guest.stage = number === 0 ? "keys exchanged" : "speaking";
      gate.awaitExchange(guest, () => turns.push(number));
    };
    for (const number of [0, 1, 2]) exchange(number);
    assert.deepEqual([turns, gate.turnedAway.gave_way], [[0], 1]);
    now = 1_000;
    for (const timer of timers) if (timer.at <= now) timer.work();
    assert.deepEqual(turns, [0, 2]);
  } finally {
    close();
  }
});

test("one source leaves others room to be told why they are sent away, and all together have so much", async () => {
  const { sockets, close } = await connections(150);
  try {
    const gate = new Gate(doorLimits, { log: () => {}, now: () => 0, after: () => () => {} });
    const refuse = (from: string) => {
      const socket = sockets.pop()!;
      gate.refuse("banned", socket, from, { reason: DISCONNECT.notAllowed, sentence: "Not now." });
      return socket;
    };
    const flood = Array.from({ length: 20 }, (_, i) => refuse(`2001:db8:0:1::${i + 1}`));
    assert.deepEqual([gate.leaving, flood.filter(({ destroyed }) => destroyed).length], [16, 4]);
    assert.equal(refuse("2001:db8:0:2::1").destroyed, false);
    for (let i = 1; sockets.length > 0; i++) refuse(`192.0.2.${i}`);
    assert.equal(gate.leaving, 128);
    // Who went away makes room for the next of its source.
    flood[0]!.destroy();
    await once(flood[0]!, "close");
    assert.equal(gate.leaving, 127);
  } finally {
    close();
  }
});
