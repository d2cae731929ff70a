// The bridge's calls against a real HTTP server: whatever it answers, the bridge tries again later.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { test } from "node:test";
import {
  type WorkerClient,
  workerClient,
  WorkerUnavailable,
} from "../../../bridge/relay/worker-client.ts";
import type { UploadId } from "../../../shared/protocol.ts";
import { type FakeWorker, fakeWorker, json, text } from "./fake-worker.ts";

const now = Date.UTC(2026, 10, 22, 12);
const id = "7b9e3a52-6f1e-4d0c-9a51-0c1f5b1f2a33" as UploadId;
const token = "0123456789abcdef-token";
const nothing = { directoryVersion: null, events: [], done: [] };

function clientOf({ url }: Pick<FakeWorker, "url">, options = {}): WorkerClient {
  return workerClient({ url, token, now: () => now, ...options });
}

/** The `WorkerUnavailable` that a call ends with. */
async function unavailable(call: Promise<unknown>): Promise<WorkerUnavailable> {
  const error = await call.then(() => assert.fail("it was answered"), (error) => error);
  assert.ok(error instanceof WorkerUnavailable, String(error));
  assert.ok(!error.message.includes(token));
  return error;
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString();
}

test("a call carries the token and its body, and the answer is read through its schema", async () => {
  await using worker = await fakeWorker(json({ commands: [], unknown: "ignored" }));
  assert.deepEqual(await clientOf(worker).sync(nothing), { commands: [] });
  const [call] = worker.calls;
  assert.equal(call!.method, "POST");
  assert.equal(call!.path, "/bridge/sync");
  assert.equal(call!.headers.authorization, `Bearer ${token}`);
  assert.match(call!.headers["content-type"]!, /^application\/json/);
  assert.deepEqual(JSON.parse(call!.body.toString()), nothing);
});

test("a slice is sent byte for byte to its offset", async () => {
  await using worker = await fakeWorker(json({ state: "processing", offset: 260, rejected: 0 }));
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const position = await clientOf(worker).sendSlice(id, 4, bytes);
  assert.equal(position.offset, 260);
  assert.equal(worker.calls[0]!.path, `/bridge/uploads/${id}/slices/4`);
  assert.equal(worker.calls[0]!.method, "PUT");
  assert.deepEqual(worker.calls[0]!.body, bytes);
});

test("409 with a position is an answer: the bridge goes on from there", async () => {
  const position = { state: "processing", offset: 99, rejected: 2 };
  await using worker = await fakeWorker(json(position, 409));
  assert.deepEqual(await clientOf(worker).sendSlice(id, 0, Buffer.of(1)), position);
});

test("409 without a position is a refusal like any other", async () => {
  await using worker = await fakeWorker(json({ status: 409, detail: "not now" }, 409));
  await unavailable(clientOf(worker).sendSlice(id, 0, Buffer.of(1)));
});

test("nobody there, or a connection that is reset", async () => {
  const server = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const client = clientOf({ url: `http://127.0.0.1:${port}` });
  await unavailable(client.sync(nothing));
  await new Promise((resolve) => server.close(resolve));
  const error = await unavailable(client.sync(nothing));
  assert.match(error.message, /POST \/bridge\/sync: .*ECONNREFUSED/);
});

test("no answer within the time-out", async () => {
  await using worker = await fakeWorker(() => {});
  const started = performance.now();
  await unavailable(clientOf(worker, { timeoutMs: 60 }).sync(nothing));
  assert.ok(performance.now() - started < 5_000);
});

test("an answer that begins and never ends is cut by the time-out", async () => {
  await using worker = await fakeWorker((response) => {
    response.writeHead(200, { "content-type": "text/csv" }).write("Line,");
  });
  const client = clientOf(worker, { timeoutMs: 60 });
  await unavailable(client.sync(nothing));
  await unavailable(all(client.download(`/bridge/uploads/${id}/report`)));
});

test("a bridge that stops ends its calls", async () => {
  const leaving = new AbortController();
  await using worker = await fakeWorker(() => leaving.abort(new Error("the bridge is stopping")));
  const error = await unavailable(clientOf(worker, { signal: leaving.signal }).sync(nothing));
  assert.match(error.message, /the bridge is stopping/);
});

const cutOff =
  (declared: Record<string, string>) => (response: import("node:http").ServerResponse) =>
    response.writeHead(200, { "content-type": "text/csv", ...declared })
      .write("Line,Username\r\n", () => response.destroy());

test("an answer that is cut off is none, with a length and in chunks", async () => {
  await using worker = await fakeWorker(cutOff({ "content-length": "1000" }), cutOff({}));
  const client = clientOf(worker);
  for (let i = 0; i < 2; i++) {
    const error = await unavailable(all(client.download(`/bridge/uploads/${id}/report`)));
    assert.match(error.message, /GET \/bridge\/uploads\/:id\/report: the answer was cut off/);
  }
  await using other = await fakeWorker((response) =>
    response.writeHead(200, { "content-type": "application/json", "content-length": "40" })
      .write('{"commands":[]', () => response.destroy())
  );
  await unavailable(clientOf(other).sync(nothing));
});

test("an answer that is not the worker's is none", async () => {
  const answers = {
    "a page": text("<html>Sign in to the guest network</html>", 200, {
      "content-type": "text/html",
    }),
    "half an answer": text('{"commands":[', 200, { "content-type": "application/json" }),
    "another schema": json({ commands: "none" }),
    "no answer": text("", 200),
    "null": json(null),
    "another status": json({ commands: [] }, 201),
    "a command nobody knows": json({ commands: [{ id: randomUUID(), type: "format disk" }] }),
  };
  for (const [what, answer] of Object.entries(answers)) {
    await using worker = await fakeWorker(answer);
    const error = await unavailable(clientOf(worker).sync(nothing));
    assert.match(error.message, /^POST \/bridge\/sync: /, what);
  }
  const offsets = [-1, 1.5, "7", null, 2 ** 1100];
  for (const offset of offsets) {
    await using worker = await fakeWorker(json({ state: "processing", offset, rejected: 0 }));
    await unavailable(clientOf(worker).sendSlice(id, 0, Buffer.of(1)));
  }
});

test("a page with status 200 never becomes a report", async () => {
  const page = text("<html>502 in disguise</html>", 200, { "content-type": "text/html" });
  await using worker = await fakeWorker(page, text("bytes of what?"));
  const client = clientOf(worker);
  for (const type of ["text/html", "nothing"]) {
    const error = await unavailable(all(client.download(`/bridge/uploads/${id}/report`)));
    assert.match(error.message, new RegExp(`not the worker's answer: ${type}`));
  }
});

test("a redirect is refused: the token goes to the worker and nowhere else", async () => {
  await using elsewhere = await fakeWorker(json({ commands: [] }));
  for (const status of [301, 302, 303, 307, 308]) {
    const location = `${elsewhere.url}/bridge/sync`;
    await using worker = await fakeWorker(text("", status, { location }));
    await unavailable(clientOf(worker).sync(nothing));
    await unavailable(all(clientOf(worker).download("/bridge/exports/x/file")));
  }
  assert.equal(elsewhere.calls.length, 0);
});

test("Retry-After is heard, in seconds and as a date, up to a minute", async () => {
  const waits: [string, number | undefined][] = [
    ["2", 2_000],
    ["60", 60_000],
    ["86400", 60_000],
    ["0", undefined],
    ["Sun, 22 Nov 2026 12:00:07 GMT", 7_000],
    ["Sunday, 22-Nov-26 12:00:09 GMT", 9_000],
    ["Mon, 23 Nov 2026 12:00:00 GMT", 60_000],
    ["Sun, 22 Nov 2026 11:59:59 GMT", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["1e9", undefined],
    ["", undefined],
  ];
  for (const [header, expected] of waits) {
    await using worker = await fakeWorker(json({}, 503, { "retry-after": header }));
    const { retryAfterMs } = await unavailable(clientOf(worker).sync(nothing));
    assert.equal(retryAfterMs, expected, header);
  }
  await using worker = await fakeWorker(json({}, 503));
  assert.equal((await unavailable(clientOf(worker).sync(nothing))).retryAfterMs, undefined);
});

test("the worker's own words are in the message, ids and offsets are not", async () => {
  const detail = "The worker's database cannot serve now: it is away or busy.";
  await using worker = await fakeWorker(json({ status: 503, detail }, 503));
  const error = await unavailable(clientOf(worker).sendSlice(id, 512, Buffer.of(1)));
  assert.equal(error.message, `PUT /bridge/uploads/:id/slices/:offset: 503 ${detail}`);
});

test("a download comes piece by piece, to its end", async () => {
  const pieces = Array.from({ length: 50 }, (_, i) => `${i},`.repeat(1000));
  await using worker = await fakeWorker(async (response) => {
    response.writeHead(200, { "content-type": "text/csv; charset=utf-8" });
    for (const piece of pieces) {
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  assert.equal(await all(clientOf(worker).download("/bridge/exports/x/file")), pieces.join(""));
});
