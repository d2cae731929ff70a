import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";

eachDatabase("schools", (database) => {
  let app: AppUnderTest;
  beforeEach(() => {
    app = appUnderTest(database().client);
  });

  async function directoryVersion(): Promise<number> {
    const { rows } = await database().client.execute("SELECT version FROM directory");
    return Number(rows[0]![0]);
  }

  async function lastAudit() {
    return (await app.admin("GET", "/admin/audit?limit=1")).body.items[0];
  }

  test("a school has a slug, a display name and settings that each have a default", async () => {
    const before = await directoryVersion();
    const made = await app.admin("POST", "/admin/schools", { slug: "oak", name: " Oak School " });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get("location"), "/admin/schools/oak");
    assert.deepEqual(made.body, {
      slug: "oak",
      name: "Oak School",
      settings: {
        username: "email",
        columns: "position",
        allowedAddresses: [],
        columnNames: {},
        emailDomains: [],
        studentIdPattern: "",
        country: "US",
        onCampusRequired: true,
        rowLimit: 50_000,
        mode: "update",
        dryRun: false,
        holdWhen: {},
        pauses: [],
        timezone: "UTC",
        emptyExports: "header",
        notDownloadedAfterDays: 7,
      },
      createdAt: "2026-11-22T10:15:30.123Z",
      bridge: "default",
    });
    assert.deepEqual((await app.admin("GET", "/admin/schools/oak")).body, made.body);
    assert.ok(await directoryVersion() > before);
    assert.deepEqual(await lastAudit(), {
      id: (await lastAudit()).id,
      source: "worker",
      at: "2026-11-22T10:15:30.123Z",
      actor: "admin",
      action: "school.created",
      school: "oak",
      detail: { slug: "oak", name: "Oak School", settings: {}, bridge: "default" },
    });
  });

  test("a slug that is taken is refused, and the school that has it stays as it is", async () => {
    await app.admin("POST", "/admin/schools", { slug: "elm", name: "Elm" });
    const again = await app.admin("POST", "/admin/schools", { slug: "elm", name: "Other" });
    assert.equal(again.status, 409);
    assert.equal(again.body.code, "slug_taken");
    assert.equal((await app.admin("GET", "/admin/schools/elm")).body.name, "Elm");
  });

  for (const slug of ["", "x", "9lives", "Oak", "a b", "a/b", "a".repeat(33), "straße", 7, null]) {
    test(`${JSON.stringify(slug)} is no slug`, async () => {
      const { status, body } = await app.admin("POST", "/admin/schools", { slug, name: "Name" });
      assert.equal(status, 400);
      assert.equal(body.errors[0].field, "slug");
    });
  }

  test("an unknown setting is refused by name, with those that are allowed", async () => {
    const settings = { rowLimt: 10 };
    const { status, body } = await app.admin("POST", "/admin/schools", {
      slug: "refused",
      name: "Refused",
      settings,
    });
    assert.equal(status, 400);
    assert.equal(body.errors[0].field, "settings.rowLimt");
    assert.match(body.detail, /allowed are username, .*emailDomains, .*rowLimit, emptyExports/);
    assert.equal((await app.admin("GET", "/admin/schools/refused")).status, 404);
  });

  test("changed settings are merged, and null takes one back to its default", async () => {
    await app.admin("POST", "/admin/schools", {
      slug: "ash",
      name: "Ash",
      settings: { username: "any", rowLimit: 7 },
    });
    const changed = await app.admin("PATCH", "/admin/schools/ash", {
      name: "Ash School",
      settings: { emailDomains: ["Ash.example "], rowLimit: null },
    }, { "x-actor": "Ada" });
    assert.equal(changed.status, 200);
    assert.equal(changed.body.name, "Ash School");
    assert.equal(changed.body.settings.username, "any");
    assert.equal(changed.body.settings.rowLimit, 50_000);
    assert.deepEqual(changed.body.settings.emailDomains, ["ash.example"]);
    const { actor, action, school } = await lastAudit();
    assert.deepEqual([actor, action, school], ["admin for Ada", "school.changed", "ash"]);
  });

  test("a setting with a wrong value is refused, and nothing is changed", async () => {
    await app.admin("POST", "/admin/schools", { slug: "fir", name: "Fir" });
    for (
      const [field, settings] of [
        ["settings.rowLimit", { rowLimit: "many" }],
        ["settings.country", { country: "usa" }],
        ["settings.studentIdPattern", { studentIdPattern: "(" }],
        ["settings.emailDomains.1", { emailDomains: ["a.example", ""] }],
      ] as const
    ) {
      const { status, body } = await app.admin("PATCH", "/admin/schools/fir", {
        name: "Changed",
        settings,
      });
      assert.equal(status, 400);
      assert.equal(body.errors[0].field, field);
    }
    assert.equal((await app.admin("GET", "/admin/schools/fir")).body.name, "Fir");
    const slug = await app.admin("PATCH", "/admin/schools/fir", { slug: "pine" });
    assert.match(slug.body.detail, /slug is not known here; allowed are name, bridge, settings/);
  });

  test("a school that is not there is 404, whatever is asked of it", async () => {
    for (
      const [method, path, body] of [
        ["GET", "/admin/schools/nobody"],
        ["PATCH", "/admin/schools/nobody", {}],
        ["DELETE", "/admin/schools/nobody?confirm=nobody"],
        ["GET", "/admin/schools/nobody/keys"],
        ["GET", "/admin/schools/nobody/uploads"],
        ["GET", "/admin/schools/nobody/students"],
        ["GET", "/admin/schools/nobody/files"],
        ["PUT", "/admin/schools/nobody/placements", []],
      ] as const
    ) {
      const answer = await app.admin(method, path, body);
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.equal(answer.body.code, "school_unknown");
    }
  });

  test("schools are listed newest first, in pages", async () => {
    for (const slug of ["page-1", "page-2", "page-3"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
    }
    const first = await app.admin("GET", "/admin/schools?limit=2");
    assert.deepEqual(first.body.items.map((item: { slug: string }) => item.slug), [
      "page-3",
      "page-2",
    ]);
    const second = await app.admin("GET", `/admin/schools?limit=1&cursor=${first.body.next}`);
    assert.deepEqual(second.body.items.map((item: { slug: string }) => item.slug), ["page-1"]);
  });

  test("placements are replaced as a list, and each pair is there once", async () => {
    await app.admin("POST", "/admin/schools", { slug: "placed", name: "Placed" });
    const pair = (requirementGroup: string, term: string) => ({ requirementGroup, term });
    const path = "/admin/schools/placed/placements";
    const old = await app.admin("PUT", path, [pair("Old", "Fall")]);
    assert.equal(old.status, 204);
    await app.admin("PUT", path, [
      pair("Nursing ", "Fall"),
      pair("Art", "Fall"),
      pair("Art", "Fall"),
    ]);
    const { body } = await app.admin("GET", path);
    assert.deepEqual(body, { items: [pair("Art", "Fall"), pair("Nursing", "Fall")] });
    const wrong = await app.admin("PUT", path, [pair("Art", "Fall"), { requirementGroup: "" }]);
    assert.equal(wrong.status, 400);
    assert.deepEqual(
      wrong.body.errors.map(({ field }: { field: string }) => field),
      ["1.requirementGroup", "1.term"],
    );
    assert.equal((await app.admin("GET", path)).body.items.length, 2);
  });
});
