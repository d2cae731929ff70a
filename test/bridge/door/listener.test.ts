import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { test } from "node:test";
import { startListener } from "../../../bridge/door/listener.ts";
import type { Caller, Listener } from "../../../bridge/door/caller.ts";
import { doorLimits } from "../../../bridge/door/limits.ts";
import { systemAfter } from "../../../bridge/timers.ts";
import { until } from "../../until.ts";

interface Door {
  listener: Listener;
  logs: Record<string, unknown>[];
}

async function door(serve: (caller: Caller) => void): Promise<Door> {
  const logs: Record<string, unknown>[] = [];
  const log = (event: string, fields = {}) => void logs.push({ event, ...fields });
  const listener = await startListener({
    ...{ host: "127.0.0.1", port: 0, limits: doorLimits, log, serve },
    ...{ now: Date.now, after: systemAfter },
  });
  return { listener, logs };
}

/** Connects, says something and waits for the end. */
async function knock(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1").on("error", () => {}).resume();
  socket.write("knock");
  await once(socket, "close");
}

const faults: Record<string, (caller: Caller) => void> = {
  "at once": () => {
    throw new TypeError("said to nobody");
  },
  "in a listener": ({ socket }) => {
    socket.on("data", () => {
      throw new TypeError("said to nobody");
    });
  },
  "in a timer": ({ socket }) => {
    socket.on("data", () =>
      setTimeout(() => {
        throw new TypeError("said to nobody");
      }, 1));
  },
  "in a tick": ({ socket }) => {
    socket.on("data", () =>
      process.nextTick(() => {
        throw new TypeError("said to nobody");
      }));
  },
  "in a promise that nobody waits for": ({ socket }) => {
    socket.on("data", async () => {
      await null;
      throw new TypeError("said to nobody");
    });
  },
};

for (const [when, serve] of Object.entries(faults)) {
  // The test runner has listeners of its own for what nobody catches, which would fail the test.
  test(`what is thrown ${when} ends that connection only, is counted and logged`, async () => {
    const others = process.listeners("uncaughtException");
    const rejections = process.listeners("unhandledRejection");
    process.removeAllListeners("uncaughtException").removeAllListeners("unhandledRejection");
    let first = true;
    const { listener, logs } = await door((caller) => {
      if (first) return (first = false, serve(caller));
      caller.socket.end("still here");
    });
    try {
      await knock(listener.port);
      assert.equal(listener.faults, 1);
      assert.equal(logs[0]!.event, "sftp.fault");
      assert.equal(logs[0]!.address, "127.0.0.1");
      assert.equal(logs[0]!.error, "TypeError");
      assert.equal(JSON.stringify(logs).includes("said to nobody"), false);
      await knock(listener.port);
    } finally {
      listener.destroyAll();
      await listener.close();
      for (const other of others) process.on("uncaughtException", other);
      for (const other of rejections) process.on("unhandledRejection", other);
    }
  });
}

test("a caller's address is known also when it has reset, IPv4 as IPv4", async () => {
  const addresses: string[] = [];
  const { listener } = await door(({ socket, address }) => {
    socket.on("data", () => addresses.push(address));
  });
  const socket = createConnection(listener.port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.write("knock");
  socket.resetAndDestroy();
  await until(() => addresses.length > 0);
  assert.deepEqual(addresses, ["127.0.0.1"]);
  await listener.close();
});
