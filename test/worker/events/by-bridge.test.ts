import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { tell } from "../../../worker/database/school/occurrences.ts";
import { teller } from "../bridge/told.ts";
import { eachDatabase } from "../database/each-database.ts";
import { tellingWorld } from "./telling-world.ts";
import { happenedTo } from "./happened.ts";

const sender = { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH_9.2" };
const at = "2026-11-22T10:00:00.000Z";

eachDatabase("what a bridge tells of is written down with it", (database) => {
  function announcement(schoolId: SchoolId, changes: object = {}) {
    return {
      id: randomUUID(),
      schoolId,
      lane: "roster",
      name: "roster.csv",
      timeCode: "20261122T100000000Z",
      acceptedAt: at,
      size: 10,
      sha256: "0".repeat(64),
      sender,
      parked: null,
      ...changes,
    };
  }

  test("an upload is accepted, however often it is announced", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId } = await world.school();
    const upload = announcement(schoolId);
    for (let time = 0; time < 3; time++) {
      const answer = await world.bridge("POST", "/bridge/uploads", upload);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    assert.deepEqual(await happenedTo(database().client, upload.id), [["upload.accepted", {}]]);
  });

  test("an upload is parked, once until it is tried again, and given up", async () => {
    const world = tellingWorld(database().client);
    const { id: schoolId } = await world.school();
    const parked = "its bytes are damaged";
    const upload = announcement(schoolId, { parked });
    for (let time = 0; time < 2; time++) await world.bridge("POST", "/bridge/uploads", upload);
    const path = `/admin/uploads/${upload.id}`;
    world.later(1_000);
    assert.equal((await world.admin("POST", `${path}/retry`)).status, 202);
    world.later(1_000);
    for (let time = 0; time < 2; time++) await world.bridge("POST", "/bridge/uploads", upload);
    const reason = "Ann A. is not at this school any more";
    assert.equal((await world.admin("POST", `${path}/discard`, { reason })).status, 202);
    assert.deepEqual(await happenedTo(database().client, upload.id), [
      ["upload.accepted", {}],
      ["upload.parked", { because: parked }],
      ["upload.retried", {}],
      ["upload.parked", { because: parked }],
      ["upload.discarded", {}],
    ]);
  });

  test("an export is made, delivered and downloaded, once each; late where it was told of", async () => {
    const world = tellingWorld(database().client);
    const { client } = database();
    for (const late of [false, true]) {
      const { id: schoolId, slug } = await world.school();
      await world.admin("PUT", `/admin/schools/${slug}/placements`, []);
      const { body: made } = await world.admin("POST", `/admin/schools/${slug}/exports`);
      const { rows: [command] } = await client.execute({
        sql: "SELECT id FROM commands WHERE school_id = ?",
        args: [schoolId],
      });
      const by = teller();
      const done = [{ id: command!["id"], at, outcome: "done" }];
      const events = by.tell({
        ...{ id: randomUUID(), at, schoolId, type: "download", path: `/outbound/${made.name}` },
        ...{ exportId: made.id, sender },
      });
      const hand = async (body: object) => {
        const answer = await world.bridge("POST", "/bridge/events", body, by.headers);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
      };
      for (let time = 0; time < 2; time++) await hand({ events: [], done });
      if (late) {
        await client.execute(
          tell({ kind: "export.not_downloaded", schoolId, subject: made.id, at }),
        );
      }
      for (let time = 0; time < 2; time++) await hand({ events, done: [] });
      assert.deepEqual(await happenedTo(client, made.id), [
        ["export.made", {}],
        ["export.delivered", {}],
        ...(late ? [["export.not_downloaded", {}] as [string, unknown]] : []),
        ["export.downloaded", late ? { late: true } : {}],
      ]);
    }
  });
}, { only: ["file:", "http:"] });
