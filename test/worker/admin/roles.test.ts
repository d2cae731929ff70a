import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Need, needOf } from "../../../worker/admin/needs.ts";
import { roles } from "../../../worker/database/control/tokens.ts";
import { type AppUnderTest, appUnderTest, bridgeToken } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

interface Route {
  method: string;
  path: string;
  need: Need | undefined;
}

/** All that administrators can call, as the app itself has it. */
function adminRoutes({ app }: AppUnderTest): Route[] {
  const handlers = new Map<string, Parameters<typeof needOf>[0]>();
  for (const { method, path, handler } of app.routes) {
    if (method === "ALL" || !/^\/(admin\/|metrics$)/.test(path)) continue;
    const key = `${method} ${path}`;
    handlers.set(key, [...handlers.get(key) ?? [], handler]);
  }
  return [...handlers].map(([key, list]) => {
    const [method, path] = key.split(" ") as [string, string];
    return { method, path, need: needOf(list) };
  });
}

eachDatabase("who may do what", (database) => {
  let app: AppUnderTest;
  let routes: Route[];
  const tokens = new Map<string, string>();
  const uploads: Record<string, string> = {};
  const exports: Record<string, string> = {};

  before(async () => {
    app = appUnderTest(database().client);
    routes = adminRoutes(app);
    for (const slug of ["near", "far"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
      const made = await app.admin("POST", `/admin/schools/${slug}/exports`);
      assert.equal(made.status, 201);
      exports[slug] = made.body.id;
      uploads[slug] = crypto.randomUUID();
      await database().client.execute({
        sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
                address, client, accepted_at)
              SELECT ?, id, 'roster.csv', '20261122T101530123Z', 'completed', 1, 'a', 'SHA256:f',
                '192.0.2.7', 'WinSCP', '2026-11-22T10:15:30.123Z' FROM schools WHERE slug = ?`,
        args: [uploads[slug]!, slug],
      });
    }
    for (const role of roles) {
      for (const schools of [null, ["near"]]) {
        const name = `${role} ${schools ?? "all"}`;
        const { body } = await app.admin("POST", "/admin/tokens", { name, role, schools });
        tokens.set(name, body.token);
      }
    }
  });

  /** A route's address with something in it that is the school's; nothing is there of the rest. */
  function address(path: string, slug: string): string {
    return path.replace(":slug", slug)
      .replace("/uploads/:id", `/uploads/${uploads[slug] ?? crypto.randomUUID()}`)
      .replace("/exports/:id", `/exports/${exports[slug] ?? crypto.randomUUID()}`)
      .replace(/:\w+(\{[^}]*\})?/g, "none");
  }

  async function call(who: string, { method, path }: Route, slug: string) {
    const response = await app.app.fetch(
      new Request(`http://worker.test${address(path, slug)}`, {
        method,
        headers: { authorization: `Bearer ${tokens.get(who)}` },
        ...(method === "GET" ? {} : { body: "no JSON" }),
      }),
    );
    const text = await response.text();
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    return { status: response.status, code: isProblem ? JSON.parse(text).code : undefined, text };
  }

  test("every route says which role it needs, and a change is nothing for a viewer", () => {
    assert.ok(routes.length > 40);
    for (const { method, path, need } of routes) {
      assert.ok(need, `${method} ${path} has no needs(…)`);
      if (method !== "GET") assert.notEqual(need.role, "viewer", `${method} ${path}`);
      // A route with a school in its address is of that school, or of nobody who is limited to one.
      if (path.includes(":slug")) assert.match(need.of, /^(school|all)$/, `${method} ${path}`);
      if (need.of === "school") assert.match(path, /^\/admin\/schools\/:slug/);
      if (need.of === "upload") assert.match(path, /^\/admin\/uploads\/:id/);
      if (need.of === "export") assert.match(path, /^\/admin\/exports\/:id/);
    }
  });

  test("a reviewer changes verifications and nothing else, and nobody changes the audit", () => {
    const changes = routes.filter(({ method }) => method !== "GET");
    assert.deepEqual(
      changes.filter(({ need }) => need!.role !== "admin")
        .map(({ method, path }) => `${method} ${path.replace(/\{.*\}$/, "")}`).toSorted(),
      [
        "DELETE /admin/schools/:slug/verifications/:username",
        "POST /admin/schools/:slug/verifications",
      ],
    );
    assert.deepEqual(changes.filter(({ path }) => path.includes("/audit")), []);
  });

  test("a bridge's token opens no route of administrators, and an administrator's none of bridges", async () => {
    tokens.set("bridge", bridgeToken);
    for (const route of routes) {
      const { status, code } = await call("bridge", route, "near");
      assert.deepEqual([status, code], [401, "unauthorized"], `${route.method} ${route.path}`);
    }
    const ofBridges = app.app.routes.filter(({ method, path }) =>
      method !== "ALL" && path.startsWith("/bridge/")
    );
    assert.ok(ofBridges.length >= 5, `${ofBridges.length} routes`);
    for (const { method, path } of ofBridges) {
      const { status, code } = await call("admin all", { method, path, need: undefined }, "near");
      assert.deepEqual([status, code], [401, "unauthorized"], `${method} ${path}`);
    }
  });

  for (const role of roles) {
    test(`a ${role} may call what is for a ${role} and less, and nothing else`, async () => {
      for (const route of routes) {
        const title = `${route.method} ${route.path} as ${role}`;
        const { status, code } = await call(`${role} all`, route, "near");
        if (roles.indexOf(role) < roles.indexOf(route.need!.role)) {
          assert.deepEqual([status, code], [403, "role_too_low"], title);
        } else {
          assert.ok(![401, 403, 500].includes(status), `${title}: ${status} ${code}`);
        }
      }
    });

    test(`a ${role} of one school is told of another as of one that is not there`, async () => {
      for (const route of routes) {
        if (roles.indexOf(role) < roles.indexOf(route.need!.role)) continue;
        const title = `${route.method} ${route.path} as ${role}`;
        const theirs = await call(`${role} near`, route, "far");
        switch (route.need!.of) {
          case "all":
            assert.deepEqual([theirs.status, theirs.code], [403, "not_for_all_schools"], title);
            break;
          case "own":
            assert.ok(theirs.status < 500, title);
            assert.ok(!theirs.text.includes('"far"'), `${title}: ${theirs.text}`);
            break;
          default: {
            const nobodys = await call(`${role} near`, route, "nobody");
            const shape = (text: string) =>
              text.replace(/"nobody"|"far"|\\"\w+\\"|[0-9a-f-]{36}/g, "…");
            assert.equal(theirs.status, 404, title);
            assert.equal(shape(theirs.text), shape(nobodys.text), title);
            const own = await call(`${role} near`, route, "near");
            assert.ok(![401, 403, 500].includes(own.status), `${title}: ${own.status}`);
            assert.notEqual(own.code, theirs.code, title);
          }
        }
      }
    });
  }
}, { only: ["file:", "http:"] });
