import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "../database/each-database.ts";
import { header, makeSchool, upload } from "../roster/world.ts";
import { kindsOf } from "./happened.ts";
import { rsaLine } from "../ssh-key/test-keys.ts";
import { tellingWorld } from "./telling-world.ts";

const row = (name: string, studentId = "") => `${name}@college.test,${studentId},,,,,,,1\r\n`;

eachDatabase("what happens is written down in the batch of the change", (database) => {
  test("to an upload: it is processed and completed, once, however it is cut", async () => {
    const { client } = database();
    const school = await makeSchool(client);
    const whole = await upload(client, school, header + row("a") + row("b"));
    assert.deepEqual(await kindsOf(client, whole.id), ["upload.accepted", "upload.completed"]);
    const cut = await upload(client, school, header + row("a") + row("b") + row("c"), {
      sliceRows: 1,
    });
    assert.deepEqual(await kindsOf(client, cut.id), [
      ...["upload.accepted", "upload.processing", "upload.completed"],
    ]);
    const rejected = await upload(client, school, "Username,StudentId\r\n");
    assert.deepEqual(await kindsOf(client, rejected.id), ["upload.accepted", "upload.rejected"]);
  });

  test("to an upload whose StudentIds collide: it is completed when its rows have settled", async () => {
    const { client } = database();
    const school = await makeSchool(client);
    await upload(client, school, header + row("a", "1") + row("b", "2"));
    const rotated = await upload(client, school, header + row("a", "2") + row("b", "1"));
    assert.equal(rotated.state, "completed");
    assert.deepEqual((await kindsOf(client, rotated.id)).at(-1), "upload.completed");
    assert.equal(
      (await kindsOf(client, rotated.id)).filter((kind) => kind === "upload.completed").length,
      1,
    );
  });

  test("to a key: it is added and revoked, once each", async () => {
    const world = tellingWorld(database().client);
    const { slug } = await world.school();
    const path = `/admin/schools/${slug}/keys`;
    const { status, body } = await world.admin("POST", path, { publicKey: rsaLine(2048) });
    assert.equal(status, 201, JSON.stringify(body));
    await world.admin("DELETE", `${path}/${body.fingerprint}`);
    await world.admin("DELETE", `${path}/${body.fingerprint}`);
    assert.deepEqual(await kindsOf(database().client, body.fingerprint), [
      "key.added",
      "key.revoked",
    ]);
  });
}, { only: ["file:", "http:"] });
