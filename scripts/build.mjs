// Bundles the bridge to one file for the static-IP host: node scripts/build.mjs
import { build } from "esbuild";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const output = "dist/bridge.mjs";
// They load compiled code from beside themselves, so they stay packages.
const native = ["libsql", "ssh2", "cpu-features"];

await build({
  absWorkingDir: root,
  entryPoints: ["bridge/main.ts"],
  outfile: output,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  external: native,
  sourcemap: true,
  logLevel: "warning",
});

const kibibytes = Math.ceil(statSync(new URL(`../${output}`, import.meta.url)).size / 1024);
console.log(`${output}  ${kibibytes} KiB (and ${output}.map for readable stack traces)

On the host, put it beside package.json and package-lock.json, and install what it cannot contain
(${native.join(", ")}: compiled code):

    npm ci --omit=dev
    WORKER_URL=https://… BRIDGE_TOKEN=… node --enable-source-maps bridge.mjs`);
