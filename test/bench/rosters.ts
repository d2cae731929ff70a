/**
 * What safety costs: 50,000 rows applied as an update, and as a snapshot that is checked first.
 * `node --import tsx test/bench/rosters.ts`; the worker's part alone, from the announcement to the report.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { header, makeSchool, upload } from "../worker/roster/world.ts";
import { hasSqld, startSqld } from "../worker/database/sqld.ts";

const ROWS = 50_000;
const ROUNDS = 3;
const rows = (last: (i: number) => string, count = ROWS) =>
  header +
  Array.from(
    { length: count },
    (_, i) => `student${i}@college.edu,S${i},${last(i)},Ana,,09/30/2004,,,1\r\n`,
  ).join("");

const files: Record<string, string> = {
  "nothing changed": rows(() => "Lee"),
  "1 % changed": rows((i) => i % 100 === 0 ? "Kim" : "Lee"),
  "all changed": rows(() => "Kim"),
  "20 % gone": rows(() => "Lee", ROWS * 0.8),
};
const snapshot = { checkOnly: false, additionsUntil: null, isSnapshot: true };
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function bench(kind: string, url: string): Promise<void> {
  const database = await openDatabase({ url });
  await migrate(database, "2026-11-22T00:00:00.000Z");
  for (const [what, file] of Object.entries(files)) {
    const times: Record<"update" | "snapshot", number[]> = { update: [], snapshot: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const mode of ["update", "snapshot"] as const) {
        const school = await makeSchool(database);
        await upload(database, school, files["nothing changed"]!);
        const start = performance.now();
        await upload(database, school, file, mode === "snapshot" ? { terms: snapshot } : {});
        times[mode].push(performance.now() - start);
      }
    }
    const [update, checked] = [median(times.update), median(times.snapshot)];
    console.log(
      `| ${kind} ${what} | ${update.toFixed(0)} ms | ${checked.toFixed(0)} ms | ${
        (checked / update).toFixed(2)
      } |`,
    );
  }
  database.close();
}

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-bench-"));
console.log("| 50,000 rows | update | snapshot | ratio |\n| --- | --- | --- | --- |");
try {
  await bench("file:", `file:${join(folder, "worker.db")}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (hasSqld) {
  const sqld = await startSqld();
  try {
    await bench("http:", sqld.url);
  } finally {
    await sqld.stop();
  }
}
