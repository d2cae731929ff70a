// Bundles the bridge to one file for the static-IP host, and the command line to another that runs
// anywhere: node scripts/build.mjs [folder, else dist]
// Beside them go a package.json and a package-lock.json of what the bridge's cannot contain.
import { build } from "esbuild";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, "dist"));
// They load compiled code from beside themselves, so they stay packages.
const native = ["libsql", "ssh2"];
// Only who keeps the master key in an HSM needs it; it is compiled on the host.
const optional = ["pkcs11js"];

const bundles = {
  bridge: "bridge/main.ts",
  "reading-thread": "bridge/vault/blob/reading-thread.ts",
  cli: "cli/main.ts",
};

await build({
  absWorkingDir: root,
  entryPoints: bundles,
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // commander is CommonJS, which asks for Node's own modules with require.
  banner: {
    js: 'import { createRequire as rootRequire } from "node:module";\n' +
      "const require = rootRequire(import.meta.url);",
  },
  external: [...native, ...optional, "cpu-features"],
  sourcemap: true,
  logLevel: "warning",
});

const read = (name) => JSON.parse(readFileSync(join(root, name), "utf8"));
const write = (name, value) =>
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
const project = read("package.json");
const lock = read("package-lock.json");
const pick = (record, names) => Object.fromEntries(names.map((name) => [name, record[name]]));

const manifest = {
  name: "rosterbridge-bridge",
  version: project.version,
  private: true,
  type: "module",
  license: project.license,
  engines: project.engines,
  dependencies: pick(project.dependencies, native),
  optionalDependencies: pick(project.optionalDependencies, optional),
  allowScripts: pick(project.allowScripts, ["ssh2", "cpu-features", ...optional]),
};
write("package.json", manifest);
const { name, version, license, engines, dependencies, optionalDependencies } = manifest;
write("package-lock.json", {
  name,
  version,
  lockfileVersion: lock.lockfileVersion,
  requires: true,
  packages: {
    "": { name, version, license, engines, dependencies, optionalDependencies },
    ...locked([...native, ...optional]),
  },
});

for (const name of Object.keys(bundles)) {
  const output = join(folder, `${name}.mjs`);
  console.log(`${relative("", output)}  ${Math.ceil(statSync(output).size / 1024)} KiB`);
}
console.log(`(each with its .map for readable stack traces)

Copy the folder to the host and install what the bundle cannot contain (${
  native.join(", ")
}: compiled
code), at the versions this tree was tested with:

    npm ci
    WORKER_URL=https://… BRIDGE_TOKEN=… node --enable-source-maps bridge.mjs`);

/** The lock's entries of these packages and of all that they need. */
function locked(names) {
  const found = {};
  const visit = (name, from) => {
    const path = whereFound(name, from);
    if (!path || found[path]) return;
    const { dev: _, devOptional: __, ...entry } = lock.packages[path];
    found[path] = entry;
    const needed = { ...entry.dependencies, ...entry.optionalDependencies };
    for (const other of Object.keys(needed)) visit(other, path);
  };
  for (const name of names) visit(name, "");
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => a < b ? -1 : 1));
}

/** As Node looks: in the package's own node_modules, then upwards. */
function whereFound(name, from) {
  const parts = from.split("node_modules/"); // "", then a package a level
  for (let depth = parts.length; depth > 0; depth--) {
    const path = `${parts.slice(0, depth).join("node_modules/")}`.replace(/([^/])$/, "$1/") +
      `node_modules/${name}`;
    if (lock.packages[path]) return path;
  }
  return undefined;
}
