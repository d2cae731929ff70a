import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as v from "valibot";
import { EventsAnswer, ListenAnswer, type ToldEvent } from "../../../shared/protocol.ts";
import { rsaLine } from "../ssh-key/test-keys.ts";
import { type AppUnderTest, appUnderTest, bridgeToken } from "../app-under-test.ts";
import { aroundBatches } from "../database/around.ts";
import { eachDatabase } from "../database/each-database.ts";
import { type Teller, teller } from "./told.ts";

const sender = { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH_9.2" };
const tokens = [
  { name: "default", token: bridgeToken },
  ...["north", "south", "east", "west"].map((name) => ({ name, token: `${name}-token-000001` })),
];
const bearer = (name: string) => `Bearer ${name}-token-000001`;
const second = (count: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, count)).toISOString();

eachDatabase("a bridge's calls", (database) => {
  let app: AppUnderTest;
  let schools = 0;
  before(() => {
    app = appUnderTest(database().client, { bridges: tokens });
  });

  /** A new school's number. */
  async function school(bridge = "default"): Promise<number> {
    await app.admin("POST", "/admin/schools", { slug: `wired-${++schools}`, name: "Wired" });
    const { rows } = await database().client.execute("SELECT max(id) FROM schools");
    const id = Number(rows[0]![0]);
    await database().client.execute({
      sql: "UPDATE schools SET bridge = ? WHERE id = ?",
      args: [bridge, id],
    });
    return id;
  }

  async function call<Schema extends v.GenericSchema>(
    path: string,
    schema: Schema,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<v.InferOutput<Schema>> {
    const answer = await app.bridge("POST", path, body, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return v.parse(schema, answer.body);
  }

  const listen = (asked: object = {}, headers: Record<string, string> = {}) =>
    call("/bridge/listen", ListenAnswer, {
      ...{ directoryVersion: null, commands: [], room: 100, waitMs: 0 },
      ...asked,
    }, headers);

  const tell = (by: Teller, events: ToldEvent[], done: object[] = []) =>
    call("/bridge/events", EventsAnswer, { events, done }, by.headers);

  const fileEvent = (schoolId: number, path: string, at: string, changes: object = {}) => ({
    ...{ id: crypto.randomUUID(), at, schoolId, type: "file", path, state: "complete", size: 10 },
    ...{ sender, ...changes },
  });

  async function files(): Promise<Record<string, unknown>[]> {
    return (await app.admin("GET", `/admin/schools/wired-${schools}/files`)).body.items;
  }

  const count = async (sql: string, ...args: (string | number)[]) =>
    Number((await database().client.execute({ sql, args })).rows[0]![0]);

  test("a call says its protocol and which bridge asks, and so does every answer", async () => {
    const wrong: Record<string, string>[] = [
      { "rosterbridge-protocol": "" },
      { "rosterbridge-bridge": "me" },
    ];
    for (const headers of wrong) {
      const refused = await app.bridge("POST", "/bridge/listen", {}, headers);
      assert.deepEqual([refused.status, refused.body.code], [400, "bridge_unknown"]);
    }
    const { headers } = await app.bridge("POST", "/bridge/listen", {
      ...{ directoryVersion: null, commands: [], room: 1, waitMs: 0 },
    });
    assert.equal(headers.get("rosterbridge-protocol"), "1");
  });

  test("the directory is answered only when its version differs", async () => {
    const id = await school();
    await app.admin("POST", `/admin/schools/wired-${schools}/keys`, {
      publicKey: rsaLine(2048),
      expiresAt: "2027-01-01T00:00:00Z",
    });
    const { directory } = await listen();
    const found = directory!.schools.find((other) => other.id === id)!;
    assert.equal(found.slug, `wired-${schools}`);
    assert.deepEqual(found.lanes, [{
      lane: "roster",
      patterns: ["*.csv"],
      packed: [
        { pattern: "*.csv.gz", as: "gzip", entry: "*" },
        { pattern: "*.zip", as: "zip", entry: "*.csv" },
      ],
    }]);
    assert.equal(found.keys[0]!.expiresAt, "2027-01-01T00:00:00.000Z");
    const { version } = directory!;
    assert.ok(!("directory" in await listen({ directoryVersion: version })));
    // A database that was put back to an older state has a lower version than the bridge knows.
    for (const other of [version - 1, version + 1]) {
      assert.ok((await listen({ directoryVersion: other })).directory);
    }
  });

  test("SPEC 1: a revoked key and a suspended school open nothing, for older bridges too", async () => {
    const id = await school();
    const slug = `wired-${schools}`;
    const seen = async () => (await listen()).directory!.schools.find((other) => other.id === id)!;
    const added = await app.admin("POST", `/admin/schools/${slug}/keys`, {
      publicKey: rsaLine(2048),
    });
    assert.equal((await seen()).keys.length, 1);
    await app.admin("POST", `/admin/schools/${slug}/suspension`);
    const suspended = await seen();
    assert.deepEqual([suspended.keys, suspended.suspended], [[], true]);
    await app.admin("DELETE", `/admin/schools/${slug}/suspension`);
    assert.deepEqual([(await seen()).keys.length, (await seen()).suspended], [1, false]);
    await app.admin("DELETE", `/admin/schools/${slug}/keys/${added.body.fingerprint}`);
    const { keys, revoked } = await seen();
    assert.deepEqual(keys, []);
    assert.deepEqual(revoked.map(({ fingerprint }) => fingerprint), [added.body.fingerprint]);
    const { body } = await app.admin("GET", "/admin/audit?limit=3");
    assert.deepEqual(
      body.items.map(({ action }: { action: string }) => action),
      ["key.revoked", "school.admitted", "school.suspended"],
    );
  });

  test("a listening call is answered as soon as an administrator changed something", async () => {
    await school();
    const { version } = (await listen()).directory!;
    const waiting = listen({ directoryVersion: version, waitMs: 30_000 });
    const added = app.admin("POST", `/admin/schools/wired-${schools}/keys`, {
      publicKey: rsaLine(2048),
    });
    // Without news the call would take half a minute, which no test here does.
    assert.ok((await waiting).directory!.version > version);
    await added;
  });

  test("a listening call is answered at once when the worker is to end", async () => {
    const stopping = appUnderTest(database().client);
    const { version } = (await listen()).directory!;
    const waiting = stopping.bridge("POST", "/bridge/listen", {
      ...{ directoryVersion: version, commands: [], room: 0, waitMs: 30_000 },
    });
    stopping.context.bell.close();
    assert.equal((await waiting).status, 200);
  });

  test("events that are handed over twice are in the ledger once", async () => {
    const schoolId = await school();
    const by = teller();
    const login = { id: crypto.randomUUID(), at: second(1), schoolId, type: "login", sender };
    const events = by.tell(login, fileEvent(schoolId, "/inbound/roster.csv", second(2)));
    assert.deepEqual(await tell(by, events), { through: 2 });
    assert.deepEqual(await tell(by, events), { through: 2 });
    const { rows } = await database().client.execute({
      sql: "SELECT type, event FROM ledger WHERE school_id = ? ORDER BY number",
      args: [schoolId],
    });
    assert.deepEqual(rows.map((row) => row["type"]), ["login", "file"]);
    assert.equal(rows[1]!["event"], events[1]!.text, "byte for byte, or its hash would not be its");
  });

  test("order is the bridge's: a clock that steps back hides nothing", async () => {
    const schoolId = await school();
    const by = teller();
    const path = "/inbound/a.csv";
    await tell(by, by.tell(fileEvent(schoolId, path, second(9), { state: "partial", size: 3 })));
    await tell(by, by.tell(fileEvent(schoolId, path, second(6), { size: 5, sender: null })));
    assert.deepEqual((await files()).map(({ state, size }) => [state, size]), [["complete", 5]]);
    await tell(by, by.tell(fileEvent(schoolId, path, second(1), { state: "removed", size: 0 })));
    assert.deepEqual(await files(), []);
  });

  test("the files are those that the events leave", async () => {
    const schoolId = await school();
    const by = teller();
    const event = (path: string, changes: object = {}) =>
      fileEvent(schoolId, `/inbound/${path}`, second(1), changes);
    const events = by.tell(
      event("a.csv", { state: "partial", size: 3 }),
      event("b.csv"),
      event("a.csv", { size: 5, sender: null }),
      event("c.csv"),
      event("c.csv", { state: "removed", size: 0 }),
      event("d.csv"),
      event("d.csv", { state: "moved" }),
    );
    await tell(by, events);
    assert.deepEqual((await files()).map(({ path, size }) => [path, size]).toSorted(), [
      ["/inbound/a.csv", 5],
      ["/inbound/b.csv", 10],
    ]);
  });

  test("a download is recorded with the file, until the file is written anew", async () => {
    const schoolId = await school();
    const path = "/outbound/verified.csv";
    const by = teller();
    const read = (at: string) => ({
      ...{ id: crypto.randomUUID(), at, schoolId, type: "download", path },
      ...{ exportId: null, sender },
    });
    const downloadedAt = async () => (await files())[0]!["downloadedAt"];
    await tell(by, by.tell(fileEvent(schoolId, path, second(1)), read(second(3))));
    assert.equal(await downloadedAt(), second(3));
    await tell(by, by.tell(read(second(4)), fileEvent(schoolId, path, second(5))));
    assert.equal(await downloadedAt(), null, "what was read then is not what is there now");
  });

  test("a chain that is broken is taken and said; numbers told with other words are refused", async () => {
    const schoolId = await school();
    const by = teller();
    const event = () => fileEvent(schoolId, "/inbound/a.csv", second(1));
    await tell(by, by.tell(event()));
    by.tell(event());
    assert.deepEqual(await tell(by, by.tell(event())), { through: 3 });
    const broken = app.logged.filter(({ event }) => event === "ledger.chain_broken");
    assert.deepEqual(broken.map(({ number, expected }) => [number, expected]), [[3, 2]]);
    const forked = await app.bridge(
      "POST",
      "/bridge/events",
      { events: [{ number: 1, previous: "", text: JSON.stringify(event()) }], done: [] },
      by.headers,
    );
    assert.deepEqual([forked.status, forked.body.code], [409, "ledger_forked"]);
  });

  test("an event of a type that is not known yet is kept", async () => {
    const schoolId = await school();
    const by = teller();
    const event = {
      id: crypto.randomUUID(),
      at: second(1),
      schoolId,
      type: "weather",
      sky: "blue",
    };
    assert.deepEqual(await tell(by, by.tell(event)), { through: 1 });
    assert.equal(
      await count("SELECT count(*) FROM ledger WHERE school_id = ? AND type = 'weather'", schoolId),
      1,
    );
  });

  test("SPEC 11: a bridge's token opens the calls for its own schools, and nothing else", async () => {
    const own = await school("north");
    const ownSlug = `wired-${schools}`;
    const other = await school("south");
    const north = teller();
    north.headers["authorization"] = bearer("north");
    const { directory } = await listen({}, north.headers);
    assert.deepEqual(directory!.schools.map(({ id }) => id), [own]);
    await tell(
      north,
      north.tell(
        fileEvent(other, "/inbound/foreign.csv", second(1)),
        fileEvent(own, "/inbound/own.csv", second(1)),
      ),
    );
    assert.deepEqual(await files(), [], "the other school's");
    assert.equal(
      (await app.admin("GET", `/admin/schools/${ownSlug}/files`)).body.items.length,
      1,
    );
    const upload = announcement(other);
    const refused = await app.bridge("POST", "/bridge/uploads", upload, north.headers);
    assert.deepEqual([refused.status, refused.body.code], [410, "school_gone"]);
    const south = { ...north.headers, authorization: bearer("south") };
    assert.equal((await app.bridge("POST", "/bridge/uploads", upload, south)).status, 200);
    const id = upload.id;
    const slice = `/bridge/uploads/${id}/slices/0?pass=apply&lane=roster`;
    assert.equal((await app.bridge("PUT", slice, "x", north.headers)).status, 404);
    assert.equal(
      (await app.bridge("GET", `/bridge/uploads/${id}/report`, undefined, north.headers)).status,
      404,
    );
    const admin = await app.bridge("GET", "/admin/schools", undefined, north.headers);
    assert.equal(admin.status, 401);
  });

  test("events of a deleted school are taken and ignored", async () => {
    const schoolId = await school();
    const gone = `wired-${schools}`;
    await app.admin("DELETE", `/admin/schools/${gone}?confirm=${gone}`);
    const alive = await school();
    const by = teller();
    await tell(
      by,
      by.tell(
        fileEvent(schoolId, "/inbound/ghost.csv", second(1)),
        fileEvent(alive, "/inbound/real.csv", second(1)),
      ),
    );
    assert.equal(await count("SELECT count(*) FROM ledger WHERE school_id = ?", schoolId), 0);
    assert.deepEqual((await files()).map(({ path }) => path), ["/inbound/real.csv"]);
  });

  test("commands are answered until they are done, in turns of the schools", async () => {
    const [first, later] = [await school("east"), await school("east")];
    const commands = (schoolId: number, many: number) =>
      Array.from({ length: many }, (_, index) => ({
        ...{ id: crypto.randomUUID(), type: "remove", schoolId, path: `/inbound/${index}.csv` },
      }));
    const [many, one] = [commands(first, 30), commands(later, 1)];
    await database().client.batch(
      [...many, ...one].map((command, index) => ({
        sql: `INSERT INTO commands (id, bridge, school_id, created_at, type, command)
              VALUES (?, 'east', ?, ?, ?, ?)`,
        args: [
          ...[command.id, command.schoolId, second(index), command.type],
          JSON.stringify(command),
        ],
      })).toReversed(),
      "write",
    );
    const east = teller();
    east.headers["authorization"] = bearer("east");
    const ids = async (asked: object) =>
      (await listen({ ...asked }, east.headers)).commands.map((command) =>
        (command as { id: string }).id
      );
    assert.deepEqual(await ids({ room: 2 }), [many[0]!.id, one[0]!.id]);
    assert.equal((await ids({})).length, 21, "20 of a school at a time, so that others have room");
    const known = many.slice(0, 20).map(({ id }) => id);
    assert.deepEqual(await ids({ commands: known }), [one[0]!.id], "what fails starves nobody");
    const done = known.map((id) => ({ id, at: second(200) }));
    await tell(east, [], done);
    await tell(east, [], [{ id: known[0], at: second(300) }]);
    assert.deepEqual(await ids({}), [
      ...[many[20]!.id, one[0]!.id],
      ...many.slice(21).map(({ id }) => id),
    ]);
    const { rows } = await database().client.execute({
      sql: "SELECT done_at, outcome FROM commands WHERE id = ?",
      args: [known[0]!],
    });
    assert.deepEqual(
      [rows[0]!["done_at"], rows[0]!["outcome"]],
      [second(200), "done"],
      "the first acknowledgement stays",
    );
  });

  test("a command that was not understood is asked for again when the bridge speaks another protocol", async () => {
    const schoolId = await school("west");
    const id = crypto.randomUUID();
    await database().client.execute({
      sql: `INSERT INTO commands (id, bridge, school_id, created_at, type, command)
            VALUES (?, 'west', ?, ?, 'dance', ?)`,
      args: [id, schoolId, second(1), JSON.stringify({ id, type: "dance", schoolId })],
    });
    const west = teller();
    west.headers["authorization"] = bearer("west");
    assert.equal((await listen({}, west.headers)).commands.length, 1);
    await tell(west, [], [{ id, at: second(2), outcome: "not_understood", why: "what?" }]);
    assert.deepEqual((await listen({}, west.headers)).commands, []);
    west.headers["rosterbridge-protocol"] = "2";
    assert.equal((await listen({}, west.headers)).commands.length, 1);
  });

  test("500 events of one call are a handful of statements", async () => {
    const schoolId = await school();
    const { client } = database();
    let statements = 0;
    const counting = appUnderTest(aroundBatches(client, (make, batch) => {
      statements += batch.length;
      return make();
    }));
    const by = teller();
    const events = by.tell(...Array.from(
      { length: 500 },
      (_, index) => fileEvent(schoolId, `/inbound/${index}.csv`, second(index)),
    ));
    const body = { events, done: [] };
    const { status } = await counting.bridge("POST", "/bridge/events", body, by.headers);
    assert.equal(status, 200);
    assert.ok(statements <= 10, `${statements} statements`);
  });
});

function announcement(schoolId: number) {
  return {
    ...{ id: crypto.randomUUID(), schoolId, lane: "roster", name: "roster.csv", size: 1 },
    ...{ timeCode: "20261122T100000000Z", acceptedAt: second(0), sha256: "0".repeat(64), sender },
  };
}
