import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Calls of the command line's own client, each wrong one of which the compiler must refuse. */
const client = `
import { list, makeApi } from "../../../cli/api.ts";

const api = makeApi({ url: "http://127.0.0.1", token: "" });

export async function names(): Promise<string[]> {
  const schools = await list((query) => api.json("get", "/admin/schools", { params: { query } }));
  return schools.map(({ name }) => name);
}

export async function rejected(id: string): Promise<number> {
  const upload = await api.json("get", "/admin/uploads/{id}", { params: { path: { id } } });
  // @ts-expect-error an upload has no such member
  void upload.rows.forgotten;
  // @ts-expect-error there is no such path
  await api.json("get", "/admin/upload/{id}", { params: { path: { id } } });
  // @ts-expect-error the path has no such way to ask
  await api.json("put", "/admin/uploads/{id}", { params: { path: { id } } });
  // @ts-expect-error the id is missing
  await api.raw("/admin/uploads/{id}/report", {});
  // @ts-expect-error the query has no such member
  await api.json("get", "/admin/uploads", { params: { query: { shcool: "springfield" } } });
  return upload.rows.rejected;
}

export async function decide(slug: string, id: string) {
  const path = { slug };
  const usernames = ["ana@college.edu"];
  await api.json("post", "/admin/schools/{slug}/verifications", { params: { path }, body: { usernames } });
  // @ts-expect-error the body is missing what it must have
  await api.json("post", "/admin/schools/{slug}/verifications", { params: { path }, body: {} });
  // @ts-expect-error the body has no such member
  await api.json("post", "/admin/uploads/{id}/release", { params: { path: { id } }, body: { why: "" } });
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
    await writeFile(join(folder, "client.ts"), client);
    const options = [
      ...["--noEmit", "--strict", "--skipLibCheck", "--target", "es2023", "--module", "nodenext"],
      ...["--verbatimModuleSyntax", "--allowImportingTsExtensions", "--types", "node"],
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
