import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../worker/app.ts";
import { BODY_BYTES } from "../../worker/http/body.ts";
import {
  adminToken,
  answerOf,
  appUnderTest,
  bridgeHeaders,
  bridgeToken,
} from "./app-under-test.ts";
import { eachDatabase } from "./database/each-database.ts";
import { freePort } from "../free-port.ts";

eachDatabase("every answer", (database) => {
  const idle = { directoryVersion: null, commands: [], room: 0, waitMs: 0 };

  async function call(token: string | undefined, path: string, init: RequestInit = {}) {
    const { context } = appUnderTest(database().client, {
      bridges: [bridgeToken, "next-bridge-token"].map((token) => ({ name: "default", token })),
    });
    const headers: HeadersInit = token === undefined ? {} : { authorization: token };
    const request = new Request(`http://worker.test${path}`, { headers, ...init });
    return await answerOf(await createApp(context).fetch(request));
  }

  test("the administrators' door opens to their token only", async () => {
    assert.equal((await call(`Bearer ${adminToken}`, "/admin/schools")).status, 200);
    for (
      const token of [undefined, "", "Bearer", "Bearer wrong", `Basic ${adminToken}`, adminToken]
        .concat(
          `Bearer ${bridgeToken}`,
          `Bearer ${adminToken}x`,
          `Bearer ${bridgeToken},next-bridge-token`,
        )
    ) {
      for (const path of ["/admin/schools", "/admin/nothing-here"]) {
        const { status, body, headers } = await call(token, path);
        assert.equal(status, 401, String(token));
        assert.equal(body.code, "unauthorized");
        assert.match(headers.get("www-authenticate") ?? "", /^Bearer realm="ADMIN_TOKEN"/);
        assert.match(body.detail, /ADMIN_TOKEN/);
      }
    }
  });

  test("the bridge's door opens to both of its tokens during rotation, and not to administrators", async () => {
    const init = { method: "POST", body: JSON.stringify(idle) };
    const sync = (token: string) =>
      call(undefined, "/bridge/listen", {
        ...init,
        headers: { ...bridgeHeaders, authorization: `Bearer ${token}` },
      });
    assert.equal((await sync(bridgeToken)).status, 200);
    assert.equal((await sync("next-bridge-token")).status, 200);
    assert.equal((await sync(adminToken)).status, 401);
  });

  test("a refusal is application/problem+json", async () => {
    const { status, headers, body } = await call(`Bearer ${adminToken}`, "/admin/schools/nobody");
    assert.equal(status, 404);
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.deepEqual(body, {
      type: "about:blank",
      title: "Not Found",
      status: 404,
      code: "school_unknown",
      detail: 'There is no school "nobody". GET /admin/schools lists them.',
    });
  });

  test("a route that is not there, and a method that is not possible", async () => {
    assert.equal((await call(`Bearer ${adminToken}`, "/admin/no/such")).body.code, "no_such_route");
    assert.equal((await call(undefined, "/")).body.code, "no_such_route");
    const put = await call(`Bearer ${adminToken}`, "/admin/schools", {
      method: "PUT",
      headers: { authorization: `Bearer ${adminToken}` },
    });
    assert.equal(put.status, 405);
    assert.equal(put.headers.get("allow"), "POST, GET, HEAD");
  });

  test("who comes with a browser to no page in particular is led to the console, a program is told", async () => {
    const open = (path: string, accept?: string) =>
      call(undefined, path, { headers: accept === undefined ? {} : { accept } });
    const browsers = [
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
      "text/html",
    ];
    for (const accept of browsers) {
      const { status, headers } = await open("/", accept);
      assert.deepEqual([status, headers.get("location")], [303, "/console"], accept);
    }
    for (const accept of [undefined, "*/*", "application/json", "application/json, text/html"]) {
      const { status, body } = await open("/", accept);
      assert.deepEqual([status, body.code], [404, "no_such_route"], accept);
    }
    assert.equal((await open("/console/", browsers[0])).headers.get("location"), "/console");
  });

  test("a body that is not JSON, or too large, is refused", async () => {
    const post = (body: string) =>
      call(undefined, "/admin/schools", {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${adminToken}` },
      });
    assert.match((await post("")).body.detail, /empty/);
    assert.match((await post("{slug: x}")).body.detail, /not JSON/);
    const wrong = await post('{"slug":"good","nme":"x"}');
    assert.deepEqual(wrong.body.errors, [
      { field: "name", problem: "is missing" },
      { field: "nme", problem: "is not known here; allowed are slug, name, bridge, settings" },
    ]);
    assert.match((await post("[]")).body.detail, /body|slug/);
    assert.match((await post('{"slug":1,"name":"x"}')).body.detail, /slug is 1; it takes text/);
    const large = await post(" ".repeat(BODY_BYTES + 1));
    assert.equal(large.status, 413);
    assert.match(large.body.detail, new RegExp(String(BODY_BYTES)));
  });

  test("is well while the database is there and its tables are up to date", async () => {
    const { status, body } = await call(undefined, "/healthz");
    assert.equal(status, 200);
    assert.deepEqual(body, { status: "ok" });
  });
}, { only: ["file:", "http:"] });

test("while the database is away every answer is 503 with Retry-After", async () => {
  const { openDatabase } = await import("../../worker/database/client.ts");
  const away = await openDatabase({ url: `http://127.0.0.1:${await freePort()}` });
  const app = appUnderTest(away);
  const answers = [
    await app.admin("GET", "/admin/schools"),
    await app.admin("GET", "/admin/schools/oak/students/someone@oak.example"),
    await app.bridge("POST", "/bridge/events", {
      events: [],
      done: [{ id: crypto.randomUUID(), at: "2026-11-22T10:00:00Z" }],
    }),
    await app.admin("GET", "/healthz"),
  ];
  for (const { status, headers, body } of answers) {
    assert.equal(status, 503);
    assert.equal(body.code, "database_unavailable");
    assert.equal(headers.get("retry-after"), "2");
  }
  assert.deepEqual(app.logged.map(({ event }) => event), Array(4).fill("database.unavailable"));
  assert.equal(app.logged[1]!["route"], "/admin/schools/:slug/students/:username{.+}");
  assert.doesNotMatch(JSON.stringify(app.logged), /someone@oak/);
  away.close();
});

test("a fault of the worker is 500, and its log says what it was", async () => {
  const { openDatabase } = await import("../../worker/database/client.ts");
  const empty = await openDatabase({ url: "file::memory:" });
  const app = appUnderTest(empty);
  const { status, body } = await app.admin("GET", "/admin/schools/oak");
  assert.equal(status, 500);
  assert.equal(body.code, "internal");
  assert.equal(app.logged[0]!.event, "request.failed");
  assert.match(String(app.logged[0]!["reason"]), /no such table/);
  empty.close();
});
