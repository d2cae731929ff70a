import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";
import type { InStatement } from "@libsql/client";
import { BRIDGE_HEADER } from "../../../shared/protocol.ts";
import { entriesAfter } from "../../../worker/database/control/seals.ts";
import { entryHash, sealAudit } from "../../../worker/events/sealing.ts";
import { type AppUnderTest, appUnderTest, bridgeHeaders } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

/** A bridge that tells its events in a chain, as the real one does. */
class Teller {
  #number = 0;
  #previous = "";
  readonly id = crypto.randomUUID();

  constructor(private readonly app: AppUnderTest) {}

  async tell(...events: Record<string, unknown>[]): Promise<void> {
    const told = events.map((event) => {
      const number = ++this.#number;
      const previous = this.#previous;
      const text = JSON.stringify({
        id: crypto.randomUUID(),
        at: "2026-11-22T10:00:00.000Z",
        ...event,
      });
      this.#previous = createHash("sha256").update(`${number}\n${previous}\n${text}`).digest("hex");
      return { number, previous, text };
    });
    const headers = { ...bridgeHeaders, [BRIDGE_HEADER]: this.id };
    const { status } = await this.app.bridge(
      "POST",
      "/bridge/events",
      { events: told, done: [] },
      headers,
    );
    assert.equal(status, 200);
  }
}

const sender = { fingerprint: "SHA256:f", address: "192.0.2.7", client: "WinSCP" };

eachDatabase("the ledger", (database) => {
  let app: AppUnderTest;
  let slug: string;
  let schoolId: number;
  let bridge: Teller;

  beforeEach(async () => {
    const { client } = database();
    await client.batch(["audit", "seals", "ledger", "ledger_gone", "bridges"]
      .map((table) => `DELETE FROM ${table}`));
    await client.execute("DELETE FROM sqlite_sequence WHERE name = 'audit'");
    app = appUnderTest(client);
    bridge = new Teller(app);
    slug = `s${crypto.randomUUID().slice(0, 8)}`;
    await app.admin("POST", "/admin/schools", { slug, name: slug });
    const found = await client.execute({
      sql: "SELECT id FROM schools WHERE slug = ?",
      args: [slug],
    });
    schoolId = Number(found.rows[0]!["id"]);
  });

  const seal = () =>
    sealAudit({ database: database().client, now: () => app.clock.now, log: app.context.log });
  const verify = async () => (await app.admin("GET", "/admin/audit/verify")).body;
  const run = (...statements: InStatement[]) => database().client.batch(statements, "write");
  const login = () => ({ type: "login", schoolId, sender });

  async function rename(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await app.admin("PATCH", `/admin/schools/${slug}`, { name: `Name ${i}` });
    }
  }

  test("what is whole is found whole, and the newest seal is in the log", async () => {
    await rename(3);
    await seal();
    await rename(2);
    await seal();
    await bridge.tell(login(), login());
    const { isWhole, faults, entries, seals, unsealed, events, verifiedUpTo } = await verify();
    assert.deepEqual(faults, []);
    assert.deepEqual({ isWhole, entries, seals, unsealed, events }, {
      ...{ isWhole: true, entries: 6, seals: 2, unsealed: 0, events: 2 },
    });
    const logged = app.logged.filter(({ event }) => event === "audit.sealed").at(-1)!;
    assert.equal(logged["hash"], verifiedUpTo.hash);
    await rename(1);
    assert.equal((await verify()).unsealed, 1);
  });

  test("two workers that seal at once make one seal of each entry", async () => {
    await rename(5);
    await Promise.all([seal(), seal(), seal()]);
    const { isWhole, seals, unsealed } = await verify();
    assert.deepEqual({ isWhole, seals, unsealed }, { isWhole: true, seals: 1, unsealed: 0 });
  });

  const tampered: [string, string, number, string][] = [
    ["changed", "UPDATE audit SET actor = 'somebody else' WHERE id = 3", 3, "changed"],
    [
      "changed in its time",
      "UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE id = 2",
      2,
      "changed",
    ],
    ["removed", "DELETE FROM audit WHERE id = 4", 4, "missing"],
    ["removed from the end", "DELETE FROM audit WHERE id = 5", 5, "missing"],
    ["removed from the beginning", "DELETE FROM audit WHERE id = 1", 1, "missing"],
  ];
  for (const [what, sql, number, kind] of tampered) {
    test(`an entry of the audit that was ${what} is named`, async () => {
      await rename(4);
      await seal();
      await run(sql);
      const { isWhole, faults } = await verify();
      assert.equal(isWhole, false);
      assert.deepEqual(
        faults.map((
          it: { chain: string; number: number; kind: string },
        ) => [it.chain, it.number, it.kind]),
        [["audit", number, kind]],
      );
    });
  }

  test("an entry that was put in the place of another, with a hash of its own, is named", async () => {
    await rename(4);
    await seal();
    await run(
      "DELETE FROM audit WHERE id = 3",
      `INSERT INTO audit (id, at, school_id, actor, action, detail)
       SELECT 3, at, school_id, actor, action, detail FROM audit WHERE id = 2`,
    );
    const { faults } = await verify();
    assert.deepEqual(faults.map((it: { number: number; kind: string }) => [it.number, it.kind]), [[
      3,
      "added",
    ]]);
  });

  test("who writes the audit anew with all hashes and seals is found by the newest seal in the log alone", async () => {
    await rename(4);
    await seal();
    await run("UPDATE audit SET actor = 'somebody else' WHERE id = 2");
    let hash = "";
    for (const entry of await entriesAfter(database().client, 0, 100)) {
      hash = await entryHash(entry, hash);
      await run({ sql: "UPDATE audit SET hash = ? WHERE id = ?", args: [hash, entry.id] });
    }
    await run({ sql: "UPDATE seals SET hash = ?", args: [hash] });
    const { isWhole, verifiedUpTo } = await verify();
    assert.equal(isWhole, true, "if this is found now, docs/security.md may say so");
    const logged = app.logged.findLast(({ event }) => event === "audit.sealed")!;
    assert.notEqual(logged["hash"], verifiedUpTo.hash);
  });

  test("an event of a bridge that was changed, removed or added is named", async () => {
    const faultsAfter = async (...statements: InStatement[]) => {
      await run("DELETE FROM ledger", "DELETE FROM bridges");
      bridge = new Teller(app);
      await bridge.tell(login(), login(), login(), login());
      assert.deepEqual((await verify()).faults, []);
      await run(...statements);
      const { faults } = await verify();
      assert.ok(faults.every(({ chain }: { chain: string }) => chain === bridge.id));
      return faults.map((it: { number: number; kind: string }) => [it.number, it.kind]);
    };
    const changed = "UPDATE ledger SET event = replace(event, 'WinSCP', 'other') WHERE number = 2";
    assert.deepEqual(await faultsAfter(changed), [[2, "changed"]]);
    assert.deepEqual(await faultsAfter("DELETE FROM ledger WHERE number = 3"), [[3, "missing"]]);
    assert.deepEqual(await faultsAfter("DELETE FROM ledger WHERE number = 1"), [[1, "missing"]]);
    assert.deepEqual(await faultsAfter("DELETE FROM ledger WHERE number = 4"), [[4, "missing"]]);
    const doubled =
      `INSERT INTO ledger (bridge_id, number, hash, school_id, at, type, event, previous)
      SELECT bridge_id, 5, hash, school_id, at, type, event, previous FROM ledger WHERE number = 4`;
    const faults = await faultsAfter(doubled);
    assert.ok(faults.some(([number]: [number]) => number === 5), JSON.stringify(faults));
  });

  test("a school that is purged leaves its events' places, and nothing of what happened", async () => {
    const other = `${slug}b`;
    await app.admin("POST", "/admin/schools", { slug: other, name: other });
    await bridge.tell(login(), login());
    // Told of a school that is not there: passed over, and its place kept.
    await bridge.tell({ ...login(), schoolId: 999_999 });
    await app.admin("DELETE", `/admin/schools/${slug}?confirm=${slug}`);
    const { isWhole, events, faults } = await verify();
    assert.deepEqual({ isWhole, events }, { isWhole: true, events: 3 }, JSON.stringify(faults));
    const { rows } = await database().client.execute("SELECT * FROM ledger_gone");
    assert.equal(rows.length, 3);
    assert.ok(!JSON.stringify(rows).includes("192.0.2.7"));
  });

  test("what administrators did and what happened on the bridges is one list: who, what, when", async () => {
    await bridge.tell(
      { type: "login", schoolId, sender, at: "2026-11-22T10:15:29.000Z" },
      ...["complete", "removed"].map((state, i) => ({
        ...{ type: "file", schoolId, sender, path: "/inbound/a.csv", state, size: 3 },
        at: `2026-11-22T10:15:3${i + 1}.000Z`,
      })),
    );
    const { items } = (await app.admin("GET", `/admin/audit?school=${slug}`)).body;
    assert.deepEqual(items.map((it: { action: string }) => it.action), [
      ...["file.removed", "file.complete", "school.created", "login"],
    ]);
    assert.match(
      items[0].actor,
      new RegExp(`^${slug} with SHA256:f \\(192\\.0\\.2\\.7, WinSCP\\)$`),
    );
    assert.equal(items[0].detail.path, "/inbound/a.csv");
  });

  test("the list is filtered by school, kind, who and time, and its pages join without a gap", async () => {
    await rename(2);
    await bridge.tell(login(), login(), login());
    const list = async (query: string) => (await app.admin("GET", `/admin/audit?${query}`)).body;
    assert.equal((await list(`school=${slug}&action=login`)).items.length, 3);
    assert.equal((await list(`school=${slug}&who=192.0.2.7`)).items.length, 3);
    assert.equal((await list(`school=${slug}&who=admin`)).items.length, 3);
    assert.equal((await list(`school=nobody`)).items.length, 0);
    assert.equal((await list("since=2026-11-22T10:10:00Z")).items.length, 3);
    assert.equal((await list("until=2026-11-22T10:10:00Z")).items.length, 3);
    const whole = (await list(`school=${slug}`)).items;
    const paged = [];
    for (let cursor = "";;) {
      const page = await list(`school=${slug}&limit=2${cursor}`);
      paged.push(...page.items);
      if (!page.next) break;
      cursor = `&cursor=${page.next}`;
    }
    assert.deepEqual(paged, whole);
  });

  test("asked for as NDJSON it is streamed whole, a line an entry", async () => {
    await rename(4);
    await bridge.tell(login(), login());
    const answer = await app.app.fetch(
      new Request("http://worker.test/admin/audit", {
        headers: {
          authorization: `Bearer ${app.context.adminToken}`,
          accept: "application/x-ndjson",
        },
      }),
    );
    assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
    const lines = (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, 7);
  });
});
