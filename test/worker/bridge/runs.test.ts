// DESIGN, the wire: it can evolve, and a token is one bridge's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { teller } from "./told.ts";

const at = "2026-11-22T10:00:00.000Z";

eachDatabase("runs of bridges", (database) => {
  async function world(slug: string) {
    const { client } = database();
    await client.execute("DELETE FROM bridge_runs");
    const app = appUnderTest(client);
    await app.admin("POST", "/admin/schools", { slug, name: slug });
    const { rows } = await client.execute("SELECT max(id) FROM schools");
    const schoolId = Number(rows[0]![0]);
    const listen = async (by: ReturnType<typeof teller>, run: string, directoryVersion = 0) => {
      const { status, body } = await app.bridge("POST", "/bridge/listen", {
        ...{ directoryVersion, commands: [], room: 10, run, waitMs: 0 },
      }, by.headers);
      return { status, code: body.code, detail: body.detail, commands: body.commands };
    };
    const ask = async (id: string, type: string) =>
      await client.execute({
        sql: `INSERT INTO commands (id, bridge, school_id, created_at, type, command)
              VALUES (?, 'default', ?, ?, ?, ?)`,
        args: [id, schoolId, at, type, JSON.stringify({ id, type, schoolId })],
      });
    const tell = (by: ReturnType<typeof teller>, events: object[], done: object[] = []) =>
      app.bridge("POST", "/bridge/events", { events: by.tell(...events), done }, by.headers);
    return { app, client, schoolId, listen, ask, tell };
  }

  test("what was not understood is asked for once more at each start of a bridge, whatever it speaks", async () => {
    const { listen, ask, tell } = await world("again");
    const by = teller();
    const id = crypto.randomUUID();
    await listen(by, "run-1");
    await ask(id, "dance");
    const isAsked = async (run: string) =>
      (await listen(by, run)).commands.some((command: { id: string }) => command.id === id);
    const notUnderstood = () => tell(by, [], [{ id, at, outcome: "not_understood", why: "what?" }]);
    assert.equal(await isAsked("run-1"), true);
    await notUnderstood();
    assert.equal(await isAsked("run-1"), false);
    assert.equal(await isAsked("run-2"), true, "it may be a newer build");
    await notUnderstood();
    assert.equal(await isAsked("run-2"), false);
    await tell(by, [], [{ id, at, outcome: "done" }]);
    assert.equal(await isAsked("run-3"), false);
  });

  test("a bridge that was started again takes over; of two that both go on the one that came later is refused", async () => {
    const { app, listen } = await world("twice");
    const [first, copy] = [teller(), teller()];
    assert.equal((await listen(first, "a")).status, 200);
    assert.equal((await listen(first, "b")).status, 200, "started again");
    assert.equal((await listen(copy, "c")).status, 200, "nobody can know yet");
    // A call or two may have been late; who calls again and again is at work.
    for (let i = 0; i < 3; i++) {
      assert.equal((await listen(first, "b")).status, 200, "it was here before");
    }
    const refused = await listen(copy, "c");
    assert.deepEqual([refused.status, refused.code], [409, "bridge_twice"]);
    assert.match(refused.detail, /stop that one first/);
    assert.equal((await listen(first, "b")).status, 200);
    assert.ok(app.logged.some(({ event }) => event === "bridge.refused"));
  });

  test("a bridge that comes back to find another one at work for minutes is the one that is refused", async () => {
    const { app, listen } = await world("moved");
    const [old, moved] = [teller(), teller()];
    await listen(old, "a");
    await listen(moved, "b");
    app.clock.now += 180_000;
    assert.equal((await listen(moved, "b")).status, 200);
    for (let i = 0; i < 2; i++) assert.equal((await listen(old, "a")).status, 200, "may be late");
    assert.equal((await listen(old, "a")).code, "bridge_twice");
    assert.equal((await listen(moved, "b")).status, 200);
  });

  test("a call of the run before that the network sent late, or twice, refuses nobody", async () => {
    const { listen } = await world("late");
    const bridge = teller();
    await listen(bridge, "a");
    assert.equal((await listen(bridge, "b")).status, 200, "started again");
    assert.equal((await listen(bridge, "a")).status, 200, "it was on its way");
    for (let i = 0; i < 5; i++) assert.equal((await listen(bridge, "b")).status, 200);
  });

  test("commands that ended 30 days ago are trimmed when others end; a purge that failed stays", async () => {
    const { app, client, ask, tell, schoolId } = await world("trimmed");
    const [old, purge, young] = [0, 1, 2].map(() => crypto.randomUUID()) as [
      string,
      string,
      string,
    ];
    const by = teller();
    await ask(old, "remove");
    await ask(purge, "purge");
    await ask(young, "remove");
    const now = (days: number) => new Date(app.clock.now + days * 86_400_000).toISOString();
    await tell(by, [], [
      { id: old, at: now(-31), outcome: "done" },
      { id: purge, at: now(-31), outcome: "failed" },
    ]);
    await tell(by, [], [{ id: young, at: now(0), outcome: "done" }]);
    const { rows } = await client.execute({
      sql: "SELECT id FROM commands WHERE school_id = ?",
      args: [schoolId],
    });
    assert.deepEqual(rows.map((row) => row["id"]).sort(), [purge, young].sort());
  });

  test("an event that cannot be read costs no other, is kept as it was told, and the chain goes on", async () => {
    const { app, client, schoolId, tell } = await world("unreadable");
    const by = teller();
    const login = { ...{ id: crypto.randomUUID(), at, schoolId, type: "login" }, sender: null };
    const answer = await tell(by, [
      { ...login, type: "weather" },
      { schoolId, at: "yesterday" },
      { nothing: "of a school" },
      { ...login, id: crypto.randomUUID(), type: "weather" },
    ]);
    assert.deepEqual(answer.body, { through: 4 });
    const { rows } = await client.execute({
      sql: "SELECT number, type, event FROM ledger WHERE school_id = ? ORDER BY number",
      args: [schoolId],
    });
    assert.deepEqual(rows.map((row) => [Number(row["number"]), row["type"]]), [
      [1, "weather"],
      [2, "unreadable"],
      [4, "weather"],
    ]);
    assert.equal(rows[1]!["event"], JSON.stringify({ schoolId, at: "yesterday" }));
    const unread = app.logged.filter(({ event }) => event === "event.unreadable");
    assert.deepEqual(unread.map(({ number }) => number), [2, 3]);
    assert.deepEqual((await tell(by, [login])).body, { through: 5 });
    assert.ok(!app.logged.some(({ event }) => event === "ledger.chain_broken"));
  });
});
