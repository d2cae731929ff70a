import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { FailedTokens } from "../../../worker/http/failed-tokens.ts";
import { adminToken, appUnderTest } from "../app-under-test.ts";

async function memoryApp(overrides = {}) {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database, "2026-11-22T10:15:30.123Z");
  return appUnderTest(database, overrides);
}

/** A body that is never ended; says how much of it was asked for. */
function endless(): { body: ReadableStream<Uint8Array>; read: () => number } {
  let read = 0;
  const piece = new Uint8Array(64 * 1024);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      read += piece.length;
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  return { body, read: () => read };
}

test("the token is looked at before anything of a body is read, on every route that takes one", async () => {
  const { app } = await memoryApp();
  const routes = app.routes.filter(({ method, path }) =>
    ["POST", "PUT", "PATCH", "DELETE"].includes(method) && /^\/(admin|bridge)\//.test(path)
  );
  assert.ok(routes.length > 10);
  for (const { method, path } of routes) {
    const { body, read } = endless();
    const request = new Request(`http://worker.test${path.replace(/:\w+(\{[^}]*\})?/g, "x")}`, {
      method,
      body,
      headers: { authorization: "Bearer not-the-token-at-all" },
      duplex: "half",
    } as RequestInit);
    const { status } = await app.fetch(request);
    assert.equal(status, 401, `${method} ${path}`);
    assert.equal(read(), 0, `${method} ${path}`);
  }
});

test("a wrong token is answered later the more of them its address has sent, and is logged; a right one at once", async () => {
  const waits: number[] = [];
  const world = await memoryApp({
    wait(milliseconds: number) {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  });
  const call = (token: string, address: string) =>
    world.app.fetch(
      new Request("http://worker.test/admin/schools", {
        headers: { authorization: `Bearer ${token}` },
      }),
      { address },
    );
  for (let i = 0; i < 40; i++) assert.equal((await call("wrong", "192.0.2.1")).status, 401);
  assert.deepEqual(waits.slice(0, 4), [0, 100, 200, 300]);
  assert.equal(waits.at(-1), 2_000);
  waits.length = 0;
  assert.equal((await call(adminToken, "192.0.2.1")).status, 200);
  assert.deepEqual(waits, []);
  await call("wrong", "192.0.2.2");
  assert.deepEqual(waits, [0]);
  const told = world.logged.filter(({ event }) => event === "token.refused");
  assert.deepEqual(
    told.map(({ address, failures }) => [address, failures]),
    [...[1, 2, 4, 8, 16, 32].map((failures) => ["192.0.2.1", failures]), ["192.0.2.2", 1]],
  );
  assert.doesNotMatch(JSON.stringify(world.logged), /wrong|not-the-token/);
});

test("of one address only so many answers wait at once; the others are 429 at once", async () => {
  const released: (() => void)[] = [];
  const failed = new FailedTokens({
    now: () => 0,
    wait: () => new Promise<void>((resolve) => released.push(resolve)),
    log() {},
  });
  const waiting = Array.from({ length: 16 }, () => failed.slowDown("192.0.2.1", "ADMIN_TOKEN"));
  assert.equal(await failed.slowDown("192.0.2.1", "ADMIN_TOKEN"), false);
  for (const release of released) release();
  assert.deepEqual(await Promise.all(waiting), Array(16).fill(true));
});
