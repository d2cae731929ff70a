/**
 * How long the server needs for each page of the console and each list of the administrators' routes,
 * with 10,000 uploads and 50,000 students. Must: at most 100 ms.
 *
 *     node --import tsx test/bench/desk.ts [--uploads 10000] [--students 50000] [--rounds 5]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { addresses, answered, cookieOf, fillDesk } from "../worker/admin/full-desk.ts";
import { appUnderTest } from "../worker/app-under-test.ts";

const { values } = parseArgs({
  options: {
    uploads: { type: "string" },
    students: { type: "string" },
    rounds: { type: "string" },
  },
});
const MOST_MS = 100;
const rounds = Number(values.rounds ?? 5);
const sizes = {
  schools: 25,
  uploads: Number(values.uploads ?? 10_000),
  students: Number(values.students ?? 50_000),
};

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-bench-"));
const database = await openDatabase({ url: `file:${join(folder, "worker.db")}` });
try {
  await migrate(database, "2026-11-22T10:15:30.123Z");
  const world = appUnderTest(database);
  await fillDesk(world, database, sizes);
  const cookie = await cookieOf(world);
  const measured: [ms: number, address: string, bytes: number][] = [];
  for (const address of addresses(world)) {
    const times: number[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const { text } = await answered(world, address, cookie);
      times.push(performance.now() - start);
      bytes = text.length;
    }
    measured.push([times.toSorted((a, b) => a - b)[rounds >> 1]!, address, bytes]);
  }
  for (const [ms, address, bytes] of measured.toSorted(([a], [b]) => b - a)) {
    const mark = ms > MOST_MS ? "  MISSED" : "";
    console.log(
      `${ms.toFixed(1).padStart(8)} ms ${String(bytes).padStart(8)} B  ${address}${mark}`,
    );
  }
} finally {
  database.close();
  await rm(folder, { recursive: true, force: true });
}
