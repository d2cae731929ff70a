import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  forBuilding,
  isAllowed,
  licences,
  licencesTable,
  permissive,
} from "../../scripts/licences.ts";

const root = new URL("../../", import.meta.url);

test("every package that is built in is under a permissive licence, and every other under an allowed one", () => {
  const wrong = licences().filter(({ licence, isForBuilding }) =>
    !isAllowed(licence, isForBuilding ? forBuilding : permissive)
  );
  assert.deepEqual(wrong, []);
  assert.equal(isAllowed("GPL-3.0-only", forBuilding), false);
  assert.equal(isAllowed("(MIT OR GPL-2.0)", permissive), true);
  assert.equal(isAllowed("MIT AND GPL-2.0", permissive), false);
  assert.equal(isAllowed(undefined, forBuilding), false);
});

test("docs/licences.md lists what is built in: run scripts/licences.ts and npm run format", async () => {
  const rows = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
      line.replace(/ +/g, " ").trim()
    );
  const page = await readFile(new URL("docs/licences.md", root), "utf8");
  assert.deepEqual(rows(page), rows(licencesTable()));
});

test("npm run sbom writes a CycloneDX bill of materials with all that is built in", async () => {
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "sbom"], {
    cwd: fileURLToPath(root),
    maxBuffer: 64 * 1024 * 1024,
  });
  const bill = JSON.parse(stdout);
  assert.equal(bill.bomFormat, "CycloneDX");
  type Component = { name: string; scope: string; hashes: unknown[] };
  const components: Component[] = bill.components;
  // npm leaves out with --omit=dev what a package for tests needs too, such as ssh2.
  for (const { name } of licences().filter(({ isForBuilding }) => !isForBuilding)) {
    const found = components.find((component) => component.name === name);
    assert.ok(found?.hashes.length, name);
  }
});
