// DESIGN, "What may crash when": nothing is lost, logins and uploads go on, everything drains
// afterwards, in order per school, and no school starves another.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeRoster } from "../../scripts/made-roster.ts";
import { hasSqld, startSqld } from "../worker/database/sqld.ts";
import { type Behaviour, passOn, startFront } from "./front.ts";
import { type School, type Service, startService, waitForName } from "./service.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

const header = "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus";
/** A roster of one student, who is always the same: the file that is processed last wins. */
const roster = (lastName: string) => `${header}\nsame@college.edu,,${lastName},,,,,,1\n`;

const count = async (school: School, ending: string) =>
  (await school.names()).filter((name) => name.endsWith(ending)).length;

/** The events of the bridge's log since it was started last. */
function events(service: Service, event: string): Record<string, string>[] {
  const lines = service.bridge.output().split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line)).filter((line) => line.event === event);
}

interface Upload {
  id: string;
  name: string;
  state: string;
  acceptedAt: string;
  completedAt: string;
}

async function uploadsOf(service: Service, school: School): Promise<Upload[]> {
  const path = `/admin/schools/${school.slug}/uploads?limit=1000`;
  const { body } = await service.admin("GET", path);
  return body.items.sort((a: Upload, b: Upload) => a.acceptedAt < b.acceptedAt ? -1 : 1);
}

/** What the bridge says of the worker to who watches it: in its health, and as a metric. */
async function workerAsSeen({ healthPort }: Service): Promise<[isAway: boolean, metric: string]> {
  const look = (path: string) => fetch(`http://127.0.0.1:${healthPort}${path}`);
  const { reasons = [] } = await (await look("/healthz")).json();
  const metrics = await (await look("/metrics")).text();
  return [
    reasons.some(({ trouble }: { trouble: string }) => trouble === "worker_away"),
    /^rosterbridge_bridge_worker_reachable (\d)$/m.exec(metrics)![1]!,
  ];
}

test("the worker is away while a hundred files of five schools arrive, and the bridge is ended and killed on the way: all drain, in order", async () => {
  await using service = await startService();
  const schools = await Promise.all(
    ["a1", "b2", "c3", "d4", "e5"].map((slug) => service.addSchool(slug)),
  );
  assert.deepEqual(await workerAsSeen(service), [false, "1"]);
  await service.worker.end("SIGKILL");
  await until(async () => (await workerAsSeen(service)).join() === "true,0");
  /** In every batch of five one has the same name, four have names of their own. */
  const name = (i: number) => i % 5 === 3 ? "roster.csv" : `own-${(i * 7) % 20}.csv`;
  const send = async (school: School, from: number) => {
    const puts = [from, from + 1, from + 2, from + 3, from + 4].map(async (i) => {
      const file = join(service.folder, `${school.slug}-${i}.csv`);
      await writeFile(file, roster(`${school.slug} number ${i}`));
      return `put ${file} inbound/${name(i)}`;
    });
    const { code, stderr } = await school.sftp(...await Promise.all(puts));
    assert.equal(code, 0, stderr);
  };
  for (const from of [1, 6]) await Promise.all(schools.map((school) => send(school, from)));
  // Logins go on from the stored directory, after any kind of end.
  assert.equal(await service.bridge.end("SIGTERM"), 0);
  await service.restartBridge();
  for (const from of [11, 16]) await Promise.all(schools.map((school) => send(school, from)));
  await service.restartBridge();
  for (const school of schools) assert.equal(await count(school, ".processing"), 20);

  const completed = () => events(service, "upload.completed").length;
  await service.restartWorker();
  await until(() => completed() >= 10, "the first ten");
  await service.restartBridge();
  await until(() => completed() >= 30, "thirty more");
  assert.equal(await service.bridge.end("SIGTERM"), 0);
  await service.restartBridge();
  for (const school of schools) await waitForName(school, ".completed", 20);
  assert.deepEqual(await workerAsSeen(service), [false, "1"]);

  for (const school of schools) {
    const uploads = await uploadsOf(service, school);
    assert.deepEqual(
      uploads.map(({ name }) => name),
      Array.from({ length: 20 }, (_, i) => name(i + 1)),
    );
    assert.ok(uploads.every(({ state }) => state === "completed"));
    const ends = uploads.map(({ completedAt }) => completedAt);
    assert.deepEqual(ends, ends.toSorted(), "processed in the order they were accepted");
    assert.equal(await count(school, ".original"), 20);
    assert.equal((await school.names()).length, 40);
    const path = `/admin/schools/${school.slug}/students/same@college.edu`;
    const { body } = await service.admin("GET", path);
    assert.equal(body.lastName, `${school.slug} number 20`);
  }
});

test("the database is away for a while: the worker answers 503 with Retry-After, logins and uploads go on, all drain", async (t) => {
  if (!hasSqld) return t.skip("sqld is not made for this platform");
  const sqld = await startSqld();
  try {
    await using service = await startService({ databaseUrl: sqld.url });
    const schools = [
      await service.addSchool("springfield"),
      await service.addSchool("shelbyville"),
    ];
    await sqld.kill();
    for (let i = 1; i <= 5; i++) {
      for (const school of schools) await school.put(`/inbound/${i}.csv`, roster(`number ${i}`));
    }
    const refused = await service.admin("GET", "/admin/schools");
    assert.equal(refused.status, 503);
    assert.equal(refused.headers!.get("retry-after"), "2");
    assert.equal(refused.headers!.get("content-type"), "application/problem+json");
    assert.match(refused.body.detail, /database cannot serve now.*Nothing was lost/);
    assert.equal((await fetch(`${service.workerUrl}/healthz`)).status, 503);
    // A minute is only longer: the second round of tries has the longer waits.
    await until(() => events(service, "relay.postponed").length >= 4);
    for (const { reason, waitMs } of events(service, "relay.postponed")) {
      assert.match(reason!, /503 The worker's database cannot serve now/);
      assert.ok(Number(waitMs) >= 2000, `Retry-After was not heard: ${waitMs}`);
    }
    for (const school of schools) assert.equal(await count(school, ".processing"), 5);
    assert.equal((await schools[0]!.sftp("ls inbound")).code, 0);

    await sqld.restart();
    for (const school of schools) {
      await waitForName(school, ".completed", 5);
      const { body } = await service.admin(
        "GET",
        `/admin/schools/${school.slug}/students/same@college.edu`,
      );
      assert.equal(body.lastName, "number 5");
    }
  } finally {
    await sqld.stop();
  }
});

test("a worker that is slow, fails or is something else altogether: uploads go on, and drain when it is good again", async (t) => {
  const workerPort = await freePort();
  await using front = await startFront(workerPort);
  await using service = await startService({
    workerPort,
    workerUrl: () => `http://127.0.0.1:${front.port}`,
    bridge: { SLICE_BYTES: "131072" },
  });
  const school = await service.addSchool("springfield");
  const big = makeRoster(2_500, 1); // More than one slice.
  let number = 0;

  const answer =
    (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
    (_call, response) => response.writeHead(status, headers).end(body);
  const only = (which: RegExp, behaviour: Behaviour): Behaviour => (call, response, pass) =>
    which.test(`${call.method} ${call.path}`) ? behaviour(call, response, pass) : pass();
  const position = (offset: number) =>
    answer(200, JSON.stringify({ state: "processing", pass: "apply", offset }));
  const page = "<!doctype html><title>Guest network</title>Sign in";
  let flip = 0;

  const faults: Record<string, [Behaviour, reason: RegExp]> = {
    "answers 500": [answer(500, "oops"), /: 500$/],
    "answers 503 and wants a date": [
      answer(503, "", { "retry-after": new Date(Date.now() + 500).toUTCString() }),
      /: 503$/,
    ],
    "answers a page with status 200": [
      answer(200, page, { "content-type": "text/html" }),
      /no JSON/,
    ],
    "answers half a JSON": [answer(200, '{"state":"proce'), /cut off or no JSON/],
    "answers another schema": [answer(200, '{"ok":true,"state":1}'), /not the worker's answer/],
    "redirects": [answer(307, "", { location: "http://127.0.0.1:9/" }), /redirect/],
    "drops every call": [
      (_call, response) => response.destroy(),
      /other side closed|ECONNRESET|socket/,
    ],
    "cuts its answers off": [
      (_call, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write('{"state":', () => response.destroy());
      },
      /cut off/,
    ],
    "wants a byte beyond the end": [
      only(/^PUT/, position(Buffer.byteLength(big) + 1)),
      /wants byte \d+ of/,
    ],
    "never advances": [only(/^PUT/, position(0)), /stays at byte 0 of/],
    "goes back and forth": [
      only(/^PUT/, (call, response, pass) => position(flip++ % 2 ? 0 : 100)(call, response, pass)),
      /stays at byte 100 of/,
    ],
    "has a page for a report": [
      only(/^GET .*report/, answer(200, page, { "content-type": "text/html" })),
      /not the worker's answer: text\/html/,
    ],
    "cuts the report off": [
      only(/^GET .*report/, (_call, response) => {
        response.writeHead(200, { "content-type": "text/csv", "rosterbridge-protocol": "1" });
        response.write("Line,Username", () => response.destroy());
      }),
      /the answer was cut off/,
    ],
  };
  for (const [what, [behaviour, reason]] of Object.entries(faults)) {
    await t.test(what, async () => {
      // Rows that are applied are not held up by results that cannot be fetched.
      const said = /report/.test(what) ? "results.delayed" : "relay.postponed";
      const before = events(service, said).length;
      front.behave = behaviour;
      await school.put("/inbound/roster.csv", big);
      const postponed = () => events(service, said).slice(before);
      await until(() => postponed().length >= 1, what);
      for (const line of postponed()) assert.match(line["reason"]!, reason);
      assert.equal(await count(school, ".processing"), 1);
      assert.equal(await count(school, ".completed"), number);
      front.behave = passOn;
      number++;
      await until(() => events(service, "upload.completed").length === number, `after: ${what}`);
    });
  }

  await t.test("is slow", async () => {
    let calls = 0;
    let answer!: () => void;
    const slow = new Promise<void>((resolve) => answer = resolve);
    front.behave = async (_call, _response, pass) => {
      calls++;
      await slow;
      await pass();
    };
    await school.put("/inbound/roster.csv", big);
    const completed = () => events(service, "upload.completed").length;
    assert.equal(completed(), number, "the upload does not wait for it");
    answer();
    await until(() => completed() === number + 1);
    assert.ok(calls >= 4);
  });

  await t.test("does not answer at all: the bridge ends in good time, and goes on when started again", async () => {
    let hanging = 0;
    front.behave = only(/uploads/, () => hanging++);
    await school.put("/inbound/roster.csv", roster("at last"));
    await until(() => hanging > 0);
    assert.equal(await service.bridge.end("SIGTERM"), 0);
    const { reason } = events(service, "relay.postponed").at(-1)!;
    assert.match(reason!, /the bridge is stopping/, "it ends the call, which would go on for long");
    front.behave = passOn;
    await service.restartBridge();
    await waitForName(school, ".completed", number + 2);
  });

  const summaries = new Set<string>();
  for (const name of await school.names()) {
    if (!name.endsWith(".completed")) continue;
    const [first, summary] = (await school.get(`/inbound/${name}`)).toString().split("\r\n");
    assert.equal(first, "Line,Username,Column,Severity,Code,Message");
    summaries.add(/"(.*)"/.exec(summary!)![1]!);
  }
  assert.deepEqual([...summaries].map((summary) => summary.slice(0, 50)).toSorted(), [
    "1 row: 1 added, 0 updated, 0 unchanged, 0 rejected",
    "2500 rows: 0 added, 0 updated, 2500 unchanged, 0 r",
    "2500 rows: 2500 added, 0 updated, 0 unchanged, 0 r",
  ]);
});

for (const concurrency of ["1", "4"]) {
  test(`no school starves another: thirty files of one do not delay another's single file (RELAY_CONCURRENCY=${concurrency})`, async () => {
    const workerPort = await freePort();
    await using front = await startFront(workerPort);
    await using service = await startService({
      workerPort,
      workerUrl: () => `http://127.0.0.1:${front.port}`,
      bridge: { RELAY_CONCURRENCY: concurrency },
    });
    const busy = await service.addSchool("busy");
    const small = await service.addSchool("small");
    // Nothing passes until all files are there.
    let open!: () => void;
    const gate = new Promise<void>((resolve) => open = resolve);
    front.behave = async (call, _response, pass) => {
      if (call.path.startsWith("/bridge/uploads")) await gate;
      await pass();
    };
    const file = join(service.folder, "large.csv");
    await writeFile(file, makeRoster(500, 1));
    const puts = Array.from({ length: 30 }, (_, i) => `put ${file} inbound/${i}.csv`);
    assert.equal((await busy.sftp(...puts)).code, 0);
    await small.put("/inbound/one.csv", roster("one"));
    await waitForName(small, ".processing");
    open();
    await waitForName(busy, ".completed", 30);

    const own = new Set((await uploadsOf(service, small)).map(({ id }) => id));
    const order = events(service, "upload.completed").map(({ upload }) => own.has(upload!));
    assert.equal(order.length, 31);
    // The one that was on its way when it came, and no other, goes first.
    assert.ok(order.indexOf(true) <= 1, `it was number ${order.indexOf(true) + 1} of 31`);
  });
}
