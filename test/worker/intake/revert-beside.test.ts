// SPEC section 9, Undo: two reverts, the tick and a roster of one school at once, in whatever order their
// calls reach the database. What becomes of each student is what one order of the whole comes to.
import type { Client } from "@libsql/client";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchoolId } from "../../../shared/protocol.ts";
import { listRemains } from "../../../worker/database/school/revert-remains.ts";
import { beginRevert } from "../../../worker/database/school/reverts.ts";
import { optionalColumns } from "../../../worker/database/school/student-columns.ts";
import { carryOutRevert, goOnWithReverts } from "../../../worker/intake/revert.ts";
import { eachDatabase } from "../database/each-database.ts";
import { header, upload } from "../roster/world.ts";
import { row, undoSchool } from "./undo-school.ts";

/**
 * Lets several go on one at a time: when all that are not done wait for their next call of the database,
 * the next of the picks says whose is made.
 */
async function taking(
  database: Client,
  picks: readonly number[],
  works: readonly ((client: Client) => Promise<void>)[],
): Promise<void> {
  const waiting = new Map<number, () => void>();
  const left = new Set(works.keys());
  let step = 0;
  function next(): void {
    if (waiting.size < left.size || left.size === 0) return;
    const who = [...left][picks[step++ % picks.length]! % left.size]!;
    const call = waiting.get(who)!;
    waiting.delete(who);
    call();
  }
  const clientOf = (who: number) =>
    new Proxy(database, {
      get(target, name) {
        const member = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          await new Promise<void>((call) => {
            waiting.set(who, call);
            next();
          });
          return await member.apply(target, given);
        };
      },
    });
  await Promise.all(works.map(async (work, who) => {
    try {
      await work(clientOf(who));
    } finally {
      left.delete(who);
      next();
    }
  }));
}

interface Row {
  name: string;
  id: string | null;
  first: string | null;
}

/** What an upload left a student as, or what a row says of one. */
type Word = { by: string } & Row;

/** What becomes of a student: as he stands, and the uploads of which it is said that he could not be put back. */
interface Outcome {
  stands: { id: string | null; first: string | null } | null;
  listed: string[];
}

/** Each outcome that an order of a student's rows and of the two reverts comes to. */
function outcomes(words: Word[], rows: Word[], reverts: string[]): Outcome[] {
  if (rows.length === 0 && reverts.length === 0) {
    const last = words.at(-1);
    return [{ stands: last ? { id: last.id, first: last.first } : null, listed: [] }];
  }
  const found: Outcome[] = [];
  if (rows.length > 0) found.push(...outcomes(after(words, rows[0]!), rows.slice(1), reverts));
  if (rows.length > 1) {
    // Two rows of one slice are one.
    const [{ id, first }, second, ...more] = rows as [Word, Word, ...Word[]];
    const both = { ...second, id: second.id ?? id, first: second.first ?? first };
    found.push(...outcomes(words, [both, ...more], reverts));
  }
  for (const upload of reverts) {
    const others = reverts.filter((other) => other !== upload);
    if (words.at(-1)?.by === upload) {
      found.push(...outcomes(words.slice(0, -1), rows, others));
    } else {
      const isSince = words.some(({ by }) => by === upload);
      found.push(
        ...outcomes(words, rows, others).map(({ stands, listed }) => ({
          stands,
          listed: isSince ? [...listed, upload].toSorted() : listed,
        })),
      );
    }
  }
  return found;
}

/** What stands of a student after a row, the last word last. */
function after(words: Word[], row: Word): Word[] {
  const last = words.at(-1);
  if (!last) return [row];
  const next = { ...row, id: row.id ?? last.id, first: row.first ?? last.first };
  if (next.id === last.id && next.first === last.first) return words;
  return last.by === row.by ? [...words.slice(0, -1), next] : [...words, next];
}

eachDatabase("reverts beside a roster", (opened) => {
  const names = ["a", "b", "c", "d"];
  const rowOf = fc.record({
    name: fc.constantFrom(...names),
    id: fc.option(fc.constantFrom("1", "2", "3"), { nil: null }),
    first: fc.option(fc.constantFrom("X", "Y"), { nil: null }),
  });
  const once = fc.uniqueArray(rowOf, { selector: ({ name }) => name, maxLength: 4 });
  const texts = (rows: readonly Row[]) =>
    rows.map(({ name, id, first }) => row(name, id === null ? "" : name + id, first ?? ""));

  /** What the history says of each change is what stood before it and after it. */
  async function checkHistory({ database, id }: { database: Client; id: number }) {
    const columns = (prefix: string) => optionalColumns.map((column) => prefix + column).join();
    const { rows } = await database.execute({
      sql: `SELECT username_key, json_array(${columns("")}) AS before,
          json_array(${columns("new_")}) AS after
        FROM student_changes WHERE school_id = ?1
        UNION ALL SELECT * FROM (SELECT username_key, json_array(${columns("")}), NULL FROM students
          WHERE school_id = ?1 ORDER BY username_key)`,
      args: [id],
    });
    const last = new Map<unknown, unknown>();
    for (const { username_key: key, before, after } of rows) {
      if (last.has(key)) assert.equal(before, last.get(key), String(key));
      last.set(key, after);
    }
  }

  test("nobody is neither put back nor listed, and what a row says holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(once, once, once, fc.array(rowOf, { maxLength: 6 })),
        fc.array(fc.nat(5), { minLength: 20, maxLength: 60 }),
        async ([first, second, third, beside], picks) => {
          const world = await undoSchool(opened().client);
          const { database, id: school, under } = world;
          const words = new Map<string, Word[]>(names.map((name) => [name, []]));
          const sent: string[] = [];
          for (const rows of [first, second, third]) {
            const id = await world.send(...texts(rows));
            sent.push(id);
            for (const row of rows) {
              words.set(row.name, after(words.get(row.name)!, { ...row, by: id }));
            }
          }
          const [, ...wrong] = sent;
          const by = { actor: "admin", at: new Date(under.clock.now).toISOString() };
          const revert = (id: string) => async (client: Client) => {
            await client.execute(beginRevert({ id, schoolId: school as SchoolId }, null, by));
            await carryOutRevert(client, id, by.at, 2);
          };
          const roster = async (client: Client) => {
            const options = { now: under.clock.now, sliceRows: 2 };
            const text = header + texts(beside).join("");
            const { state, counts } = await upload(client, school, text, options);
            assert.deepEqual([state, counts["rejected"]], ["completed", 0]);
          };
          const tick = async (client: Client) => {
            for (let time = 0; time < 3; time++) {
              await goOnWithReverts({ ...under.context, database: client }, 2);
            }
          };
          await taking(database, picks, [roster, ...wrong.map(revert), tick]);
          assert.deepEqual(under.logged, []);

          const listed = new Map<string, string[]>();
          for (const id of wrong) {
            const page = { limit: 100, after: undefined };
            for (const { key, why } of await listRemains(database, id, page)) {
              assert.equal(why, "changed_since");
              listed.set(key, [...listed.get(key) ?? [], id].toSorted());
            }
          }
          const stored = new Map((await world.stored()).map((one) => [one["username_key"], one]));
          for (const name of names) {
            const key = `${name}@x.edu`;
            const student = stored.get(key);
            const digit = (id: unknown) => id === null ? null : String(id).slice(1);
            const outcome = {
              stands: student
                ? { id: digit(student["student_id"]), first: student["first_name"] }
                : null,
              listed: listed.get(key) ?? [],
            };
            const rows = beside.filter((row) => row.name === name);
            const possible = outcomes(
              words.get(name)!,
              rows.map((row) => ({ ...row, by: "beside" })),
              wrong,
            ).map((one) => JSON.stringify(one));
            assert.ok(
              possible.includes(JSON.stringify(outcome)),
              `${name}: ${JSON.stringify(outcome)} is none of ${[...new Set(possible)].join(" ")}`,
            );
          }
          await checkHistory(world);
        },
      ),
      { numRuns: 25 },
    );
  });
}, { only: ["file:"] });
