/**
 * What histories cost a roster: the same files applied with what students were before, and without it,
 * in turns. Must: at most 1.3 times.
 *
 *     node --import tsx test/bench/history.ts [--rows 50000] [--rounds 5]
 */
import type { Client, InStatement, InValue } from "@libsql/client";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { jsonColumns, optionalColumns } from "../../worker/database/school/student-columns.ts";
import { makeSchool, upload } from "../worker/roster/world.ts";
import { hasSqld, startSqld } from "../worker/database/sqld.ts";

const { values } = parseArgs({
  options: { rows: { type: "string" }, rounds: { type: "string" } },
});
const ROWS = Number(values.rows ?? 50_000);
const ROUNDS = Number(values.rounds ?? 5);
const HEADER =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";

/** A roster in which of so many rows the first names are of another version. */
function roster(version: number, changed: number): string {
  const step = changed === 0 ? Infinity : ROWS / changed;
  return HEADER + Array.from({ length: ROWS }, (_, i) => {
    const first = i % step < 1 ? `Ann${version}` : "Ann";
    const number = String(i).padStart(6, "0");
    return `u${number}@college.edu,S${number},Lee,${first},(212) 555-0100,09/30/2004,Nursing,Fall,1\r\n`;
  }).join("");
}

/** The update of before there were histories: it looks by itself for what differs. */
const updateAsBefore = `WITH given AS MATERIALIZED (SELECT ${jsonColumns} FROM json_each(?))
  UPDATE students SET ${
  optionalColumns.map((column) => `${column} = coalesce(given.${column}, students.${column})`)
    .join(", ")
}
  FROM given WHERE students.school_id = ? AND students.username_key = given.username_key AND (${
  optionalColumns.map((column) =>
    `given.${column} IS NOT NULL AND given.${column} IS NOT students.${column}`
  ).join(" OR ")
})`;

/** The database without histories: nothing is noted, and all is written as it was before. */
function without(client: Client): Client {
  const asBefore = (statements: InStatement[]): InStatement[] => {
    let given: InValue[] | undefined;
    return statements.flatMap((one) => {
      const { sql, args } = one as { sql: string; args: InValue[] };
      if (sql.startsWith("INSERT INTO student_changes")) {
        given = args.slice(-2);
        return [];
      }
      if (!sql.startsWith("UPDATE students SET changed_by")) return [one];
      // What was noted at once is made by several statements, and by one without histories.
      const update = given ? [{ sql: updateAsBefore, args: given }] : [];
      given = undefined;
      return update;
    });
  };
  return new Proxy(client, {
    get(target, name) {
      if (name === "batch") {
        return (statements: InStatement[], mode: "write") =>
          target.batch(asBefore(statements), mode);
      }
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const cases = { "added": -1, "unchanged": 0, "1 % changed": ROWS / 100, "all changed": ROWS };

/** What the processor had to do, where the database is in this process: others' load does not count. */
async function milliseconds(client: Client, school: number, file: string): Promise<number> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await upload(client, school, file);
  const { user, system } = process.cpuUsage(before);
  return client.protocol === "file" ? (user + system) / 1000 : performance.now() - start;
}

/** The least of some rounds, with and without, in turns. */
async function measure(client: Client): Promise<void> {
  for (const [name, changed] of Object.entries(cases)) {
    const least = { with: Infinity, without: Infinity };
    const schools = { with: await makeSchool(client), without: await makeSchool(client) };
    for (let round = 0; round < ROUNDS; round++) {
      for (
        const way of round % 2 === 0 ? ["with", "without"] as const : ["without", "with"] as const
      ) {
        const taken = way === "with" ? client : without(client);
        if (changed < 0) schools[way] = await makeSchool(client);
        else if (round === 0) await upload(client, schools[way], roster(0, ROWS));
        const file = roster(
          changed <= 0 ? 0 : round + 1,
          changed === 0 ? ROWS : Math.max(0, changed),
        );
        least[way] = Math.min(least[way], await milliseconds(taken, schools[way], file));
      }
    }
    const ratio = (least.with / least.without).toFixed(2);
    console.log(
      `  ${name.padEnd(12)} with ${least.with.toFixed(0)} ms, without ${
        least.without.toFixed(0)
      } ms: ${ratio}`,
    );
  }
}

async function opened(url: string): Promise<void> {
  console.log(`${url.replace(/:.*/, ":")} ${ROWS} rows, the best of ${ROUNDS}`);
  const client = await openDatabase({ url });
  await migrate(client, new Date().toISOString());
  await measure(client);
  client.close();
}

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-history-"));
await opened(`file:${join(folder, "worker.db")}`);
await rm(folder, { recursive: true, force: true });
if (hasSqld) {
  const sqld = await startSqld();
  await opened(sqld.url);
  await sqld.stop();
}
