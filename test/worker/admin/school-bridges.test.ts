// DESIGN, several bridges: directory, commands, files and events of a bridge are those of its schools.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appUnderTest, bridgeHeaders, bridgeToken } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

const south = "south-token-000001";
const bridges = [{ name: "default", token: bridgeToken }, { name: "south", token: south }];

eachDatabase("a school's bridge", (database) => {
  function world() {
    const app = appUnderTest(database().client, { bridges });
    const as = (name: string) => ({
      ...bridgeHeaders,
      ...(name === "south"
        ? {
          authorization: `Bearer ${south}`,
          "rosterbridge-bridge": "0b1d9e60-0000-4000-8000-000000000002",
        }
        : {}),
    });
    const listen = async (name: string) => {
      const body = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
      const answer = await app.bridge("POST", "/bridge/listen", body, as(name));
      assert.equal(answer.status, 200);
      return {
        schools: answer.body.directory.schools.map(({ slug }: { slug: string }) =>
          slug
        ) as string[],
        commands: answer.body.commands as { id: string; type: string; schoolId: number }[],
      };
    };
    const done = async (name: string, id: string) => {
      const told = { events: [], done: [{ id, at: "2026-11-22T10:15:31.000Z", outcome: "done" }] };
      assert.equal((await app.bridge("POST", "/bridge/events", told, as(name))).status, 200);
    };
    const make = async (slug: string, bridge?: string) => {
      const body = { slug, name: slug, ...(bridge ? { bridge } : {}) };
      const answer = await app.admin("POST", "/admin/schools", body);
      const { rows } = await database().client.execute({
        sql: "SELECT id FROM schools WHERE slug = ?",
        args: [slug],
      });
      return { answer, id: Number(rows[0]?.["id"]) };
    };
    return { app, listen, done, make, as };
  }

  test("is chosen when it is made, and its people are in that bridge's directory only", async () => {
    const { app, listen, make } = world();
    const { answer } = await make("grove", "south");
    assert.deepEqual([answer.status, answer.body.bridge], [201, "south"]);
    assert.equal((await make("plain")).answer.body.bridge, "default");
    const { body } = await app.admin("GET", "/admin/schools");
    const listed = body.items.map(({ slug, bridge }: { slug: string; bridge: string }) => [
      slug,
      bridge,
    ]);
    assert.ok(listed.some(([slug, bridge]: string[]) => slug === "grove" && bridge === "south"));
    assert.ok((await listen("south")).schools.includes("grove"));
    assert.ok(!(await listen("default")).schools.includes("grove"));
    assert.ok(!(await listen("south")).schools.includes("plain"));
  });

  test("that there is not is refused with those there are", async () => {
    const { app, make } = world();
    const { answer } = await make("lost", "west");
    assert.deepEqual([answer.status, answer.body.code], [400, "bridge_not_known"]);
    assert.match(answer.body.detail, /There is no bridge "west"; this worker's are default, south/);
    await make("stays");
    const moved = await app.admin("PATCH", "/admin/schools/stays", { bridge: "west" });
    assert.deepEqual([moved.status, moved.body.code], [400, "bridge_not_known"]);
    assert.equal((await app.admin("GET", "/admin/schools/lost")).status, 404);
  });

  test("must be named where there are several and none is the default", async () => {
    const named = bridges.map(({ token }, index) => ({ name: `b${index}`, token }));
    const several = appUnderTest(database().client, { bridges: named });
    const school = { slug: "which", name: "Which" };
    const refused = await several.admin("POST", "/admin/schools", school);
    assert.match(refused.body.detail, /bridge is missing; this worker's are b0, b1/);
    const one = appUnderTest(database().client, { bridges: named.slice(1) });
    assert.equal((await one.admin("POST", "/admin/schools", school)).body.bridge, "b1");
  });

  test("changes at once for a school without files; what waits to be delivered is asked of the new one", async () => {
    const { app, listen, make } = world();
    const { id } = await make("mover");
    assert.equal((await app.admin("POST", "/admin/schools/mover/exports")).status, 201);
    const moved = await app.admin("PATCH", "/admin/schools/mover", { bridge: "south", name: "M" });
    assert.deepEqual([moved.status, moved.body.bridge, moved.body.name], [200, "south", "M"]);
    const of = (commands: { type: string; schoolId: number }[]) =>
      commands.filter(({ schoolId }) => schoolId === id).map(({ type }) => type);
    assert.deepEqual(of((await listen("south")).commands), ["deliver"]);
    const old = await listen("default");
    assert.deepEqual(of(old.commands), ["purge"], "the bridge before forgets it");
    assert.ok(!old.schools.includes("mover"));
    const audit = await app.admin("GET", "/admin/audit?action=school.moved&school=mover");
    assert.deepEqual(audit.body.items[0].detail, { from: "default", to: "south" });
  });

  test("is not changed while files are not done, and loses files only when that is confirmed", async () => {
    const { app, make } = world();
    const { id } = await make("full");
    const { client } = database();
    await client.batch([
      {
        sql: `INSERT INTO files (school_id, path, state, size, at)
              VALUES (?, '/inbound/roster.csv', 'kept', 1, '2026-11-22T10:00:00.000Z')`,
        args: [id],
      },
      {
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at)
              VALUES (?, ?, 'roster.csv', '20261122T100000000Z', 'held', 1, '', '', '', '', '')`,
        args: [crypto.randomUUID(), id],
      },
    ], "write");
    const path = "/admin/schools/full";
    const early = await app.admin("PATCH", `${path}?confirm=full`, { bridge: "south" });
    assert.deepEqual([early.status, early.body.code], [409, "uploads_unfinished"]);
    await client.execute({
      sql: "UPDATE uploads SET state = 'discarded' WHERE school_id = ?",
      args: [id],
    });
    for (const confirm of ["", "?confirm=yes"]) {
      const refused = await app.admin("PATCH", path + confirm, { bridge: "south" });
      assert.deepEqual([refused.status, refused.body.code], [400, "confirm_missing"]);
      assert.match(refused.body.detail, /has 1 files on default\. They are not moved/);
    }
    assert.equal((await app.admin("GET", `${path}/files`)).body.items.length, 1);
    const moved = await app.admin("PATCH", `${path}?confirm=full`, { bridge: "south" });
    assert.equal(moved.body.bridge, "south");
    assert.deepEqual((await app.admin("GET", `${path}/files`)).body.items, []);
  });

  test("may be the one before again when that has forgotten it; deleting it waits for every bridge", async () => {
    const { app, listen, done, make } = world();
    const { id } = await make("rover");
    const path = "/admin/schools/rover";
    await app.admin("PATCH", path, { bridge: "south" });
    const back = await app.admin("PATCH", path, { bridge: "default" });
    assert.deepEqual([back.status, back.body.code], [409, "bridge_still_forgetting"]);
    const purgeAt = async (name: string) =>
      (await listen(name)).commands.find((one) => one.schoolId === id && one.type === "purge");
    await done("default", (await purgeAt("default"))!.id);
    assert.equal((await app.admin("GET", path)).body.bridge, "south", "it was moved, not deleted");
    assert.equal((await app.admin("PATCH", path, { bridge: "default" })).status, 200);
    await app.admin("DELETE", `${path}?confirm=rover`);
    await done("default", (await purgeAt("default"))!.id);
    assert.equal((await app.admin("GET", path)).status, 200, "south has not forgotten it yet");
    await done("south", (await purgeAt("south"))!.id);
    assert.equal((await app.admin("GET", path)).status, 404);
    const audit = await app.admin("GET", "/admin/audit?school=rover&action=school.deleted");
    assert.deepEqual(
      audit.body.items.map(({ school, detail }: { school: string; detail: { slug: string } }) => [
        ...[school, detail.slug],
      ]),
      [["rover", "rover"]],
      "the audit of a school that is gone says whose it is",
    );
  });
});
