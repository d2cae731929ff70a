// DESIGN, the wire can evolve: a bridge works with a worker that says more than it knows, and a worker
// with a bridge that does. Both are the real ones; what stands between them makes one of them newer.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { names } from "../home/keeper.ts";
import { roster, type WholeWay, wholeWay } from "./whole-way.ts";
import type { SchoolId } from "../../../shared/protocol.ts";
import { until } from "../../until.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** A member that nobody has heard of in every object. */
function withMore(value: Json): Json {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, withMore(one)]);
  return { ...Object.fromEntries(members), unheardOf: { of: ["then"] } };
}

/** Sends the roster of the school and has an export made and delivered. */
async function everyday(way: WholeWay, schoolId: SchoolId): Promise<void> {
  await way.accept(schoolId, "roster.csv", roster(5));
  for (const entry of way.homes.accepted) way.outbox.add(entry);
  await until(async () => (await way.uploads("oak")).at(-1)?.state === "completed");
  assert.equal((await way.app.admin("POST", "/admin/schools/oak/exports")).status, 201);
  await until(async () => (await names(way.homes.home(schoolId), "/outbound")).length === 1);
  await until(() => way.homes.catalog.commands.some(10).length === 0);
  await until(() => way.homes.catalog.ledger.events(10).length === 0);
}

test("an older bridge works with a worker that knows more commands, states and settings", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  const dance = { id: randomUUID(), type: "dance", schoolId, tempo: "allegro" };
  let told: Json[] = [];
  way.between = async (request) => {
    const path = new URL(request.url).pathname;
    const body = request.method === "GET" ? undefined : await request.clone().text();
    if (path === "/bridge/events") told = told.concat(JSON.parse(body!).done);
    const response = await way.app.app.fetch(request);
    if (!response.headers.get("content-type")?.includes("json")) return response;
    const answer = withMore(await response.json());
    for (const school of answer.directory?.schools ?? []) {
      school.settings = { quota: 10 };
      school.lanes.push({ lane: "grades", patterns: ["*.hl7"], schema: "v2" });
    }
    const isDone = told.some(({ id }) => id === dance.id) || body?.includes(dance.id);
    if (answer.commands && !isDone) answer.commands.unshift(dance);
    if (body?.includes('"name":"odd.csv"')) answer.state = "pondering";
    return new Response(JSON.stringify(answer), {
      status: response.status,
      headers: response.headers,
    });
  };
  way.start();
  await way.accept(schoolId, "odd.csv", roster(2));
  await everyday(way, schoolId);
  assert.equal(way.directory.slugOf(schoolId), "oak");
  assert.equal(way.directory.takingOf(schoolId, "a.hl7")?.lane, "grades");
  const outcome = told.find(({ id }) => id === dance.id);
  assert.equal(outcome.outcome, "not_understood");
  // A state that is not known wants nothing: the file steps aside, and the later one went on.
  const [odd] = way.homes.catalog.outbox();
  assert.deepEqual([odd!.name, odd!.state, odd!.reason], [
    ...["odd.csv", "parked", "the worker says pondering"],
  ]);
});

test("an older worker works with a bridge that tells of more and asks for more", async () => {
  await using way = await wholeWay();
  const schoolId = await way.school("oak");
  const uploadId = randomUUID();
  let isTold = false;
  way.between = async (request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.get("content-type") !== "application/json") return undefined;
    const body = withMore(await request.json());
    if (pathname === "/bridge/events") {
      isTold = true;
      body.done.push({ id: randomUUID(), at: "2026-11-22T10:00:00Z", outcome: "postponed" });
    }
    const headers = new Headers(request.headers);
    headers.delete("content-length");
    headers.set("rosterbridge-protocol", "2");
    return await way.app.app.fetch(
      new Request(request.url, { method: request.method, headers, body: JSON.stringify(body) }),
    );
  };
  way.start();
  await everyday(way, schoolId);
  assert.ok(isTold);

  const text = JSON.stringify({
    ...{ id: randomUUID(), at: "2026-11-22T10:00:00Z", schoolId, uploadId, type: "weather" },
    sky: "blue",
  });
  const answer = await way.app.bridge("POST", "/bridge/events", {
    events: [{ number: 1, previous: "", text, weight: 7 }],
    done: [],
    moods: [],
  }, { "rosterbridge-protocol": "2", "rosterbridge-bridge": randomUUID() });
  assert.deepEqual([answer.status, answer.body], [200, { through: 1 }]);
  const hash = createHash("sha256").update(`1\n\n${text}`).digest("hex");
  const { rows } = await way.app.context.database.execute({
    sql: "SELECT type, upload_id, hash FROM ledger WHERE upload_id = ?",
    args: [uploadId],
  });
  assert.deepEqual({ ...rows[0] }, { type: "weather", upload_id: uploadId, hash });
});
