// DESIGN, the wire can evolve: each call and each answer of protocol 1 as JSON. The bridge makes these
// calls and reads these answers, the worker reads these calls and gives these answers.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import * as v from "valibot";
import {
  type WorkerClient,
  workerClient,
  WorkerRefusal,
} from "../../bridge/relay/worker-client.ts";
import * as today from "../../shared/protocol.ts";
import { fakeWorker } from "../bridge/relay/fake-worker.ts";
import { bridgeHeaders, bridgeToken } from "../worker/app-under-test.ts";
import { goldenWorker } from "./golden-worker.ts";
import * as first from "./protocol-1.ts";
import { idOfSchool } from "../bridge/school-id.ts";

interface Golden {
  name: string;
  /** The body is JSON, or the text of a slice. */
  // deno-lint-ignore no-explicit-any
  request: { method: string; path: string; body: any };
  /** The body is JSON, or the text of a file. */
  // deno-lint-ignore no-explicit-any
  answer: { status: number; type: string; body: any };
}

const folder = new URL("protocol-1/", import.meta.url);
const goldens: Golden[] = await Promise.all(
  (await readdir(folder)).toSorted().map(async (name) => ({
    name,
    ...JSON.parse(await readFile(new URL(name, folder), "utf8")),
  })),
);

const textOf = (body: unknown) => typeof body === "string" ? body : JSON.stringify(body);

test("the worker gives the golden answers to the golden calls", async () => {
  await using worker = await goldenWorker();
  for (const { name, request, answer } of goldens) {
    const { method, path, body } = request;
    const response = await worker.app.app.fetch(
      new Request(`http://worker.test${path}`, {
        method,
        headers: { authorization: `Bearer ${bridgeToken}`, ...bridgeHeaders },
        ...(body === null ? {} : { body: textOf(body) }),
      }),
    );
    const type = response.headers.get("content-type")!;
    const text = await response.text();
    const given = type.includes("json") ? JSON.parse(text) : text;
    const answers = response.status === 200 ? schemasOf(first)[path]?.[1] : undefined;
    // What was added since does not concern who knows the first protocol.
    const understood = answers ? v.parse(answers, given) : given;
    assert.deepEqual({ status: response.status, type, body: understood }, answer, name);
    assert.equal(response.headers.get(today.PROTOCOL_HEADER), "1", name);
  }
});

/** What the bridge does where it makes the golden call. */
function make(client: WorkerClient, { path, body }: Golden["request"]): Promise<unknown> {
  if (path === "/bridge/listen") return client.listen(body);
  if (path === "/bridge/events") return client.tell(body);
  if (path === "/bridge/uploads") return client.announce(body);
  const slice = /^\/bridge\/uploads\/([^/]+)\/slices\/(\d+)\?pass=(\w+)&lane=(\w+)$/.exec(path);
  if (!slice) return textFrom(client.download(path));
  const [, id, offset, pass, lane] = slice as unknown as [string, string, string, string, string];
  const bytes = new TextEncoder().encode(body);
  return client.sendSlice({
    ...{
      id: id as today.UploadId,
      schoolId: idOfSchool(1),
      offset: Number(offset),
      pass,
      lane,
      bytes,
    },
  });
}

async function textFrom(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

test("the bridge makes the golden calls and understands the golden answers", async () => {
  for (const golden of goldens) {
    const { name, request, answer } = golden;
    await using worker = await fakeWorker((response) => {
      response.writeHead(answer.status, {
        "content-type": answer.type,
        "rosterbridge-protocol": "1",
      })
        .end(textOf(answer.body));
    });
    const client = workerClient({
      ...{ url: worker.url, token: bridgeToken, now: Date.now },
      bridgeId: () => bridgeHeaders[today.BRIDGE_HEADER],
    });
    const understood = await make(client, request).catch((error) => error);
    const [call] = worker.calls;
    assert.deepEqual([call!.method, call!.path], [request.method, request.path], name);
    const text = call!.body.toString();
    const isJson = call!.headers["content-type"] === "application/json";
    assert.deepEqual(isJson ? JSON.parse(text) : text, request.body ?? "", name);
    assert.equal(call!.headers.authorization, `Bearer ${bridgeToken}`);
    for (const [header, value] of Object.entries(bridgeHeaders)) {
      assert.equal(call!.headers[header], value, name);
    }
    if (understood instanceof WorkerRefusal) {
      const { status, code, detail } = understood;
      assert.deepEqual({ status, code, detail }, {
        ...{ status: answer.status, code: answer.body.code, detail: answer.body.detail },
      });
    } else if (typeof understood === "object" && "state" in understood!) {
      assert.deepEqual(understood, { pass: "apply", ...answer.body }, name);
    } else assert.deepEqual(understood, answer.body, name);
  }
});

const schemasOf = (protocol: typeof today | typeof first) => ({
  "/bridge/listen": [protocol.ListenRequest, protocol.ListenAnswer],
  "/bridge/events": [protocol.EventsRequest, protocol.EventsAnswer],
  "/bridge/uploads": [protocol.UploadAnnouncement, protocol.UploadPosition],
} as Record<string, [v.GenericSchema, v.GenericSchema] | undefined>);

/** The same with a member in every object that nobody knew then. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, withMore(one)]);
  return { ...Object.fromEntries(members), unheardOf: { of: ["then"] } };
}

for (const [title, protocol] of [["today's", today], ["the first", first]] as const) {
  test(`nothing in the golden calls and answers is lost to ${title} schemas, and more does no harm`, () => {
    const schemas = schemasOf(protocol);
    for (const { name, request, answer } of goldens) {
      const pair = schemas[request.path];
      if (!pair) continue;
      const bodies = [request.body, ...(answer.status === 200 ? [answer.body] : [])];
      bodies.forEach((body, index) => {
        const read = v.parse(pair[index]!, body);
        const more = v.parse(pair[index]!, withMore(body)) as { commands?: unknown[] };
        // Commands are read one by one, by who carries them out.
        const commands = (more.commands ?? []).map((one) =>
          typeof one === "string" ? one : v.parse(protocol.Command, one)
        );
        assert.deepEqual({ ...more, ...(more.commands ? { commands } : {}) }, read, name);
        const expected = "state" in body ? { pass: "apply", ...body } : body;
        assert.deepEqual(read, expected, name);
      });
    }
  });
}
