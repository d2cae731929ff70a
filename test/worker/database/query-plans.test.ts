// No statement that runs again and again reads a table from end to end: what it costs does not grow
// with the other schools, nor with what a school ever did.
import type { Client } from "@libsql/client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { tick } from "../../../worker/export/tick.ts";
import { adminToken, appUnderTest } from "../app-under-test.ts";
import { endPauses } from "../../../worker/intake/pause-ends.ts";
import { goOnWithReverts } from "../../../worker/intake/revert.ts";
import { row, SafeWorld } from "../intake/safe-world.ts";
import { header, upload } from "../roster/world.ts";
import { scans, watched } from "./asked.ts";
import { eachDatabase } from "./each-database.ts";

eachDatabase("query plans", (database) => {
  test("no statement of the administrators' routes, the tick, the end of a pause and a revert reads a whole table", async () => {
    const { client, asked } = watched(database().client);
    const world = appUnderTest(client);
    const { admin } = world;
    const insist = async (method: string, path: string, body?: unknown) => {
      const answer = await admin(method, path, body);
      assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    await insist("POST", "/admin/schools", { slug: "oak", name: "Oak" });
    const school = "/admin/schools/oak";
    await insist("PATCH", school, { name: "Oak College" });
    await insist("PUT", `${school}/placements`, [{ requirementGroup: "Nursing", term: "Fall" }]);
    await client.execute(
      "INSERT INTO students (school_id, username_key, username) SELECT id, 'ana@x.edu', 'ana@x.edu' FROM schools",
    );
    asked.clear();
    await insist("POST", `${school}/verifications`, { usernames: ["ana@x.edu"] });
    const when = { when: "every minute", timezone: "UTC" };
    await insist("PUT", `${school}/schedule`, when);
    const made = await insist("POST", `${school}/exports`);
    await insist("POST", `/admin/exports/${made.id}/deliver`);
    await insist("DELETE", `${school}/verifications/ana@x.edu`);
    world.clock.now += 120_000;
    await tick(world.context);

    const routes = world.app.routes.filter(({ method, path }) =>
      method === "GET" && /^\/(admin\/|metrics$)/.test(path) && !path.endsWith("*")
    );
    assert.ok(routes.length > 15);
    const fill = (path: string) =>
      path.replace(":slug", "oak").replace(/:username(\{[^}]*\})?/, "ana@x.edu")
        .replace(/:\w+(\{[^}]*\})?/g, made.id);
    const headers = { authorization: `Bearer ${adminToken}` };
    for (const { path } of routes) {
      const request = new Request(`http://worker.test${fill(path)}`, { headers });
      await (await world.app.fetch(request)).text();
    }
    for (
      const query of [
        "schools/oak/verifications?state=waiting",
        "audit?school=oak&action=school.created&since=2026-11-01T00:00:00Z",
        "schools/oak/students?q=ana",
      ]
    ) await insist("GET", `/admin/${query}`);
    await insist("DELETE", `${school}/schedule`);
    await endOfAPause(client);
    const { rows: [oak] } = await database().client.execute(
      "SELECT id FROM schools WHERE slug = 'oak'",
    );
    for (const lastName of ["Lee", "Lopez"]) {
      const roster = `${header}bea@x.edu,,${lastName},,,,,,1\r\n`;
      const sent = await upload(client, Number(oak!["id"]), roster);
      await insist("POST", `/admin/uploads/${sent.id}/revert`);
    }
    await goOnWithReverts(world.context);

    const found = await scans(database().client, asked.values());
    const isAllowed = (scan: string) => allowed.some((pattern) => pattern.test(scan));
    assert.ok(asked.size > 40, `${asked.size} statements`);
    assert.deepEqual(found.filter((scan) => !isAllowed(scan)), []);
  });
}, { only: ["file:", "http:"] });

async function endOfAPause(client: Client): Promise<void> {
  const pauses = [{ from: "2026-11-20", to: "2026-11-25", kind: "hold" }];
  const world = await SafeWorld.open(client, { pauses });
  const id = await world.send(row("ana@x.edu"));
  await world.settings({ pauses: [] });
  await endPauses(world.app.context);
  assert.equal((await world.upload(id)).state, "checking");
}

/** Scans that are bounded by something else. */
const allowed = [
  // There are as many as there are bridges.
  /^bridges\b/,
  // What is said of all schools reads all schools.
  /^schools: SELECT id, slug FROM schools WHERE deleted_at IS NULL$/,
  // A check of the whole reads the whole.
  /FROM (audit|seals) WHERE (id|number) > \?|SELECT number, previous, hash/,
  // The newest, by its key.
  /^seals: SELECT \* FROM seals ORDER BY number DESC LIMIT 1$/,
  // What administrators registered: a handful.
  /^webhooks: SELECT w\.id, s\.slug/,
  // A table of one row.
  /^directory\b/,
  // Indexes that hold only what is to be done.
  / INDEX (?:exports_making|schedules_ready|checks_paused|reverts_under_way|exports_waiting)\b/,
  / INDEX (?:commands_pending|watches_silent|webhook_deliveries_due|mails_due)\b/,
];
