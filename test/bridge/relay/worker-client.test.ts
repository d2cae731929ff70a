// The bridge's calls against a real HTTP server: whatever it answers, the bridge tries again later.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type WorkerClient,
  workerClient,
  WorkerRefusal,
  WorkerUnavailable,
} from "../../../bridge/relay/worker-client.ts";
import { SCHOOL_HEADER, type UploadId } from "../../../shared/protocol.ts";
import { type FakeWorker, fakeWorker, json, text } from "./fake-worker.ts";
import { idOfSchool } from "../school-id.ts";

const now = Date.UTC(2026, 10, 22, 12);
const id = "7b9e3a52-6f1e-4d0c-9a51-0c1f5b1f2a33" as UploadId;
const token = "0123456789abcdef-token";
const bridgeId = "0b1d9e60-0000-4000-8000-000000000001";
const nothing = { directoryVersion: null, commands: [], room: 0, waitMs: 0 };
const slice = (offset: number, bytes: Uint8Array) => ({
  ...{ id, schoolId: idOfSchool(7), lane: "roster", pass: "apply", offset, bytes },
});

function clientOf({ url }: Pick<FakeWorker, "url">, options = {}): WorkerClient {
  return workerClient({ url, token, bridgeId: () => bridgeId, now: () => now, ...options });
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

test("what a slow line takes long for is no silence: each piece that goes out starts the time anew", async (t) => {
  const begun = t.mock.method(globalThis, "setTimeout");
  await using worker = await fakeWorker(async (response, { body }) => {
    assert.equal(body.length, 512 * 1024);
    json({ state: "processing", pass: "apply", offset: body.length })(response, null as never);
  });
  const bytes = new Uint8Array(512 * 1024);
  const position = await clientOf(worker, { silenceMs: 54_321 }).sendSlice(slice(0, bytes));
  assert.equal(position.offset, bytes.length);
  const times = begun.mock.calls.filter(({ arguments: [, ms] }) => ms === 54_321).length;
  assert.ok(times > 8, `eight pieces went out, the time was begun ${times} times`);
});

test("what the worker itself refuses for good is told from what may heal", async () => {
  const problem = (status: number, own = true) =>
    json({ code: "school_gone", detail: "There is no such school." }, status, {
      "content-type": "application/problem+json",
      ...(own ? { "rosterbridge-protocol": "1" } : {}),
    });
  for (const status of [400, 410, 413, 422]) {
    await using worker = await fakeWorker(problem(status));
    const error = await clientOf(worker).listen(nothing).catch((error) => error);
    assert.ok(error instanceof WorkerRefusal, String(status));
    assert.deepEqual([error.code, error.detail], ["school_gone", "There is no such school."]);
    await using proxy = await fakeWorker(problem(status, false));
    await unavailable(clientOf(proxy).listen(nothing));
  }
  for (const status of [401, 403, 404, 408, 429, 500, 503]) {
    await using worker = await fakeWorker(problem(status));
    await unavailable(clientOf(worker).listen(nothing));
  }
});

test("the token never goes to an address that an answer names", async () => {
  await using worker = await fakeWorker(json({}));
  for (const href of ["http://192.0.2.1/bridge/x", "//192.0.2.1/bridge/x", "/admin/schools"]) {
    await unavailable(all(clientOf(worker).download(href)));
  }
  assert.equal(worker.calls.length, 0);
});

test("a call carries the token and its body, and the answer is read through its schema", async () => {
  await using worker = await fakeWorker(json({ commands: [], unknown: "ignored" }));
  assert.deepEqual(await clientOf(worker).listen(nothing), { commands: [] });
  const [call] = worker.calls;
  assert.equal(call!.method, "POST");
  assert.equal(call!.path, "/bridge/listen");
  assert.equal(call!.headers.authorization, `Bearer ${token}`);
  assert.match(call!.headers["content-type"]!, /^application\/json/);
  assert.deepEqual(JSON.parse(call!.body.toString()), nothing);
});

test("a slice is sent byte for byte to its offset", async () => {
  await using worker = await fakeWorker(json({ state: "processing", offset: 260, pass: "apply" }));
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const position = await clientOf(worker).sendSlice(slice(4, bytes));
  assert.equal(position.offset, 260);
  assert.equal(
    worker.calls[0]!.path,
    `/bridge/uploads/${id}/slices/4?pass=apply&lane=roster`,
  );
  assert.equal(worker.calls[0]!.headers[SCHOOL_HEADER], "7");
  assert.equal(worker.calls[0]!.method, "PUT");
  assert.deepEqual(worker.calls[0]!.body, bytes);
});

test("409 with a position is an answer: the bridge goes on from there", async () => {
  const position = { state: "processing", offset: 99, pass: "apply" };
  await using worker = await fakeWorker(json(position, 409));
  assert.deepEqual(await clientOf(worker).sendSlice(slice(0, Buffer.of(1))), position);
});

test("409 without a position is a refusal like any other", async () => {
  await using worker = await fakeWorker(json({ status: 409, detail: "not now" }, 409));
  await unavailable(clientOf(worker).sendSlice(slice(0, Buffer.of(1))));
});

test("nobody there, or a connection that is reset", async () => {
  const server = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const client = clientOf({ url: `http://127.0.0.1:${port}` });
  await unavailable(client.listen(nothing));
  await new Promise((resolve) => server.close(resolve));
  const error = await unavailable(client.listen(nothing));
  assert.match(error.message, /POST \/bridge\/listen: .*ECONNREFUSED/);
});

test("no answer within the time-out", async () => {
  await using worker = await fakeWorker(() => {});
  const error = await unavailable(clientOf(worker, { silenceMs: 60 }).listen(nothing));
  assert.match(error.message, /nothing was heard for 60 ms/);
});

test("an answer that begins and never ends is cut by the time-out", async () => {
  await using worker = await fakeWorker((response) => {
    response.writeHead(200, { "content-type": "text/csv", "rosterbridge-protocol": "1" })
      .write("Line,");
  });
  const client = clientOf(worker, { silenceMs: 60 });
  await unavailable(client.listen(nothing));
  await unavailable(all(client.download(`/bridge/uploads/${id}/report`)));
});

test("a bridge that stops ends its calls", async () => {
  const leaving = new AbortController();
  await using worker = await fakeWorker(() => leaving.abort(new Error("the bridge is stopping")));
  const error = await unavailable(clientOf(worker, { signal: leaving.signal }).listen(nothing));
  assert.match(error.message, /the bridge is stopping/);
});

const cutOff =
  (declared: Record<string, string>) => (response: import("node:http").ServerResponse) =>
    response.writeHead(200, {
      "content-type": "text/csv",
      "rosterbridge-protocol": "1",
      ...declared,
    })
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
  await unavailable(clientOf(other).listen(nothing));
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
  };
  for (const [what, answer] of Object.entries(answers)) {
    await using worker = await fakeWorker(answer);
    const error = await unavailable(clientOf(worker).listen(nothing));
    assert.match(error.message, /^POST \/bridge\/listen: /, what);
  }
  const offsets = [-1, 1.5, "7", null, 2 ** 1100];
  for (const offset of offsets) {
    await using worker = await fakeWorker(json({ state: "processing", offset, pass: "apply" }));
    await unavailable(clientOf(worker).sendSlice(slice(0, Buffer.of(1))));
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
    const location = `${elsewhere.url}/bridge/listen`;
    await using worker = await fakeWorker(text("", status, { location }));
    await unavailable(clientOf(worker).listen(nothing));
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
    const { retryAfterMs } = await unavailable(clientOf(worker).listen(nothing));
    assert.equal(retryAfterMs, expected, header);
  }
  await using worker = await fakeWorker(json({}, 503));
  assert.equal((await unavailable(clientOf(worker).listen(nothing))).retryAfterMs, undefined);
});

test("the worker's own words are in the message, ids and offsets are not", async () => {
  const detail = 'The worker\'s database cannot serve now: it is "away" or busy.';
  await using worker = await fakeWorker(json({ status: 503, detail }, 503));
  const error = await unavailable(clientOf(worker).sendSlice(slice(512, Buffer.of(1))));
  assert.equal(error.message, `PUT /bridge/uploads/:id/slices/:offset: 503 ${detail}`);
});

test("a download comes piece by piece, to its end", async () => {
  const pieces = Array.from({ length: 50 }, (_, i) => `${i},`.repeat(1000));
  await using worker = await fakeWorker(async (response) => {
    response.writeHead(200, { "content-type": "text/csv", "rosterbridge-protocol": "1" });
    for (const piece of pieces) {
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  assert.equal(await all(clientOf(worker).download("/bridge/exports/x/file")), pieces.join(""));
});

test("a download that stalls is ended when all calls are to end, also after a garbage collection", async () => {
  await using worker = await fakeWorker((response) => {
    response.writeHead(200, { "rosterbridge-protocol": "1" });
    response.write("Username");
  });
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const leaving = new AbortController();
  const client = workerClient({
    ...{ url: worker.url, token: "t".repeat(16), now: Date.now, signal: leaving.signal },
    bridgeId: () => "0b1d9e60-0000-4000-8000-000000000001",
  });
  const reading = (async () => {
    for await (const _ of client.download("/bridge/exports/1/file")) {
      setTimeout(() => {
        collect();
        leaving.abort(new Error("the bridge is stopping"));
      }, 50);
    }
  })();
  await assert.rejects(reading, /cut off: the bridge is stopping/);
});
