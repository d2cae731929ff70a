import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { rsaLine } from "../ssh-key/test-keys.ts";

let app: AppUnderTest;
before(async () => {
  const database = await openDatabase({ url: "file::memory:" });
  await migrate(database, "2026-11-22T10:15:30.123Z");
  app = appUnderTest(database);
  await app.admin("POST", "/admin/schools", { slug: "said", name: "Said" });
});

/** Method and path, body, and what the answer says of it. */
const refusals: [string, string, unknown, RegExp][] = [
  ["POST", "schools", 7, /^body is 7; it takes an object\. Nothing was changed\.$/],
  ["POST", "schools", { slug: "a1", name: "" }, /^name is empty; a name takes 1 to 200 characters/],
  ["POST", "schools", { slug: 7, name: "x" }, /^slug is 7; it takes text/],
  [
    "PATCH",
    "schools/said",
    { settings: { rowLimit: 50000.5 } },
    /^settings\.rowLimit is 50000\.5; a row limit is a whole number/,
  ],
  [
    "PATCH",
    "schools/said",
    { settings: { country: "uk" } },
    /"uk"; .* did you mean GB\? Nothing was changed\.$/,
  ],
  ["PATCH", "schools/said", { settings: { emailDomains: ["@x.edu"] } }, /"@x\.edu"; a domain is/],
  [
    "POST",
    "schools/said/verifications",
    { usernames: [] },
    /^usernames is empty; it takes at least one/,
  ],
  ["POST", "schools/said/verifications", { usernames: [7] }, /^usernames\.0 is 7; it takes text/],
  ["PUT", "schools/said/placements", {}, /^body is an object; it takes a list/],
  ["PUT", "schools/said/placements", [{ requirementGroup: "RN" }], /^0\.term is missing/],
  [
    "PUT",
    "schools/said/schedule",
    { when: "daily at 6pm" },
    /^timezone is missing; it takes the full name/,
  ],
  [
    "PUT",
    "schools/said/schedule",
    { when: "hourly", timezone: "EST" },
    /Did you mean America\/New_York\?/,
  ],
  [
    "PUT",
    "schools/said/schedule",
    { when: "hourly", timezone: "New York" },
    /Did you mean America\/New_York\?/,
  ],
  [
    "PUT",
    "schools/said/schedule",
    { when: "hourly", timezone: "Eastern Time" },
    /America\/New_York\?/,
  ],
];
for (const [method, path, body, expected] of refusals) {
  test(`${method} ${path} with ${JSON.stringify(body)} is refused in words`, async () => {
    const answer = await app.admin(method, `/admin/${path}`, body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, expected);
    assert.doesNotMatch(answer.body.detail, /Invalid|allowed: |>=|\/\^/);
  });
}

for (
  const expiresAt of ["2027-02-30T00:00:00Z", "2027-02-29T00:00:00Z", "yesterday", "2027-01-01"]
) {
  test(`a key that expires at ${expiresAt} is not added`, async () => {
    const keys = "/admin/schools/said/keys";
    const { status, body } = await app.admin("POST", keys, { publicKey: rsaLine(2048), expiresAt });
    assert.equal(status, 400);
    assert.match(body.detail, /none of the calendar|it takes a day, a time and its zone/);
    assert.equal(body.errors.length, 1, "one fault is told once");
    assert.deepEqual((await app.admin("GET", keys)).body.items, []);
  });
}

test("a fault's message, which may quote a value, is not in the log", async () => {
  const secret = "ana@college.edu";
  const failing = appUnderTest(app.context.database, {
    now() {
      throw new SyntaxError(`Unexpected token in "${secret}"`);
    },
  });
  const { status } = await failing.admin("PATCH", "/admin/schools/said", { name: "x" });
  assert.equal(status, 500);
  assert.equal(failing.logged[0]!.event, "request.failed");
  assert.equal(failing.logged[0]!["error"], "SyntaxError");
  assert.doesNotMatch(JSON.stringify(failing.logged), new RegExp(secret));
});
