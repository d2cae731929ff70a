import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { openDatabase } from "../../../worker/database/client.ts";
import { appUnderTest } from "../app-under-test.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Record<string, unknown>>>;
}

let document: Document;
let text: string;
let app: ReturnType<typeof appUnderTest>;
before(async () => {
  app = appUnderTest(await openDatabase({ url: "file::memory:" }));
  const answer = await app.app.request("/openapi.json");
  assert.equal(answer.status, 200);
  text = await answer.text();
  document = JSON.parse(text);
});

test("every route of administrators is described, with its role", () => {
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  const there = app.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/admin/"))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`);
  assert.deepEqual(
    [...new Set(there)].filter((route) => !described.includes(route)),
    [],
    "a route without describes(…)",
  );
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const isAdministrators = path.startsWith("/admin/") || path === "/metrics";
      assert.equal("x-role" in operation, isAdministrators, `${method} ${path}`);
    }
  }
});

test("what an administrator may say in headers is described: Idempotency-Key, and If-Match where 412 is an answer", () => {
  const ref = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  let matches = 0;
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!path.startsWith("/admin/")) continue;
    for (const [method, operation] of Object.entries(operations)) {
      const { parameters = [], responses } = operation as {
        parameters?: { $ref?: string }[];
        responses: Record<string, object>;
      };
      const headers = parameters.filter(({ $ref }) => $ref !== undefined);
      if ("412" in responses) matches++;
      assert.deepEqual(headers, [
        ...(method === "post" ? [ref("IdempotencyKey")] : []),
        ...("412" in responses ? [ref("IfMatch")] : []),
      ], `${method} ${path}`);
    }
  }
  assert.ok(matches > 0);
});

test("the document is valid OpenAPI 3.1 and passes its linter", async () => {
  assert.equal(document.openapi, "3.1.1");
  const config = await createConfig({ extends: ["recommended-strict"] });
  const problems = await lintFromString({ source: text, config });
  assert.deepEqual(
    problems.map(({ ruleId, message, location }) =>
      `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`
    ),
    [],
  );
});

test("the page of it has every route, no script and nothing from elsewhere", async () => {
  const answer = await app.app.request("/docs");
  const page = await answer.text();
  assert.equal(answer.headers.get("content-type"), "text/html; charset=UTF-8");
  for (const path of Object.keys(document.paths)) assert.ok(page.includes(path), path);
  assert.doesNotMatch(page, /<script|<style|https?:\/\/|\sstyle=|\son\w+=/);
  const policy = answer.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:/);
  const style = await app.app.request("/docs/style.css");
  assert.match(style.headers.get("content-type")!, /^text\/css/);
  assert.doesNotMatch(await style.text(), /url\(|@import/);
  const packed = new Blob([page]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = (await new Response(packed).arrayBuffer()).byteLength;
  assert.ok(bytes < 60_000, `${bytes} bytes compressed`);
});
