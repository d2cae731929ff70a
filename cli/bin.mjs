#!/usr/bin/env node
// rosterbridge: from its source in a clone, else the bundle beside it.
import { existsSync } from "node:fs";

const source = new URL("./main.ts", import.meta.url);
if (existsSync(source)) {
  const { register } = await import("tsx/esm/api");
  register();
  await import(source.href);
} else await import(new URL("../dist/cli.mjs", import.meta.url).href);
