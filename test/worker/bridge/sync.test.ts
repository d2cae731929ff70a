import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as v from "valibot";
import { SyncAnswer } from "../../../shared/protocol.ts";
import { rsaLine } from "../ssh-key/test-keys.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

const sender = { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH_9.2" };
const second = (count: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, count)).toISOString();

eachDatabase("the sync", (database) => {
  let app: AppUnderTest;
  let schools = 0;
  before(() => {
    app = appUnderTest(database().client);
  });

  /** A new school's number. */
  async function school(): Promise<number> {
    await app.admin("POST", "/admin/schools", { slug: `sync-${++schools}`, name: "Synced" });
    const { rows } = await database().client.execute("SELECT max(id) FROM schools");
    return Number(rows[0]![0]);
  }

  async function sync(request: {
    directoryVersion?: number | null;
    events?: unknown[];
    done?: unknown[];
  }): Promise<SyncAnswer> {
    const answer = await app.bridge("POST", "/bridge/sync", {
      directoryVersion: null,
      events: [],
      done: [],
      ...request,
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return v.parse(v.strictObject(SyncAnswer.entries), answer.body);
  }

  function fileEvent(schoolId: number, path: string, at: string, changes: object = {}) {
    const id = crypto.randomUUID();
    return {
      id,
      at,
      schoolId,
      type: "file",
      path,
      state: "complete",
      size: 10,
      sender,
      ...changes,
    };
  }

  async function files(): Promise<Record<string, unknown>[]> {
    return (await app.admin("GET", `/admin/schools/sync-${schools}/files`)).body.items;
  }

  test("the directory is answered only when its version differs", async () => {
    const id = await school();
    await app.admin("POST", `/admin/schools/sync-${schools}/keys`, {
      publicKey: rsaLine(2048),
      expiresAt: "2027-01-01T00:00:00Z",
    });
    const { directory } = await sync({ directoryVersion: null });
    const found = directory!.schools.find((other) => other.id === id)!;
    assert.equal(found.slug, `sync-${schools}`);
    assert.equal(found.keys.length, 1);
    assert.equal(found.keys[0]!.expiresAt, "2027-01-01T00:00:00.000Z");
    assert.ok(!("directory" in await sync({ directoryVersion: directory!.version })));
    assert.ok((await sync({ directoryVersion: directory!.version - 1 })).directory);
    // A database that was put back to an older state has a lower version than the bridge knows.
    assert.ok((await sync({ directoryVersion: directory!.version + 1 })).directory);
    await school();
    const later = (await sync({ directoryVersion: directory!.version })).directory!;
    assert.deepEqual(later.schools.at(-1), { id: id + 1, slug: `sync-${schools}`, keys: [] });
  });

  test("events that are handed over twice are in the ledger once", async () => {
    const schoolId = await school();
    const events = [
      { id: crypto.randomUUID(), at: second(1), schoolId, type: "login", sender },
      fileEvent(schoolId, "/inbound/roster.csv", second(2)),
    ];
    await sync({ events });
    await sync({ events });
    const { rows } = await database().client.execute({
      sql: "SELECT type, at, event FROM ledger WHERE school_id = ? ORDER BY at",
      args: [schoolId],
    });
    assert.deepEqual(rows.map((row) => [row["type"], row["at"]]), [
      ["login", second(1)],
      ["file", second(2)],
    ]);
    assert.deepEqual(JSON.parse(rows[1]!["event"] as string), events[1]);
  });

  test("the files are those that the events leave", async () => {
    const schoolId = await school();
    const first = [
      fileEvent(schoolId, "/inbound/a.csv", second(1), { state: "partial", size: 3 }),
      fileEvent(schoolId, "/inbound/b.csv", second(1)),
      fileEvent(schoolId, "/inbound/a.csv", second(2), { size: 5, sender: null }),
      fileEvent(schoolId, "/inbound/c.csv", second(3)),
      fileEvent(schoolId, "/inbound/c.csv", second(3), { state: "removed", size: 0 }),
    ];
    await sync({ events: first });
    assert.deepEqual((await files()).map(({ path, state, size }) => [path, state, size]), [
      ["/inbound/a.csv", "complete", 5],
      ["/inbound/b.csv", "complete", 10],
    ]);
    assert.equal((await files())[0]!["sender"], null);
    await sync({
      events: [fileEvent(schoolId, "/inbound/a.csv", second(4), { state: "removed", size: 0 })],
    });
    // The first sync comes again, as it does when its answer was lost.
    await sync({ events: first });
    assert.deepEqual((await files()).map(({ path }) => path), ["/inbound/b.csv"]);
  });

  test("an older event does not overwrite a newer one, even of a file that is gone", async () => {
    const schoolId = await school();
    await sync({
      events: [
        fileEvent(schoolId, "/inbound/kept.csv", second(10), { size: 20 }),
        fileEvent(schoolId, "/inbound/gone.csv", second(10), { state: "removed", size: 0 }),
      ],
    });
    await sync({
      events: [
        fileEvent(schoolId, "/inbound/kept.csv", second(9), { size: 19 }),
        fileEvent(schoolId, "/inbound/kept.csv", second(8), { state: "removed", size: 0 }),
        fileEvent(schoolId, "/inbound/gone.csv", second(9)),
      ],
    });
    assert.deepEqual((await files()).map(({ path, size }) => [path, size]), [
      ["/inbound/kept.csv", 20],
    ]);
  });

  test("a download is recorded with the file, until the file is written anew", async () => {
    const schoolId = await school();
    const path = "/outbound/verified.csv";
    const read = (at: string) => ({
      ...{ id: crypto.randomUUID(), at, schoolId, type: "download", path },
      ...{ exportId: null, sender },
    });
    await sync({
      events: [fileEvent(schoolId, path, second(1)), read(second(3)), read(second(2))],
    });
    const downloadedAt = async () => (await files())[0]!["downloadedAt"];
    assert.equal(await downloadedAt(), second(3));
    await sync({ events: [fileEvent(schoolId, path, second(4)), read(second(3))] });
    assert.equal(await downloadedAt(), null, "what was read then is not what is there now");
    await sync({ events: [read(second(5))] });
    assert.equal(await downloadedAt(), second(5));
  });

  test("events of a deleted school are taken and ignored", async () => {
    const schoolId = await school();
    await app.admin("DELETE", `/admin/schools/sync-${schools}?confirm=sync-${schools}`);
    const alive = await school();
    await sync({
      events: [
        fileEvent(schoolId, "/inbound/ghost.csv", second(1)),
        { id: crypto.randomUUID(), at: second(1), schoolId, type: "login", sender },
        fileEvent(alive, "/inbound/real.csv", second(1)),
      ],
    });
    const { rows } = await database().client.execute({
      sql:
        "SELECT (SELECT count(*) FROM files WHERE school_id = ?1) + (SELECT count(*) FROM ledger WHERE school_id = ?1)",
      args: [schoolId],
    });
    assert.equal(rows[0]![0], 0);
    assert.deepEqual((await files()).map(({ path }) => path), ["/inbound/real.csv"]);
  });

  test("a command is answered until it is done, at most 100 of them, the oldest first", async () => {
    const schoolId = await school();
    const commands = Array.from({ length: 102 }, (_, index) => ({
      id: crypto.randomUUID(),
      type: "deliver",
      schoolId,
      exportId: crypto.randomUUID(),
      name: `verified-${index}.csv`,
    }));
    await database().client.batch(
      commands.map((command, index) => ({
        sql: "INSERT INTO commands (id, school_id, created_at, command) VALUES (?, ?, ?, ?)",
        args: [command.id, schoolId, second(index), JSON.stringify(command)],
      })).toReversed(),
      "write",
    );
    const names = async (done: unknown[]) =>
      (await sync({ done })).commands.map((command) => command.name);
    const all = commands.map(({ name }) => name);
    assert.deepEqual(await names([]), all.slice(0, 100));
    assert.deepEqual(await names([]), all.slice(0, 100));
    const done = commands.slice(0, 101).map(({ id }) => ({ id, at: second(200) }));
    assert.deepEqual(await names(done), all.slice(101));
    await names([{ id: commands[0]!.id, at: second(300) }]);
    const { rows } = await database().client.execute({
      sql: "SELECT done_at FROM commands WHERE id = ?",
      args: [commands[0]!.id],
    });
    assert.equal(rows[0]![0], second(200), "the first acknowledgement stays");
    assert.deepEqual(await names([{ id: commands[101]!.id, at: second(300) }]), []);
  });

  test("500 events of one sync are a handful of statements", async () => {
    const schoolId = await school();
    const { client } = database();
    let statements = 0;
    const counting = appUnderTest(
      new Proxy(client, {
        get(target, name) {
          if (name !== "batch") return Reflect.get(target, name);
          return (batch: string[], mode: "write" | "read") => {
            statements += batch.length;
            return target.batch(batch, mode);
          };
        },
      }),
    );
    const events = Array.from(
      { length: 500 },
      (_, index) => fileEvent(schoolId, `/inbound/${index}.csv`, second(index)),
    );
    const { status } = await counting.bridge("POST", "/bridge/sync", {
      directoryVersion: null,
      events,
      done: [],
    });
    assert.equal(status, 200);
    assert.ok(statements <= 10, `${statements} statements`);
    const tooMany = await counting.bridge("POST", "/bridge/sync", {
      directoryVersion: null,
      events: [...events, events[0]],
      done: [],
    });
    assert.equal(tooMany.status, 400);
    assert.equal(tooMany.body.errors[0].field, "events");
  });
});
