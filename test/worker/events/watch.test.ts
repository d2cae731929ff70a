import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { eachDatabase } from "../database/each-database.ts";
import { type TellingWorld, tellingWorld } from "./telling-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What happened at a school, in order: the kind, and the subject where it is asked for. */
async function happened({ context }: TellingWorld, schoolId: SchoolId): Promise<string[]> {
  const { rows } = await context.database.execute({
    sql: `SELECT kind, facts FROM occurrences WHERE school_id = ? ORDER BY number`,
    args: [schoolId],
  });
  return rows.map((row) => {
    const { days } = JSON.parse(row["facts"] as string);
    return `${row["kind"]}${days === undefined ? "" : ` ${days}`}`;
  });
}

/** What the last occurrence at a school says of what came. */
async function lastFacts({ context }: TellingWorld, schoolId: SchoolId) {
  const { rows: [row] } = await context.database.execute({
    sql: "SELECT facts FROM occurrences WHERE school_id = ? ORDER BY number DESC LIMIT 1",
    args: [schoolId],
  });
  const { waiting, reported, underWay } = JSON.parse(row!["facts"] as string);
  return { waiting, reported, underWay };
}

async function lookAt(world: TellingWorld, instant: string): Promise<void> {
  const now = Date.parse(instant);
  assert.ok(now >= world.clock.now, "time goes forward");
  world.clock.now = now;
  await world.teller.run();
}

let files = 0;

async function apply(
  world: TellingWorld,
  schoolId: SchoolId,
  state = "completed",
  { because = null, lane = "roster" }: { because?: string | null; lane?: string } = {},
): Promise<void> {
  files += 1;
  const at = new Date(world.clock.now).toISOString();
  await world.context.database.execute({
    sql: `INSERT INTO uploads (id, school_id, name, time_code, state, size, sha256, fingerprint,
            address, client, accepted_at, completed_at, held_because, lane)
          VALUES (?, ?, 'roster.csv', ?, ?, 10, '', '', '', '', ?, ?, ?, ?)`,
    args: [
      ...[`watched-${schoolId}-${files}`, schoolId, String(files), state, at, at],
      ...[because, lane],
    ],
  });
}

const expectEvery = { when: "every day at noon", timezone: "UTC" };

eachDatabase("the watch", (database) => {
  // The rounds are the database's, so each test begins where the one before has ended.
  let last = Date.parse("2026-11-22T10:15:30.123Z");
  function begin(): TellingWorld {
    const world = tellingWorld(database().client);
    // 10:00 of the next day.
    world.clock.now = Math.ceil(last / DAY + 1) * DAY + 10 * HOUR;
    last = world.clock.now + 120 * DAY;
    return world;
  }
  const at = (world: TellingWorld, time: string, days = 0) => {
    const day = new Date(world.clock.now + days * DAY).toISOString().slice(0, 10);
    return `${day}T${time}:00.000Z`;
  };

  test("a school that applied no roster when one was expected is silent, and told once", async () => {
    const world = begin();
    const { id } = await world.school({ expectEvery });
    await world.teller.run();
    await lookAt(world, at(world, "11:59"));
    assert.deepEqual(await happened(world, id), []);
    await lookAt(world, at(world, "12:00"));
    assert.deepEqual(await happened(world, id), ["school.silent"]);
    for (let day = 0; day < 3; day++) await lookAt(world, at(world, "12:01", 1));
    assert.deepEqual(await happened(world, id), ["school.silent"]);
    // And once more when it is well again.
    await apply(world, id);
    await lookAt(world, at(world, "12:02"));
    assert.deepEqual(await happened(world, id), ["school.silent", "school.heard"]);
    await lookAt(world, at(world, "12:01", 1));
    await lookAt(world, at(world, "12:01", 1));
    const later = await happened(world, id);
    assert.deepEqual(later, ["school.silent", "school.heard", "school.silent"]);
  });

  test("a school that sends in time is told nothing of", async () => {
    const world = begin();
    const { id } = await world.school({ expectEvery });
    await world.teller.run();
    for (let day = 0; day < 4; day++) {
      await apply(world, id);
      await lookAt(world, at(world, "12:00"));
      await lookAt(world, at(world, "10:00", 1));
    }
    assert.deepEqual(await happened(world, id), []);
  });

  test("a file that was rejected whole is no roster that was applied; one under way is waited for", async () => {
    const world = begin();
    const [rejected, slow] = [
      await world.school({ expectEvery }),
      await world.school({ expectEvery }),
    ];
    await world.teller.run();
    await apply(world, rejected.id, "rejected");
    await apply(world, slow.id, "processing");
    await lookAt(world, at(world, "12:00"));
    assert.deepEqual(await happened(world, rejected.id), ["school.silent"]);
    assert.deepEqual(await happened(world, slow.id), []);
    await lookAt(world, at(world, "13:01"));
    assert.deepEqual(await happened(world, slow.id), ["school.silent"], "for an hour");
  });

  test("of a school that is silent it is told what came and was not applied, and what waits, and why", async () => {
    const world = begin();
    const nothing = { waiting: undefined, reported: undefined, underWay: undefined };
    const school = () => world.school({ expectEvery });
    const [none, held, parked] = [await school(), await school(), await school()];
    const [rejected, slow] = [await school(), await school()];
    await world.teller.run();
    await apply(world, none.id, "completed", { lane: "grades" });
    await apply(world, held.id, "rejected");
    await apply(world, held.id, "held", { because: "a pause holds it" });
    await apply(world, parked.id, "parked", { because: "its bytes are damaged" });
    await apply(world, rejected.id, "rejected");
    await apply(world, slow.id, "processing");
    await lookAt(world, at(world, "13:01"));
    const name = "roster.csv";
    assert.deepEqual(await lastFacts(world, none.id), nothing);
    assert.deepEqual(await lastFacts(world, held.id), {
      ...nothing,
      waiting: { name, state: "held", because: "a pause holds it" },
      reported: true,
    });
    assert.deepEqual(await lastFacts(world, parked.id), {
      ...nothing,
      waiting: { name, state: "parked", because: "its bytes are damaged" },
    });
    assert.deepEqual(await lastFacts(world, rejected.id), { ...nothing, reported: true });
    assert.deepEqual(await lastFacts(world, slow.id), { ...nothing, underWay: true });
  });

  test("a worker that was away looks when it is back, and tells once", async () => {
    const world = begin();
    const { id } = await world.school({ expectEvery });
    await world.teller.run();
    await lookAt(world, at(world, "15:00", 5));
    await lookAt(world, at(world, "12:00", 1));
    assert.deepEqual(await happened(world, id), ["school.silent"]);
  });

  test("expectEvery is a schedule in words, refused as those of exports are, and may be changed", async () => {
    const world = begin();
    const { id, slug } = await world.school();
    const path = `/admin/schools/${slug}`;
    const wrong = await world.admin("PATCH", path, {
      settings: { expectEvery: { when: "now and then", timezone: "UTC" } },
    });
    assert.deepEqual([wrong.status, wrong.body.code], [400, "schedule_words"]);
    assert.match(wrong.body.detail, /^settings\.expectEvery: "now and then" is not a schedule/);
    const right = await world.admin("PATCH", path, { settings: { expectEvery } });
    assert.deepEqual(right.body.settings.expectEvery, expectEvery);
    await world.teller.run();
    await world.admin("PATCH", path, { settings: { expectEvery: null } });
    await lookAt(world, at(world, "12:00"));
    assert.deepEqual(await happened(world, id), []);
  });

  test("a key about to end is told of at 30, 7 and 1 days, once each", async () => {
    const world = begin();
    const { id } = await world.school();
    const expires = world.clock.now + 40 * DAY;
    await world.context.database.execute({
      sql: `INSERT INTO ssh_keys (school_id, fingerprint, type, bits, public_key, label, created_at,
              expires_at) VALUES (?, ?, 'ssh-rsa', 2048, '', 'office', '', ?)`,
      args: [id, `SHA256:watched-${id}`, new Date(expires).toISOString()],
    });
    const told: Record<string, string[]> = {};
    for (let left = 40; left >= -1; left--) {
      world.clock.now = expires - left * DAY;
      await world.teller.run();
      const so = await happened(world, id);
      if (so.length > Object.keys(told).length) told[left] = so;
    }
    assert.deepEqual(told, {
      1: ["key.expiring 30", "key.expiring 7", "key.expiring 1"],
      7: ["key.expiring 30", "key.expiring 7"],
      30: ["key.expiring 30"],
    });
  });

  test("an export that nobody fetched is told of after the days that are set, once, also when it was removed unread", async () => {
    const world = begin();
    const [seven, two, never, removed] = [
      await world.school(),
      await world.school({ notDownloadedAfterDays: 2 }),
      await world.school({ notDownloadedAfterDays: 0 }),
      await world.school(),
    ];
    const delivered = world.clock.now;
    for (const { id } of [seven, two, never]) {
      await world.context.database.execute({
        sql: `INSERT INTO files (school_id, path, state, size, at)
                VALUES (?, '/outbound/verified.csv', 'complete', 1, '')`,
        args: [id],
      });
    }
    for (const { id } of [seven, two, never, removed]) {
      for (const downloaded of [null, new Date(delivered).toISOString()]) {
        await world.context.database.execute({
          sql: `INSERT INTO exports (school_id, due_at, id, name, students, created_at,
                  delivered_at, downloaded_at, made_at) VALUES (?, ?, ?, 'verified.csv', 3, '', ?, ?, '')`,
          args: [
            id,
            `due-${downloaded}`,
            `watched-${id}-${downloaded}`,
            new Date(delivered).toISOString(),
            downloaded,
          ],
        });
      }
    }
    const told: Record<string, string[][]> = {};
    for (let day = 0; day <= 30; day++) {
      world.clock.now = delivered + day * DAY;
      await world.teller.run();
      for (const [name, { id }] of Object.entries({ seven, two, never, removed })) {
        const so = await happened(world, id);
        if (so.length > (told[name]?.length ?? 0)) {
          told[name] = [...told[name] ?? [], [`day ${day}`, ...so]];
        }
      }
    }
    assert.deepEqual(told, {
      two: [["day 2", "export.not_downloaded 2"]],
      seven: [["day 7", "export.not_downloaded 7"]],
      removed: [["day 7", "export.not_downloaded 7"]],
    });
  });

  test("two workers look once, and what a worker that died did not tell another tells", async () => {
    const world = begin();
    const { id } = await world.school({ expectEvery });
    await world.teller.run();
    world.clock.now = Date.parse(at(world, "12:00"));
    const others = [world.anotherTeller(), world.anotherTeller()];
    await Promise.all([world.teller, ...others].map((teller) => teller.run()));
    assert.deepEqual(await happened(world, id), ["school.silent"]);
  });
}, { only: ["file:", "http:"] });
