import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { type AppUnderTest, appUnderTest } from "../app-under-test.ts";
import { eachDatabase } from "../database/each-database.ts";
import { type Teller, teller } from "./told.ts";

const sender = { fingerprint: "SHA256:abc", address: "192.0.2.7", client: "OpenSSH_9.2" };
const at = "2026-11-22T10:15:00Z";
/** Whole numbers, but none that JavaScript or the database counts with. */
const beyond = [2 ** 53, 2 ** 60, 2 ** 63, 1e300];

eachDatabase("numbers that nothing counts with", (database) => {
  let app: AppUnderTest;
  let by: Teller;
  let schoolId: number;
  before(async () => {
    app = appUnderTest(database().client);
    by = teller();
    await app.admin("POST", "/admin/schools", { slug: "counted", name: "Counted" });
    const { rows } = await database().client.execute("SELECT max(id) FROM schools");
    schoolId = Number(rows[0]![0]);
  });

  const event = (changes: object) => ({
    ...{ id: randomUUID(), at, schoolId, type: "file", path: "/inbound/x", state: "complete" },
    ...{ size: 10, sender, ...changes },
  });

  const tell = (events: object[]) =>
    app.bridge("POST", "/bridge/events", { events, done: [] }, by.headers);

  /** What an administrator reads of what bridges told. */
  async function isReadable(): Promise<void> {
    for (
      const path of [
        "/admin/schools/counted/uploads",
        "/admin/schools/counted/files",
        "/admin/schools/counted/storage-key",
        "/admin/refused-logins",
        "/admin/audit",
      ]
    ) {
      const { status } = await app.admin("GET", path);
      assert.equal(status, 200, path);
    }
  }

  test("an upload of such a size is refused, and the school's other uploads are listed", async () => {
    const announcement = {
      ...{ schoolId, name: "x.csv", timeCode: "20261122T101500000Z", acceptedAt: at, size: 10 },
      ...{ sha256: "0".repeat(64), sender },
    };
    for (const size of beyond) {
      for (const changes of [{ size }, { packed: { as: "gzip", size } }]) {
        const id = randomUUID();
        const answer = await app.bridge("POST", "/bridge/uploads", {
          ...{ ...announcement, id, ...changes },
        });
        assert.deepEqual([answer.status, answer.body.code], [400, "body_invalid"]);
      }
    }
    await isReadable();
  });

  test("an event with such a number is kept as one that cannot be read", async () => {
    const refusal = { reason: "key_unknown", address: "192.0.2.1", client: "c", slug: "counted" };
    for (const number of beyond) {
      const told = by.tell(
        event({ size: number }),
        event({ type: "login", count: number }),
        event({ type: "storage_key", version: number, state: "current", filesLeft: 0 }),
        event({ type: "storage_key", version: 1, state: "rotating", filesLeft: number }),
        event({ type: "refusal", ...refusal, fingerprint: null, count: number, since: at }),
        event({ schoolId: number }),
      );
      const { status, body } = await tell(told);
      assert.deepEqual([status, body], [200, { through: told.at(-1)!.number }]);
    }
    await isReadable();
  });

  test("an event of such a number is refused, and the bridge is heard afterwards", async () => {
    const [next] = by.tell(event({ path: "/inbound/next" }));
    for (const number of beyond) {
      const answer = await tell([{ ...next, number }]);
      assert.deepEqual([answer.status, answer.body.code], [400, "body_invalid"]);
    }
    assert.deepEqual((await tell([next!])).body, { through: next!.number });
    await isReadable();
  });
});
