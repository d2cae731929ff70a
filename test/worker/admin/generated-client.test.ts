import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

const client = `
import createClient from "openapi-fetch";
import type { paths } from "./types.ts";

const client = createClient<paths>({ baseUrl: "http://127.0.0.1" });

export async function names(): Promise<string[]> {
  const query = { limit: 10 };
  const { data } = await client.GET("/admin/schools", { params: { query } });
  return (data?.items ?? []).map(({ name }) => name);
}

export async function rejected(id: string): Promise<number | undefined> {
  const { data, error } = await client.GET("/admin/uploads/{id}", { params: { path: { id } } });
  if (error) throw new Error(error.detail);
  // @ts-expect-error an upload has no such member
  void data?.rows.forgotten;
  return data?.rows.rejected;
}

export async function verify(slug: string, usernames: string[]) {
  const path = { slug };
  await client.POST("/admin/schools/{slug}/verifications", {
    params: { path },
    body: { usernames },
  });
  // @ts-expect-error the body has no such member
  await client.POST("/admin/schools/{slug}/verifications", { params: { path }, body: { names: [] } });
}
`;

test("a client that is generated from the document compiles, knows what is answered, and is the command line's", async () => {
  // Inside, so that packages are found.
  const folder = join(root, "node_modules", ".cache", `client-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const script = ["--import", "tsx", join(root, "scripts/openapi.ts"), "--types"];
    const { stdout } = await run(process.execPath, script, { cwd: root, maxBuffer: 1 << 26 });
    const kept = await readFile(join(root, "cli/generated-api.d.ts"), "utf8");
    assert.ok(
      kept === stdout,
      "the routes changed: npm run --silent openapi -- --types > cli/generated-api.d.ts",
    );
    await writeFile(join(folder, "types.ts"), stdout);
    await writeFile(join(folder, "client.ts"), client);
    const options = [
      ...["--noEmit", "--strict", "--skipLibCheck", "--target", "es2023", "--module", "nodenext"],
      ...["--exactOptionalPropertyTypes", "--allowImportingTsExtensions", "--types", ""],
    ];
    const tsc = join(root, "node_modules/typescript7/bin/tsc");
    const compiled = await run(process.execPath, [
      tsc,
      "--ignoreConfig",
      ...options,
      join(folder, "client.ts"),
    ])
      .catch((error) => error);
    assert.equal(compiled.stdout, "");
    assert.equal(compiled.code, undefined, compiled.stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
