import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";

test("a commit to an embedded database survives kill -9", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-database-"));
  t.after(() => rm(folder, { recursive: true }));
  const url = `file:${join(folder, "worker.db")}`;
  const client = new URL("../../../worker/database/client.ts", import.meta.url).href;
  const writer = spawn(process.execPath, [
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    `const { openDatabase } = await import(${JSON.stringify(client)});
     const database = await openDatabase({ url: ${JSON.stringify(url)} });
     await database.execute("CREATE TABLE things (id TEXT)");
     await database.batch(["INSERT INTO things VALUES ('kept')"], "write");
     process.kill(process.pid, "SIGKILL");`,
  ], { stdio: ["ignore", "ignore", "inherit"] });
  const [, signal] = await once(writer, "exit");
  assert.equal(signal, "SIGKILL");
  const again = await openDatabase({ url });
  assert.equal((await again.execute("SELECT id FROM things")).rows[0]![0], "kept");
  again.close();
});
