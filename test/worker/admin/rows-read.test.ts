/** What a page or a list costs does not grow with what schools ever sent: it reads what it shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { appUnderTest } from "../app-under-test.ts";
import { hasSqld, startSqld } from "../database/sqld.ts";
import { addresses, answered, cookieOf, fillDesk } from "./full-desk.ts";

const UPLOADS = 10_000;
/** A page of 100, a few rows for each of it, and what leads to them. */
const MOST = 2_000;

test("no page of the console and no list reads more than it shows, whatever lies in the database", {
  skip: hasSqld ? false : "there is no sqld for this platform",
}, async () => {
  const sqld = await startSqld();
  const database = await openDatabase({ url: sqld.url });
  try {
    await migrate(database, "2026-11-22T10:15:30.123Z");
    const world = appUnderTest(database);
    await fillDesk(world, database, { schools: 25, uploads: UPLOADS, students: 50_000 });
    const cookie = await cookieOf(world);
    const tooMany: string[] = [];
    const asked = addresses(world);
    assert.ok(asked.length > 50);
    for (const address of asked) {
      const before = await sqld.rowsRead();
      const { status } = await answered(world, address, cookie);
      assert.ok([200, 404, 409].includes(status), `${address}: ${status}`);
      const read = await sqld.rowsRead() - before;
      const most = readsMore.find(([pattern]) => pattern.test(address))?.[1] ?? MOST;
      if (read > most) tooMany.push(`${address}: ${read}`);
    }
    assert.deepEqual(tooMany, []);
  } finally {
    database.close();
    await sqld.stop();
  }
});

/** What counts something reads what it counts. */
const readsMore: [RegExp, number][] = [
  // The uploads of 30 days, which are all of them here, and the students.
  [/^\/(console|admin\/overview)$/, 120_000],
  // All problems of one upload.
  [/^\/(admin|console)\/uploads\/upload-000001(\/problems\/codes)?$/, 3 * UPLOADS],
];
