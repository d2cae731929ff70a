// SPEC section 2: the service deletes nothing from a home unless an administrator explicitly asks for it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { retainInPassing } from "../../../worker/intake/retention.ts";
import { appUnderTest } from "../app-under-test.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";
import { until } from "../../until.ts";

const DAY = 86_400_000;
const code = "20261101T000000000Z";
const sender = { fingerprint: "SHA256:x", address: "127.0.0.1", client: "test" };
const reason = "The registrar's policy of 2026: nothing for longer than a month";

eachDatabase("files that a school keeps for so many days", (database) => {
  async function school(slug: string) {
    const app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug, name: slug });
    const { rows } = await app.context.database.execute({
      sql: "SELECT id FROM schools WHERE slug = ?",
      args: [slug],
    });
    const schoolId = Number(rows[0]![0]);
    const bridge = teller();
    const at = () => new Date(app.clock.now).toISOString();
    const common = () => ({ id: randomUUID(), at: at(), schoolId });
    const tell = async (...events: object[]) => {
      const { status } = await app.bridge("POST", "/bridge/events", {
        events: bridge.tell(...events),
        done: [],
      }, bridge.headers);
      assert.equal(status, 200);
    };
    const file = (path: string, state = "complete") =>
      tell({ ...common(), type: "file", path, state, size: 7, sender: null });
    const download = (path: string) =>
      tell({ ...common(), type: "download", path, exportId: null, sender });
    const known: string[] = [];
    /** What the bridge is asked to remove, each once. */
    const removals = async () => {
      // Listening looks too, and does not wait for it longer than half a second.
      await retainInPassing(app.context);
      return await heard();
    };
    const heard = async () => {
      const asked = { directoryVersion: null, commands: known, room: 100, waitMs: 0 };
      const { body } = await app.bridge("POST", "/bridge/listen", asked, bridge.headers);
      const commands = (body.commands as { id: string; type: string; schoolId: number }[])
        .filter((command) => command.schoolId === schoolId && command.type === "remove");
      known.push(...commands.map(({ id }) => id));
      return commands as unknown as { id: string; path: string; why: string }[];
    };
    const paths = async () => (await removals()).map(({ path }) => path).sort();
    return {
      app,
      slug,
      file,
      download,
      heard,
      removals,
      paths,
      url: `/admin/schools/${slug}/retention`,
    };
  }

  const inbound = (name: string) => `/inbound/${name}`;
  const done = ["original", "completed", "rejected"].map((end) => inbound(`a.csv.${code}.${end}`));
  const others = [
    inbound("a.csv"),
    inbound("notes.txt"),
    inbound(`b.csv.${code}.processing`),
    inbound("mine.original"),
    "/outbound/readme.txt",
  ];
  const [fetched, waiting] = ["01", "02"].map((day) =>
    `/outbound/verified-202611${day}T000000000Z.csv`
  );

  test("SPEC 2: nothing is removed from a home unless an administrator asked for it, in words", async () => {
    const { app, file, paths, url, download } = await school("keeps");
    for (const path of [...done, ...others, fetched!]) await file(path);
    await download(fetched!);
    app.clock.now += 4000 * DAY;
    assert.deepEqual(await paths(), []);
    assert.equal((await app.admin("GET", url)).status, 404);
    for (
      const body of [{ days: 30 }, { days: 30, reason: " " }, { days: 0, reason }, {
        days: 1.5,
        reason,
      }]
    ) {
      assert.equal((await app.admin("PUT", url, body)).status, 400, JSON.stringify(body));
    }
    assert.deepEqual(await paths(), []);
  });

  test("after so many days evidence, reports and downloaded exports are removed, and nothing else", async () => {
    const { app, slug, file, download, removals, paths, url } = await school("forgets");
    for (const path of [...done, ...others, fetched!, waiting!]) await file(path);
    await file(inbound(`p.csv.${code}.original`), "partial");
    app.clock.now += 10 * DAY;
    await download(fetched!);
    const set = await app.admin("PUT", url, { days: 30, reason });
    assert.deepEqual([set.status, set.body.days, set.body.reason], [200, 30, reason]);
    app.clock.now += 20 * DAY - 1000;
    assert.deepEqual(await paths(), []);
    app.clock.now += 3_600_000;
    const asked = await removals();
    assert.deepEqual(asked.map(({ path }) => path).sort(), [...done].sort());
    assert.match(asked[0]!.why, /^kept for 30 days, as admin asked: The registrar's policy/);
    // Ten days after the others it was fetched.
    app.clock.now += 10 * DAY;
    assert.deepEqual(await paths(), [fetched]);
    app.clock.now += DAY;
    assert.deepEqual(await paths(), [], "each is asked for once");

    const { body } = await app.admin("GET", `/admin/audit?school=${slug}`);
    const entries = body.items as { action: string; actor: string; detail: unknown }[];
    const removed = entries.filter(({ action }) => action === "file.removal_asked");
    assert.equal(removed.length, 4);
    assert.deepEqual(removed[0], {
      ...removed[0],
      actor: "retention",
      detail: { path: fetched, size: 7, days: 30 },
    });
    const wanted = entries.find(({ action }) => action === "retention.set")!;
    assert.deepEqual(wanted.detail, { days: 30, reason });
  });

  test("a bridge that listens hears of it", async () => {
    const { app, file, heard, url } = await school("listens");
    await file(done[0]!);
    app.clock.now += 40 * DAY;
    await app.admin("PUT", url, { days: 30, reason });
    let asked: Awaited<ReturnType<typeof heard>> = [];
    await until(async () => (asked = await heard()).length > 0);
    assert.deepEqual(asked.map(({ path }) => path), [done[0]]);
  });

  test("it ends when the administrator takes it back, and many files go a few at a time", async () => {
    const { app, file, paths, url } = await school("many");
    for (let at = 0; at < 25; at++) await file(inbound(`${at}.csv.${code}.original`));
    app.clock.now += 40 * DAY;
    await app.admin("PUT", url, { days: 30, reason });
    assert.equal((await paths()).length, 20);
    app.clock.now += 60_000;
    assert.equal((await paths()).length, 0, "the bridge has as many in hand as it is given");
    await app.admin("DELETE", url);
    app.clock.now += DAY;
    assert.deepEqual(await paths(), []);
    assert.equal((await app.admin("GET", url)).status, 404);
  });
});
