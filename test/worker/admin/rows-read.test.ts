/** What a page or a list costs does not grow with what schools ever sent: it reads what it shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { appUnderTest } from "../app-under-test.ts";
import { hasSqld, startSqld } from "../database/sqld.ts";
import { addresses, answered, cookieOf, fillDesk } from "./full-desk.ts";

const UPLOADS = 10_000;
const STUDENTS = 50_000;
/** The first page: what waits for a person, the newest uploads, its figures as they were counted. */
const OVERVIEW = 300;
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
    await fillDesk(world, database, { schools: 25, uploads: UPLOADS, students: STUDENTS });
    const cookie = await cookieOf(world);
    const readFor = async (address: string) => {
      const before = await sqld.rowsRead();
      const { status } = await answered(world, address, cookie);
      assert.ok([200, 404, 409].includes(status), `${address}: ${status}`);
      return await sqld.rowsRead() - before;
    };

    // Counted once, and not again while the figures are kept.
    const counting = await readFor("/console");
    assert.ok(counting > STUDENTS && counting < STUDENTS + 7 * UPLOADS, `${counting}`);
    world.clock.now += 14 * 60_000;
    for (const address of ["/console", "/admin/overview"]) {
      const read = await readFor(address);
      assert.ok(read < OVERVIEW, `${address}: ${read}`);
    }
    world.clock.now += 60_000;
    assert.ok(await readFor("/console") > STUDENTS);

    const tooMany: string[] = [];
    const asked = addresses(world);
    assert.ok(asked.length > 50);
    for (const address of asked) {
      const read = await readFor(address);
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
  // All problems of one upload.
  [/^\/(admin|console)\/uploads\/upload-000001(\/problems\/codes)?$/, 3 * UPLOADS],
];
