/**
 * Seconds until a revocation is heard, printed: while 20 exports of 0.3 s are under way again and again,
 * and after an outage of the worker. No figure decides anything here.
 *
 *     node --import tsx test/bench/revocation.ts
 */
import { randomUUID } from "node:crypto";
import type { Command, SchoolId } from "../../shared/protocol.ts";
import { askFor } from "../../worker/database/school/commands.ts";
import { type WholeWay, wholeWay } from "../bridge/relay/whole-way.ts";
import { rsaLine } from "../worker/ssh-key/test-keys.ts";
import { until } from "../until.ts";

const TRIES = 5;
const EXPORT_MS = 300;
const OUTAGE_MS = 20_000;

function admits(way: WholeWay, fingerprint: string): boolean {
  return way.directory.admits({ slug: "oak", fingerprint, address: "192.0.2.7" }, Date.now());
}

/** A key that the bridge knows. */
async function newKey(way: WholeWay): Promise<string> {
  const key = { publicKey: rsaLine(2048) };
  const { body } = await way.app.admin("POST", "/admin/schools/oak/keys", key);
  await until(() => admits(way, body.fingerprint));
  return body.fingerprint;
}

async function revoke(way: WholeWay, fingerprint: string): Promise<void> {
  await way.app.admin("DELETE", `/admin/schools/oak/keys/${encodeURIComponent(fingerprint)}`);
}

async function heard(way: WholeWay, fingerprint: string, since: number): Promise<number> {
  await until(() => !admits(way, fingerprint));
  return (performance.now() - since) / 1000;
}

async function askForExports(way: WholeWay, schoolId: number): Promise<void> {
  const commands = Array.from({ length: 20 }, (): Command => {
    const id = randomUUID();
    const of = { id, schoolId: schoolId as SchoolId, exportId: null };
    const href = `/bridge/exports/slow-${id}/file`;
    return { ...of, type: "deliver", folder: "/outbound", name: `${id}.csv`, href };
  });
  const now = new Date().toISOString();
  await way.app.context.database.batch(commands.map((one) => askFor(one, "default", now)), "write");
}

async function besideExports(): Promise<number[]> {
  await using way = await wholeWay({ listenMs: 25_000, concurrency: 4 });
  way.between = async ({ url }) => {
    if (!url.includes("/slow-")) return undefined;
    await new Promise((resolve) => setTimeout(resolve, EXPORT_MS));
    return new Response("Username\r\n", { headers: { "rosterbridge-protocol": "1" } });
  };
  await way.school("oak");
  const slow = await way.school("slow");
  way.start();
  const seconds: number[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const fingerprint = await newKey(way);
    await askForExports(way, slow);
    way.app.context.bell.ring();
    await until(() => way.commands.length > 0);
    const since = performance.now();
    await revoke(way, fingerprint);
    seconds.push(await heard(way, fingerprint, since));
    await until(() => way.commands.length === 0);
  }
  return seconds;
}

async function afterOutage(): Promise<number[]> {
  await using way = await wholeWay({ listenMs: 25_000 });
  await way.school("oak");
  way.start();
  const fingerprint = await newKey(way);
  let inVain = 0;
  way.between = async (request) => {
    await request.arrayBuffer();
    inVain++;
    return new Response("", { status: 503 });
  };
  // The call that waits at the worker would still be answered: it ends with other news.
  await way.school("elm");
  await until(() => inVain > 0);
  await revoke(way, fingerprint);
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  way.between = () => undefined;
  return [await heard(way, fingerprint, performance.now())];
}

const shown = (seconds: number[]) => seconds.map((one) => `${one.toFixed(2)} s`).join(", ");
console.log(`while 20 exports of ${EXPORT_MS} ms are under way: ${shown(await besideExports())}`);
console.log(`after the worker was away for ${OUTAGE_MS / 1000} s: ${shown(await afterOutage())}`);
