/** The rules of .dependency-cruiser.mjs, each shown to fail on a small tree that breaks it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import config, { bridge, worker } from "../.dependency-cruiser.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** One import that each rule forbids: from a file, what. */
const broken: Record<string, [from: string, specifier: string]> = {
  "no-circle": ["shared/a.ts", "./b.ts"], // b.ts imports it back
  "composed-from-above": ["bridge/vault/a.ts", "../serve.ts"],
  "bytes-and-facts-apart": ["bridge/home/a.ts", "../../worker/roster/a.ts"],
  "shared-alone": ["shared/c.ts", "../bridge/log.ts"],
  "cli-outside": ["cli/a.ts", "../worker/context.ts"],
  "ssh2-in-sftp": ["bridge/door/a.ts", "ssh2"],
  "worker-is-web-standard": ["worker/intake/node.ts", "node:fs"],
  "scripts-without-tests": ["scripts/a.ts", "../test/a.ts"],
  "no-development-package": ["worker/roster/dev.ts", "csv-parse"],
  "resolvable": ["shared/d.ts", "./nowhere.ts"],
  "bridge-room-without-floor": ["bridge/attic/a.ts", "../log.ts"],
  "worker-room-without-floor": ["worker/attic/a.ts", "../context.ts"],
  "bridge-vault": ["bridge/vault/b.ts", "../relay/a.ts"],
  "bridge-schools": ["bridge/schools/a.ts", "../home/a.ts"],
  "bridge-intake": ["bridge/intake/a.ts", "../home/a.ts"],
  "bridge-home": ["bridge/home/b.ts", "../relay/a.ts"],
  "bridge-sftp": ["bridge/sftp/a.ts", "../vault/a.ts"],
  "bridge-door": ["bridge/door/b.ts", "../sftp/a.ts"],
  "bridge-relay": ["bridge/relay/a.ts", "../home/a.ts"],
  "bridge-operations": ["bridge/operations/a.ts", "../sftp/a.ts"],
  "bridge-backup": ["bridge/backup/a.ts", "../relay/a.ts"],
  "worker-roster": ["worker/roster/a.ts", "../database/a.ts"],
  "worker-hl7": ["worker/hl7/a.ts", "../http/a.ts"],
  "worker-ssh-key": ["worker/ssh-key/a.ts", "../admin/a.ts"],
  "worker-database": ["worker/database/a.ts", "../http/a.ts"],
  "worker-http": ["worker/http/a.ts", "../admin/a.ts"],
  "worker-intake": ["worker/intake/a.ts", "../http/a.ts"],
  "worker-export": ["worker/export/a.ts", "../intake/a.ts"],
  "worker-events": ["worker/events/a.ts", "../admin/a.ts"],
  "worker-platform": ["worker/platform/a.ts", "../admin/a.ts"],
  "worker-bridge": ["worker/bridge/a.ts", "../admin/a.ts"],
  "worker-admin": ["worker/admin/a.ts", "../bridge/a.ts"],
  "worker-console": ["worker/console/a.ts", "../intake/a.ts"],
};

test("every rule of the layers fails on an import that breaks it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-layers-"));
  t.after(() => rm(folder, { recursive: true }));
  const files = new Map<string, string>([
    ["package.json", '{ "dependencies": {}, "devDependencies": { "csv-parse": "1.0.0" } }'],
    ["tsconfig.json", '{ "compilerOptions": { "module": "nodenext" } }'],
    ["node_modules/csv-parse/package.json", '{ "name": "csv-parse", "main": "index.js" }'],
    ["node_modules/csv-parse/index.js", ""],
    ["shared/b.ts", 'import type { A } from "./a.ts";\n'],
  ]);
  for (const [from, specifier] of Object.values(broken)) {
    files.set(from, `import type { A } from "${specifier}";\nexport type B = A;\n`);
  }
  for (const [from, specifier] of Object.values(broken)) {
    const to = join(dirname(from), specifier);
    if (specifier.startsWith(".") && specifier !== "./nowhere.ts" && !files.has(to)) {
      files.set(to, "export type A = string;\n");
    }
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  const violations = await cruise(folder);
  for (const [rule, [from]] of Object.entries(broken)) {
    assert.ok(
      violations.some((violation) => violation.rule.name === rule && violation.from === from),
      `${rule} says nothing of ${from}`,
    );
  }
  const rules = config.forbidden.map(({ name }) => name);
  assert.deepEqual(rules.filter((rule) => !broken[rule]), [], "rules that nothing shows to fail");
});

test("no circle of folders: no room stands above itself", () => {
  for (const rooms of [bridge, worker]) {
    const below = (room: string, path: string[] = []): void => {
      assert.ok(!path.includes(room), [...path, room].join(" → "));
      for (const lower of rooms[room]!) below(lower, [...path, room]);
    };
    for (const room of Object.keys(rooms)) below(room);
  }
});

interface Violation {
  from: string;
  rule: { name: string };
}

async function cruise(folder: string): Promise<Violation[]> {
  const program = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const rules = ["--config", join(root, ".dependency-cruiser.mjs"), "--output-type", "json"];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, ...rules, "bridge", "cli", "worker", "shared", "scripts", "test"],
    { cwd: folder, maxBuffer: 16 * 1024 * 1024 },
  ).catch((error: { stdout: string; stderr: string }) => {
    if (!error.stdout) throw new Error(error.stderr);
    return error;
  });
  return JSON.parse(stdout).summary.violations;
}
