import assert from "node:assert/strict";
import { test } from "node:test";
import { hasSqld, startSqld } from "../database/sqld.ts";
import { EDGE_PERMISSIONS, spawnWorker } from "../worker-process.ts";
import { Browser, startProvider } from "./identity-provider.ts";
import { freePort } from "../../free-port.ts";

test("on Deno, as an edge worker, the organisation's provider signs people in to the console", {
  skip: hasSqld ? false : "there is no sqld for this platform",
}, async () => {
  const sqld = await startSqld();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const provider = await startProvider(`${origin}/sign-in/callback`, {
    ruth: { email: "ruth@college.edu", email_verified: true, groups: ["reviewers"] },
    sam: { email: "sam@college.edu", email_verified: true, groups: ["students"] },
  });
  const worker = spawnWorker("deno", {
    PORT: String(port),
    DATABASE_URL: sqld.url,
    ADMIN_TOKEN: "admin-token-0001",
    BRIDGE_TOKEN: "bridge-token-0001",
    PUBLIC_URL: origin,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: "rosterbridge",
    OIDC_CLIENT_SECRET: "the-clients-secret",
    OIDC_GROUPS: "reviewers=reviewer",
  }, EDGE_PERMISSIONS);
  try {
    await worker.event("listening");
    await worker.event("database.migrated");
    const ruth = new Browser({ origin, fetch });
    assert.equal((await ruth.signIn(`${origin}/sign-in`, "ruth")).status, 200);
    const me = await (await ruth.get(`${origin}/admin/me`)).json();
    assert.deepEqual([me.name, me.role], ["ruth@college.edu", "reviewer"]);
    const page = await ruth.get(`${origin}/console`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /Signed in as <strong>ruth@college\.edu/);

    const sam = new Browser({ origin, fetch });
    assert.equal((await sam.signIn(`${origin}/sign-in`, "sam")).status, 403);
    assert.equal((await sam.get(`${origin}/admin/me`)).status, 401);
  } finally {
    worker.process.kill("SIGTERM");
    await worker.ended;
    await Promise.all([provider.stop(), sqld.stop()]);
  }
});
