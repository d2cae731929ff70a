// SPEC section 1: a revocation is heard in two seconds, whatever else the bridge has to do: it waits for
// nothing that is under way, and never long. The seconds are measured in the bench of revocations.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Command, SchoolId } from "../../../shared/protocol.ts";
import { askFor } from "../../../worker/database/school/commands.ts";
import { rsaLine } from "../../worker/ssh-key/test-keys.ts";
import { type WholeWay, wholeWay } from "./whole-way.ts";
import { until } from "../../until.ts";

const LISTEN_MS = 25_000;
/** Longer than any test: of what is under way nothing ends by itself. */
const FOR_EVER_MS = 3_600_000;

const admits = (way: WholeWay, slug: string, fingerprint: string) =>
  way.directory.admits({ slug, fingerprint, address: "192.0.2.7" }, Date.now());

/** A key of the school that the bridge knows. */
async function keyOf(way: WholeWay, slug: string): Promise<string> {
  const path = `/admin/schools/${slug}/keys`;
  const made = await way.app.admin("POST", path, { publicKey: rsaLine(2048) });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { fingerprint } = made.body;
  await until(() => admits(way, slug, fingerprint));
  return fingerprint;
}

const revoke = async (way: WholeWay, slug: string, fingerprint: string) => {
  const path = `/admin/schools/${slug}/keys/${encodeURIComponent(fingerprint)}`;
  const { status } = await way.app.admin("DELETE", path);
  assert.ok(status < 300);
};

/** So many exports that are to be delivered, as an administrator's would be. */
async function ask(way: WholeWay, schoolId: number, count: number, kind: string): Promise<void> {
  const commands = Array.from({ length: count }, (_, index): Command => ({
    ...{ id: randomUUID(), type: "deliver", schoolId: schoolId as SchoolId, folder: "/outbound" },
    ...{ name: `${kind}-${index}.csv`, href: `/bridge/exports/${kind}-${index}/file` },
    exportId: null,
  }));
  const at = "2026-11-22T10:00:00.000Z";
  await way.app.context.database.batch(commands.map((one) => askFor(one, "default", at)), "write");
}

test("a revocation is heard while twenty slow exports and a hundred failing commands are under way", async (t) => {
  await using way = await wholeWay({
    listenMs: LISTEN_MS,
    silenceMs: FOR_EVER_MS,
    concurrency: 30,
  });
  const waits = t.mock.method(way.app.context.bell, "heard");
  let slow = 0;
  let failed = 0;
  way.between = ({ url }) => {
    if (url.includes("/slow-")) {
      slow++;
      const endless = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("Username\r\n")),
      });
      return new Response(endless, { headers: { "rosterbridge-protocol": "1" } });
    }
    if (!url.includes("/failing-")) return undefined;
    failed++;
    return new Response("", { status: 503 });
  };
  await way.school("oak");
  way.start();
  const fingerprint = await keyOf(way, "oak");
  for (let school = 0; school < 20; school++) {
    await ask(way, await way.school(`slow-${school}`), 1, "slow");
  }
  for (let school = 0; school < 5; school++) {
    await ask(way, await way.school(`failing-${school}`), 20, "failing");
  }
  way.app.context.bell.ring();
  await until(() => slow === 20 && failed >= 100 && way.commands.length === 120);

  // Each comes while the bridge waits for news: the worker looks once a second at least, whoever rings.
  for (let round = 0; round < 4; round++) {
    const revoked = round === 0 ? fingerprint : await keyOf(way, "oak");
    const looks = waits.mock.callCount();
    await until(() => waits.mock.callCount() > looks);
    await revoke(way, "oak", revoked);
    await until(() => !admits(way, "oak", revoked));
  }
  const longest = Math.max(...waits.mock.calls.map(({ arguments: [ms] }) => ms));
  assert.ok(longest <= 1_000, `${longest} ms between two looks`);
  assert.equal(slow, 20, "the slow ones are still under way");
});

test("a revocation is heard with the first call that the worker answers again", async () => {
  await using way = await wholeWay({ listenMs: LISTEN_MS });
  await way.school("oak");
  way.start();
  const fingerprint = await keyOf(way, "oak");
  let inVain = 0;
  way.between = async (request) => {
    // A body that nobody reads would hold its connection.
    await request.arrayBuffer();
    inVain++;
    return new Response("", { status: 503 });
  };
  // The call that waits at the worker would still be answered: it ends with other news.
  await way.school("elm");
  await until(() => inVain > 0);
  await revoke(way, "oak", fingerprint);
  assert.ok(admits(way, "oak", fingerprint), "nobody has told the bridge");
  await until(() => inVain >= 5);
  const wasIn: boolean[] = [];
  way.between = ({ url }) => {
    if (url.endsWith("/bridge/listen")) wasIn.push(admits(way, "oak", fingerprint));
    return undefined;
  };
  await until(() => wasIn.length >= 2);
  assert.deepEqual(wasIn.slice(0, 2), [true, false]);
  await until(() => way.logs.some(({ event }) => event === "returned"));
  assert.equal(way.logs.filter(({ event }) => event === "away").length, 1);
});
