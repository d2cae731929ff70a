/** A test that is killed, as one is that takes too long, leaves nothing behind that it started. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { childrenOf, gone } from "../child-processes.ts";
import { hasSqld } from "../worker/database/sqld.ts";
import { root } from "./processes.ts";

const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

test("kill -9 of a test ends the worker, the bridge and the database that it started", async () => {
  const code = `
    const { startService } = await import(${here("./service.ts")});
    const { startSqld } = await import(${here("../worker/database/sqld.ts")});
    const { url } = ${hasSqld} ? await startSqld() : {};
    await startService({ databaseUrl: url });
    console.log("started");`;
  const words = ["--import", "tsx", "--input-type=module", "--eval", code];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  const programs = ["worker/main.ts", "bridge/main.ts", ...(hasSqld ? ["/sqld"] : [])];
  const started = await childrenOf(child.pid!, programs);
  assert.equal(started.length, programs.length);
  child.kill("SIGKILL");
  for (const pid of started) await gone(pid);
});
