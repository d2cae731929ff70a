import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readOidc } from "../../../worker/http/oidc-settings.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { Browser, startProvider } from "./identity-provider.ts";

const origin = "http://worker.test";

eachDatabase("signing in with the organisation's provider", (database) => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let app: AppUnderTest;
  /** The worker's clock before the provider's, in milliseconds. */
  let ahead = 0;

  before(async () => {
    const of = (name: string, ...groups: string[]) => ({
      [name]: { email: `${name}@college.edu`, email_verified: name !== "eve", groups },
    });
    provider = await startProvider(`${origin}/sign-in/callback`, {
      ...of("ruth", "reviewers", "others"),
      ...of("liz", "near-staff"),
      ...of("sam", "students"),
      ...of("eve", "reviewers"),
    });
    const environment: Record<string, string> = {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: "rosterbridge",
      OIDC_CLIENT_SECRET: "the-clients-secret",
      OIDC_GROUPS: "reviewers=reviewer,near-staff=admin:near",
    };
    app = appUnderTest(database().client, {
      now: () => Date.now() + ahead,
      oidc: readOidc((name) => environment[name], () => origin),
    });
    for (const slug of ["near", "far"]) {
      await app.admin("POST", "/admin/schools", { slug, name: slug });
    }
  });
  after(() => provider?.stop());

  const browser = () =>
    new Browser({ origin, fetch: async (request) => await app.app.fetch(request) });

  async function me(visitor: Browser) {
    const answer = await visitor.get(`${origin}/admin/me`);
    return { status: answer.status, body: await answer.json() };
  }

  test("groups are mapped to roles, and the audit says who signed in", async () => {
    const visitor = browser();
    const page = await visitor.signIn(`${origin}/sign-in?to=/console/schools`, "ruth");
    assert.equal(page.status, 200);
    // Not a redirect: the strict cookie would not be sent with one that began at the provider.
    assert.match(
      await page.text(),
      /<meta http-equiv="refresh" content="0; url=\/console\/schools">/,
    );
    const { body } = await me(visitor);
    assert.deepEqual([body.name, body.role, body.schools], ["ruth@college.edu", "reviewer", null]);
    const { body: audit } = await app.admin("GET", "/admin/audit?action=session.begun");
    assert.equal(audit.items[0].actor, "ruth@college.edu");
  });

  test("a group of one school sees that school only", async () => {
    const visitor = browser();
    await visitor.signIn(`${origin}/sign-in`, "liz");
    assert.deepEqual((await me(visitor)).body.schools, ["near"]);
    assert.equal((await visitor.get(`${origin}/admin/schools/near`)).status, 200);
    assert.equal((await visitor.get(`${origin}/admin/schools/far`)).status, 404);
  });

  test("who is in none of the groups is told so, and is not signed in", async () => {
    const visitor = browser();
    const page = await visitor.signIn(`${origin}/sign-in`, "sam");
    assert.equal(page.status, 403);
    assert.match(await page.text(), /sam@college\.edu, and none of the groups/);
    assert.equal((await me(visitor)).status, 401);
    const { body: audit } = await app.admin("GET", "/admin/audit?action=session.refused");
    assert.equal(audit.items[0].actor, "sam@college.edu");
  });

  test("an address that the provider has not verified is nobody's name", async () => {
    const visitor = browser();
    await visitor.signIn(`${origin}/sign-in`, "eve");
    assert.equal((await me(visitor)).body.name, "eve of 127.0.0.1");
  });

  test("a session is as old as the password that the provider asked for", async () => {
    const visitor = browser();
    const start = Date.now();
    await visitor.signIn(`${origin}/sign-in`, "ruth");
    ahead = 10 * 60_000;
    // The provider knows its browser, and asks for no password again.
    assert.equal((await visitor.signIn(`${origin}/sign-in`, "ruth")).status, 200);
    const { rows } = await database().client.execute(
      "SELECT signed_in_at FROM sessions ORDER BY seen_at DESC LIMIT 1",
    );
    const signedInAt = Date.parse(String(rows[0]!["signed_in_at"]));
    assert.ok(signedInAt - start < 5 * 60_000, new Date(signedInAt).toISOString());

    ahead = 20 * 60_000;
    const stale = await visitor.signIn(`${origin}/sign-in`, "ruth");
    assert.equal(stale.status, 401);
    assert.match(await stale.text(), /asked for your password longer than 15 minutes ago/);
    ahead = 0;
  });

  test("a provider that does not say when it asked for the password signs nobody in", async () => {
    const visitor = browser();
    const begun = await visitor.get(`${origin}/sign-in`);
    const asked = new URL(begun.headers.get("location")!);
    assert.equal(asked.searchParams.get("max_age"), "900");
    asked.searchParams.delete("max_age");
    const page = await visitor.signIn(asked.href, "ruth");
    assert.equal(page.status, 401);
    assert.match(await page.text(), /does not say when it asked for your password/);
    assert.equal((await me(visitor)).status, 401);
  });

  test("the session's cookie is for no script, no other site, and over TLS for this host alone", async () => {
    const visitor = browser();
    const page = await visitor.signIn(`${origin}/sign-in`, "ruth");
    const line = page.headers.getSetCookie().find((one) => one.startsWith("rosterbridge="))!;
    assert.match(line, /HttpOnly/);
    assert.match(line, /SameSite=Strict/);
    const secure = await app.app.fetch(new Request("https://worker.test/sign-in"));
    assert.match(secure.headers.getSetCookie()[0]!, /^__Host-rosterbridge-sign-in=.*; Secure/);
    const { rows } = await database().client.execute("SELECT * FROM sessions");
    assert.ok(!JSON.stringify(rows).includes(visitor.cookie("rosterbridge")!));
  });

  test("an answer of the provider that this browser did not ask for signs nobody in", async () => {
    const visitor = browser();
    const start = await visitor.get(`${origin}/sign-in`);
    const asked = new URL(start.headers.get("location")!);
    assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
    const state = asked.searchParams.get("state");
    const foreign = await visitor.get(`${origin}/sign-in/callback?code=x&state=another`);
    assert.equal(foreign.status, 401);
    const spent = await visitor.get(`${origin}/sign-in/callback?code=x&state=${state}`);
    assert.equal(spent.status, 401, "each try is one browser's, once");
    assert.match(await spent.text(), /did not begin to sign in/);

    const stranger = browser();
    const begun = await stranger.get(`${origin}/sign-in`);
    const own = new URL(begun.headers.get("location")!).searchParams.get("state");
    const iss = encodeURIComponent(provider.issuer);
    const guessed = await stranger.get(
      `${origin}/sign-in/callback?code=guessed&state=${own}&iss=${iss}`,
    );
    assert.equal(guessed.status, 401);
    assert.match(await guessed.text(), /does not say who you are: invalid_grant/);
    assert.equal((await me(stranger)).status, 401);
  });

  test("nobody is sent to another site by signing in", async () => {
    const visitor = browser();
    const page = await visitor.signIn(`${origin}/sign-in?to=//evil.example/console`, "ruth");
    assert.match(await page.text(), /url=\/console"/);
  });
}, { only: ["file:", "http:"] });

test("a provider that is away is said, and is asked again the next time", async () => {
  const { openDatabase } = await import("../../../worker/database/client.ts");
  const environment: Record<string, string> = {
    OIDC_ISSUER: "http://127.0.0.1:9",
    OIDC_CLIENT_ID: "rosterbridge",
    OIDC_GROUPS: "IT=admin",
  };
  const client = await openDatabase({ url: "file::memory:" });
  const { app } = appUnderTest(client, {
    oidc: readOidc((name) => environment[name], () => origin),
  });
  for (let tries = 0; tries < 2; tries++) {
    const answer = await app.fetch(new Request(`${origin}/sign-in`));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "5");
  }
  client.close();
});
