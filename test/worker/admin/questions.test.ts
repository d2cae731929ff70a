/** What an administrator is asked on the telephone, and finds out without looking into the database. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";
import { header, upload } from "../roster/world.ts";
import { line, rsaNumbers, rsaWire } from "../ssh-key/test-keys.ts";

const second = (count: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, count)).toISOString();

eachDatabase("an administrator's questions", (database) => {
  let app: AppUnderTest;
  let schoolId: number;
  const bridge = teller();
  const school = "/admin/schools/asked";

  before(async () => {
    app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "asked", name: "Asked" });
    const { rows } = await database().client.execute("SELECT id FROM schools WHERE slug = 'asked'");
    schoolId = Number(rows[0]!["id"]);
    const rows2 = ["ana", "bo", "cy"].map((name, i) => `${name}@x.edu,S${i},L,F,,01/02/2003,,,1`);
    await upload(database().client, schoolId, `${header}${rows2.join("\r\n")}\r\n`);
  });

  async function tell(...events: object[]) {
    const told = bridge.tell(
      ...events.map((event) => ({ id: crypto.randomUUID(), schoolId, ...event })),
    );
    const body = { events: told, done: [] };
    const { status } = await app.bridge("POST", "/bridge/events", body, bridge.headers);
    assert.equal(status, 200);
  }

  /** The bridge has done what it was asked for. */
  async function done(type: string, at: string) {
    const { rows } = await database().client.execute({
      sql: "SELECT id FROM commands WHERE school_id = ? AND type = ? AND done_at IS NULL",
      args: [schoolId, type],
    });
    const body = { events: [], done: rows.map(({ id }) => ({ id, at, outcome: "done" })) };
    const { status } = await app.bridge("POST", "/bridge/events", body, bridge.headers);
    assert.equal(status, 200);
  }

  const get = async (path: string) => {
    const { status, body } = await app.admin("GET", path);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  test("when was this key last used, and from where?", async () => {
    const publicKey = line("ssh-rsa", rsaWire(rsaNumbers(2048)), "laptop");
    const { body: key } = await app.admin("POST", `${school}/keys`, { publicKey });
    assert.deepEqual([key.lastUsedAt, key.lastUsedFrom], [null, null]);
    const login = (at: string, address: string) => {
      const sender = { fingerprint: key.fingerprint, address, client: "WinSCP" };
      return { type: "login", at, sender };
    };
    await tell(login(second(7), "192.0.2.7"), login(second(5), "192.0.2.5"));
    await tell(login(second(6), "192.0.2.6"));
    const [listed] = (await get(`${school}/keys`)).items;
    assert.deepEqual([listed.lastUsedAt, listed.lastUsedFrom], [second(7), "192.0.2.7"]);
  });

  test("who removed this file?", async () => {
    const sender = { fingerprint: "SHA256:f", address: "192.0.2.7", client: "WinSCP" };
    const file = (path: string, at: number, state: string, by: object | null) => ({
      ...{ type: "file", path, at: second(at), state, size: 3, sender: by },
    });
    await tell(file("/inbound/a.txt", 10, "complete", sender));
    await tell(file("/inbound/b.txt", 11, "complete", sender));
    await app.admin("DELETE", `${school}/files?path=/inbound/b.txt`, undefined, {
      "x-actor": "Ruth",
    });
    const asked = Date.parse(second(0)) > app.clock.now ? 1200 : 1000;
    await tell(file("/inbound/a.txt", asked, "removed", sender));
    await tell(file("/inbound/b.txt", asked + 1, "removed", null));
    const first = await get(`${school}/files/removed?limit=1`);
    assert.deepEqual(first.items, [
      {
        path: "/inbound/b.txt",
        size: 3,
        at: second(asked + 1),
        sender: null,
        askedBy: "admin for Ruth",
      },
    ]);
    const next = await get(`${school}/files/removed?cursor=${first.next}`);
    assert.deepEqual(next.items, [
      { path: "/inbound/a.txt", size: 3, at: second(asked), sender, askedBy: null },
    ]);
  });

  test("who is verified, by whom, and who waits?", async () => {
    const usernames = ["ana@x.edu", "bo@x.edu"];
    await app.admin("POST", `${school}/verifications`, { usernames, reviewer: "Ruth" });
    const names = async (query: string) =>
      (await get(`${school}/students?${query}`)).items
        .map(({ username }: { username: string }) => username);
    assert.deepEqual(await names("verified=true"), usernames);
    assert.deepEqual(await names("verified=false"), ["cy@x.edu"]);
    assert.deepEqual(await names("verified=true&q=bo"), ["bo@x.edu"]);
    const { verifiedBy, exportId } = await get(`${school}/students/ana@x.edu`);
    assert.deepEqual([verifiedBy, exportId], ["Ruth", null]);
    assert.equal((await app.admin("GET", `${school}/students?verified=yes`)).status, 400);
  });

  test("was a student whose verification is withdrawn exported already?", async () => {
    const withdraw = async (username: string) => {
      const { status, body } = await app.admin("DELETE", `${school}/verifications/${username}`);
      assert.equal(status, 200);
      return body.export;
    };
    assert.equal(await withdraw("bo@x.edu"), null);
    const { body: made } = await app.admin("POST", `${school}/exports`);
    assert.equal(made.students, 1);
    assert.equal((await get(`${school}/students/ana@x.edu`)).exportId, made.id);
    assert.deepEqual(await withdraw("ana@x.edu"), {
      id: made.id,
      name: made.name,
      downloadedAt: null,
    });
  });

  test("how does the second delivery of an export stand?", async () => {
    const [made] = (await get(`${school}/exports`)).items;
    const path = `/outbound/${made.name}`;
    const exported = () => get(`/admin/exports/${made.id}`);
    const download = (at: number) => ({
      ...{ type: "download", path, exportId: made.id, at: second(at) },
      sender: { fingerprint: "SHA256:f", address: "192.0.2.7", client: "WinSCP" },
    });
    const delivered = (at: number) => ({
      ...{ type: "file", path, state: "complete", size: 3, at: second(at), sender: null },
    });
    await done("deliver", second(2000));
    await tell(delivered(2000), download(2001));
    assert.equal((await exported()).state, "downloaded");
    assert.equal((await exported()).again, undefined);

    app.clock.now = Date.parse(second(2002));
    const again = await app.admin("POST", `/admin/exports/${made.id}/deliver`);
    const { askedAt } = again.body.again;
    assert.deepEqual(again.body.again, { askedAt, deliveredAt: null, downloadedAt: null });
    await tell(delivered(2003));
    await done("deliver", second(2003));
    assert.deepEqual((await exported()).again, {
      ...{ askedAt, deliveredAt: second(2003), downloadedAt: null },
    });
    await tell(download(2005));
    assert.deepEqual((await exported()).again, {
      ...{ askedAt, deliveredAt: second(2003), downloadedAt: second(2005) },
    });
    assert.equal((await exported()).downloadedAt, second(2001), "the receipt is the first one");
  });
});
