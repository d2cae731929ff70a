// One bridge a folder.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lockFolder } from "../../../bridge/vault/folder-lock.ts";

test("two bridges cannot work on one folder, and a killed one leaves it to the next", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-lock-"));
  try {
    const module = new URL("../../../bridge/vault/folder-lock.ts", import.meta.url).href;
    const holder = spawn(process.execPath, [
      "--import",
      "tsx",
      "--input-type=module",
      "--eval",
      `const { lockFolder } = await import(${JSON.stringify(module)});
       globalThis.lock = lockFolder(${JSON.stringify(folder)});
       console.log("here");
       setInterval(() => {}, 1000);`,
    ], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    assert.throws(() => lockFolder(folder), /in use by another bridge/);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    lockFolder(folder).release();
    lockFolder(folder).release();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
