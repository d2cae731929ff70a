// SPEC sections 1 and 8: from where a school may come, who was refused and why, who is shut out.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, beforeEach, test } from "node:test";
import { NO_SCHOOL } from "../../../shared/protocol.ts";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { line, rsaNumbers, rsaWire } from "../ssh-key/test-keys.ts";

const asked = { directoryVersion: null, commands: [], room: 100, waitMs: 0 };
const at = "2026-11-22T10:10:00.000Z";

eachDatabase("the door", (database) => {
  let app: AppUnderTest;
  let fingerprint: string;
  let previous = "";
  let number = 0;
  const school = "/admin/schools/elm";

  before(async () => {
    app = appUnderTest(database().client);
    await app.admin("POST", "/admin/schools", { slug: "elm", name: "Elm" });
    const publicKey = line("ssh-rsa", rsaWire(rsaNumbers(2048)), "laptop");
    const made = await app.admin("POST", `${school}/keys`, {
      publicKey,
      allowedAddresses: ["192.0.2.0/24"],
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(made.body.allowedAddresses, ["192.0.2.0/24"]);
    fingerprint = made.body.fingerprint;
  });
  beforeEach(() => {
    app = appUnderTest(database().client);
  });

  const elm = async (): Promise<Record<string, unknown> & { keys: unknown[] }> => {
    const { body } = await app.bridge("POST", "/bridge/listen", asked);
    return body.directory.schools.find(({ slug }: { slug: string }) => slug === "elm");
  };

  /** As a bridge tells of it, in its chain. */
  function told(event: Record<string, unknown>) {
    const text = JSON.stringify({ id: crypto.randomUUID(), at, ...event });
    const one = { number: ++number, previous, text };
    previous = createHash("sha256").update(`${number}\n${previous}\n${text}`).digest("hex");
    return one;
  }

  test("a school, or one of its keys, is limited to addresses, and its bridge hears of each change", async () => {
    const key = `${school}/keys/${encodeURIComponent(fingerprint)}`;
    const before = await app.bridge("POST", "/bridge/listen", asked);
    assert.deepEqual(
      (await elm()).keys.map((one) =>
        (one as typeof asked & {
          allowedAddresses: string[];
        }).allowedAddresses
      ),
      [["192.0.2.0/24"]],
    );
    assert.equal("allowedAddresses" in await elm(), false);

    const changed = await app.admin("PATCH", key, { allowedAddresses: ["2001:DB8::/32"] });
    assert.deepEqual(changed.body.allowedAddresses, ["2001:db8::/32"]);
    await app.admin("PATCH", school, { settings: { allowedAddresses: ["198.51.100.7"] } });
    const now = await elm();
    assert.deepEqual(now["allowedAddresses"], ["198.51.100.7"]);
    assert.deepEqual(
      now.keys.map((one) =>
        (one as typeof asked & {
          allowedAddresses: string[];
        }).allowedAddresses
      ),
      [["2001:db8::/32"]],
    );
    const after = await app.bridge("POST", "/bridge/listen", asked);
    assert.equal(after.body.directory.version, before.body.directory.version + 2);

    await app.admin("PATCH", key, { allowedAddresses: [] });
    await app.admin("PATCH", school, { settings: { allowedAddresses: null } });
    assert.equal(JSON.stringify(await elm()).includes("allowedAddresses"), false);
  });

  test("a network that is none is refused with a sentence that names the right one", async () => {
    for (
      const [given, sentence] of [["192.0.2.7/24", /192\.0\.2\.0\/24/], ["here", /no network/]]
    ) {
      const settings = { allowedAddresses: [given] };
      const { status, body } = await app.admin("PATCH", school, { settings });
      assert.equal(status, 400);
      assert.match(JSON.stringify(body), sentence as RegExp);
    }
  });

  test("a school's logins and refused ones are listed, with the reason; a stranger's are listed apart", async () => {
    const { rows: [row] } = await database().client.execute(
      "SELECT id FROM schools WHERE slug = 'elm'",
    );
    const schoolId = Number(row!["id"]);
    const sender = { fingerprint, address: "192.0.2.7", client: "OpenSSH" };
    const refusal = { type: "refusal", client: "OpenSSH", since: at };
    const events = [
      told({ type: "login", schoolId, sender }),
      told({
        ...{ ...refusal, schoolId, reason: "key_expired", address: "192.0.2.7", slug: "elm" },
        ...{ fingerprint, count: 3 },
      }),
      told({
        ...{ ...refusal, schoolId: NO_SCHOOL, reason: "school_unknown", address: "192.0.2.9" },
        ...{ slug: "oops", fingerprint: null, count: 40 },
      }),
    ];
    for (let twice = 0; twice < 2; twice++) {
      const { status, body } = await app.bridge("POST", "/bridge/events", { events, done: [] });
      assert.deepEqual([status, body.through], [200, 3]);
    }
    const logins = (await app.admin("GET", `${school}/logins`)).body.items;
    const came = { at, since: at, address: "192.0.2.7", client: "OpenSSH", fingerprint };
    assert.deepEqual(logins, [
      { type: "refused", reason: "key_expired", ...came, count: 3 },
      { type: "login", reason: null, ...came, count: 1 },
    ]);
    const refused = (await app.admin("GET", "/admin/refused-logins")).body.items;
    assert.deepEqual(
      refused.map(({ slug, reason, count }: Record<string, unknown>) => [slug, reason, count]),
      [["oops", "school_unknown", 40], ["elm", "key_expired", 3]],
    );
    const first = (await app.admin("GET", "/admin/refused-logins?limit=1")).body;
    const next = await app.admin("GET", `/admin/refused-logins?limit=1&cursor=${first.next}`);
    assert.equal(next.body.items[0].slug, "elm");
    const one = (await app.admin("GET", "/admin/refused-logins?address=192.0.2.9")).body.items;
    assert.equal(one.length, 1);
  });

  test("bans are listed as the bridge told of them, and one that is lifted is told to it until it is gone", async () => {
    const until = "2026-11-22T11:00:00.000Z";
    const bans = [{ source: "2001:db8:1:2::/64", since: at, until, failures: 60 }];
    const listen = async (given: unknown[]) =>
      (await app.bridge("POST", "/bridge/listen", { ...asked, bans: given })).body.liftBans;
    assert.equal(await listen(bans), undefined);
    const listed = (await app.admin("GET", "/admin/bans")).body.items;
    assert.deepEqual(listed, [{ ...bans[0], bridge: "default" }]);
    const path = `/admin/bans/${encodeURIComponent("2001:db8:1:2::/64")}`;
    assert.equal((await app.admin("DELETE", path)).status, 204);
    assert.deepEqual(await listen(bans), ["2001:db8:1:2::/64"]);
    assert.equal(await listen([]), undefined);
    assert.deepEqual((await app.admin("GET", "/admin/bans")).body.items, []);
    // A later ban of the same address is another one.
    const later = [{ ...bans[0], since: "2026-11-22T10:20:00.000Z" }];
    assert.equal(await listen(later), undefined);
    const gone = await app.admin("DELETE", "/admin/bans/192.0.2.200");
    assert.deepEqual([gone.status, gone.body.code], [404, "ban_unknown"]);
    const audit = (await app.admin("GET", "/admin/audit?action=ban.lifted")).body.items;
    assert.equal(audit[0].detail.source, "2001:db8:1:2::/64");
  });
});
