import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../worker/database/client.ts";
import { keepsItsContract } from "./admin/contract.ts";
import { hasSqld, startSqld } from "./database/sqld.ts";
import { EDGE_PERMISSIONS, EMBEDDED_PERMISSIONS, spawnWorker } from "./worker-process.ts";

const token = "admin-token-0001";

/** The worker's process on Deno keeps to the document that it answers itself. */
async function keptOnDeno(url: string, permissions: string[]): Promise<void> {
  const worker = spawnWorker("deno", {
    ...{ PORT: "0", DATABASE_URL: url, ADMIN_TOKEN: token, BRIDGE_TOKEN: "bridge-token-0001" },
  }, permissions);
  try {
    const { address } = await worker.event("listening");
    await worker.event("database.migrated");
    const database = await openDatabase({ url });
    try {
      await keepsItsContract({
        fetch: (path, init) => fetch(`${address}${path}`, init),
        token,
        database,
      });
    } finally {
      database.close();
    }
  } finally {
    worker.process.kill("SIGTERM");
    await worker.ended;
  }
}

test("on Deno with an embedded database every answer keeps to the document", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-contract-"));
  try {
    await keptOnDeno(`file:${join(folder, "worker.db")}`, EMBEDDED_PERMISSIONS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("on Deno with a remote database, and as an edge worker, every answer keeps to the document", {
  skip: hasSqld ? false : "there is no sqld for this platform",
}, async () => {
  const sqld = await startSqld();
  try {
    await keptOnDeno(sqld.url, EDGE_PERMISSIONS);
  } finally {
    await sqld.stop();
  }
});
