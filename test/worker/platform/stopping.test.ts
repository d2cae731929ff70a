// DESIGN: a platform kills a worker that does not end soon after its signal.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { onNode } from "../../../worker/platform/runtime.ts";

// Node's server inside Deno is Deno's own, which has no such settings.
const onNodeOnly = "Deno" in globalThis ? () => {} : test;

/** Nothing is ever closed for being slow. */
const patient = {
  headersTimeout: 0,
  requestTimeout: 0,
  keepAliveTimeout: 600_000,
  connectionsCheckingInterval: 600_000,
};

async function listening(graceMs: number) {
  const seen = deferred();
  const runtime = onNode(process as never, patient, graceMs);
  const server = await runtime.listen(
    async (request) => {
      seen.resolve();
      return new Response(await request.text());
    },
    "127.0.0.1",
    0,
  );
  return { server, port: Number(new URL(server.address).port), seen: seen.promise };
}

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => resolve = done);
  return { promise, resolve };
}

onNodeOnly("a worker that is to end does not wait for connections that have said nothing", {
  timeout: 60_000,
}, async () => {
  const { server, port } = await listening(600_000);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  await server.stop();
  assert.equal(socket.bytesRead, 0);
  socket.destroy();
});

onNodeOnly(
  "a worker that is to end waits no longer than its grace for what never comes to its end",
  {
    timeout: 60_000,
  },
  async () => {
    const { server, port, seen } = await listening(50);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {/* it is cut off */});
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    await seen;
    await server.stop();
    socket.destroy();
  },
);
