/** A school whose uploads are put back, as the tests of undo send them. */
import type { Client } from "@libsql/client";
import assert from "node:assert/strict";
import { appUnderTest } from "../app-under-test.ts";
import { aroundBatches } from "../database/around.ts";
import { header, sendOn, students, upload, type UploadOptions } from "../roster/world.ts";

export const row = (name: string, id = "", first = "", last = "") =>
  `${name}@x.edu,${id},${last},${first},,,,,1\r\n`;
const snapshotTerms = { checkOnly: false, additionsUntil: null, isSnapshot: true };
let schools = 0;

/** A school of its own, what is sent to it and asked about it. */
export async function undoSchool(database: Client) {
  const under = appUnderTest(database);
  const slug = `undo-${++schools}`;
  const made = await under.admin("POST", "/admin/schools", { slug, name: slug });
  assert.equal(made.status, 201);
  const { rows } = await database.execute({
    sql: "SELECT id FROM schools WHERE slug = ?",
    args: [slug],
  });
  const id = Number(rows[0]!["id"]);
  const ok = async (method: string, path: string, body?: unknown) => {
    const answer = await under.admin(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const sent = async (rows: string[], more: UploadOptions = {}) => {
    under.clock.now += 60_000;
    const now = under.clock.now;
    const options = { now, sliceRows: rows.length > 100 ? 1000 : 2, ...more };
    return (await upload(database, id, header + rows.join(""), options)).id;
  };
  return {
    database,
    under,
    id,
    slug,
    ok,
    /** A roster of these rows, a minute after the one before. */
    send: (...rows: string[]) => sent(rows),
    /** One that is parked after its first two rows. */
    sendHalf: (...rows: string[]) =>
      sent(rows, {
        between: async () => {
          await database.execute({
            sql: `UPDATE uploads SET state = 'parked', held_because = 'its bytes are damaged'
              WHERE school_id = ? AND state = 'processing'`,
            args: [id],
          });
        },
      }),
    /** It is tried again, and all is well with these rows. */
    goOn: async (upload: string, ...rows: string[]) => {
      await ok("POST", `/admin/uploads/${upload}/retry`);
      under.clock.now += 60_000;
      const bytes = new TextEncoder().encode(header + rows.join(""));
      await sendOn(database, { id: upload, schoolId: id, bytes }, {
        now: under.clock.now,
        sliceRows: 2,
      });
    },
    /** One that is the whole truth: who is not in it becomes inactive. */
    snapshot: (...rows: string[]) => sent(rows, { terms: snapshotTerms }),
    revert: (upload: string) => ok("POST", `/admin/uploads/${upload}/revert`, { reason: "wrong" }),
    verify: (...names: string[]) =>
      ok("POST", `/admin/schools/${slug}/verifications`, {
        usernames: names.map((name) => `${name}@x.edu`),
        reviewer: "Ruth",
      }),
    export: async () => {
      under.clock.now += 60_000;
      return await ok("POST", `/admin/schools/${slug}/exports`);
    },
    history: async (name: string, query = "") =>
      await ok("GET", `/admin/schools/${slug}/students/${name}@x.edu/history${query}`),
    stored: async () => await students(database, id),
  };
}

/** After so many batches the worker is gone, before the next takes effect or just after it did. */
export function dying(client: Client, batches: number, isAfter: boolean): Client {
  let left = batches;
  return aroundBatches(client, async (make) => {
    if (--left >= 0) return await make();
    if (isAfter) await make();
    throw new Error("gone");
  });
}

/** Who is inactive, by the name before the @. */
export const inactiveOf = (stored: Record<string, unknown>[]) =>
  stored.filter((one) => one["inactive_since"] !== null)
    .map((one) => String(one["username"]).replace("@x.edu", ""));
/** What could not be put back, and why. */
export const why = (answer: { items: { username: string; why: string }[] }) =>
  answer.items.map(({ username, why }) => `${username.replace("@x.edu", "")} ${why}`);
