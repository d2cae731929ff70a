/**
 * Exports: one of 100,000 verified students, and 1,000 schools due in the same minute. Seconds, and
 * statements and round trips per export, for the embedded database and for a real sqld.
 *
 *     node --import tsx test/bench/export.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Client } from "@libsql/client";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { tick } from "../../worker/export/tick.ts";
import {
  addSchool,
  at,
  exportNow,
  exportsOf,
  midnight,
  schedule,
  student,
  verify,
  world,
} from "../worker/export/school-world.ts";
import { exportFile } from "../../worker/export/file.ts";
import { startSqld } from "../worker/database/sqld.ts";

const STUDENTS = 100_000;
const SCHOOLS = 1_000;

interface Counts {
  statements: number;
  roundTrips: number;
}

/** The client, counting what is asked of it. */
function counting(database: Client, counts: Counts): Client {
  return new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "execute" || name === "batch") {
          counts.roundTrips += 1;
          counts.statements += name === "batch" ? (args[0] as unknown[]).length : 1;
        }
        return value.apply(target, args);
      };
    },
  });
}

async function bench(kind: string, database: Client): Promise<void> {
  await migrate(database, at(midnight));
  const counts = { statements: 0, roundTrips: 0 };
  const here = world(counting(database, counts));
  const report = (what: string, started: number, exports: number) => {
    const seconds = (performance.now() - started) / 1000;
    console.log([
      kind.padEnd(6),
      what.padEnd(44),
      `${seconds.toFixed(2).padStart(7)} s`,
      `${(counts.statements / exports).toFixed(1).padStart(6)} statements`,
      `${(counts.roundTrips / exports).toFixed(1).padStart(5)} round trips per export`,
    ].join("  "));
    counts.statements = counts.roundTrips = 0;
  };

  const large = await addSchool(database, STUDENTS);
  let started = performance.now();
  for (let from = 0; from < STUDENTS; from += 50_000) {
    await verify(
      here,
      large,
      Array.from({ length: 50_000 }, (_, index) => student(from + index + 1)),
    );
  }
  report(`${STUDENTS} students verified`, started, 1);
  started = performance.now();
  await exportNow(here, large);
  report(`an export of ${STUDENTS} students made`, started, 1);
  const [made] = await exportsOf(database, large);
  started = performance.now();
  let bytes = 0;
  for await (const chunk of exportFile(here.context.database, made!)) bytes += chunk.length;
  report(`its file read, ${(bytes / 1e6).toFixed(1)} MB`, started, 1);

  for (let count = 0; count < SCHOOLS; count += 1) {
    const id = await addSchool(database, 20);
    await verify(here, id, Array.from({ length: 20 }, (_, index) => student(index + 1)));
    await schedule(here, id, midnight);
  }
  counts.statements = counts.roundTrips = 0;
  started = performance.now();
  let total = 0;
  for (let ticked; (ticked = await tick(here.context)).due > 0;) total += ticked.made;
  if (total !== SCHOOLS) throw new Error(`${total} exports were made of ${SCHOOLS}`);
  report(`${SCHOOLS} schools due, 20 students each`, started, SCHOOLS);
}

const folder = await mkdtemp(join(tmpdir(), "rosterbridge-bench-"));
try {
  console.log(`${cpus().length} cores`);
  const embedded = await openDatabase({ url: pathToFileURL(join(folder, "worker.db")).href });
  await bench("file", embedded);
  embedded.close();

  const sqld = await startSqld();
  try {
    await bench("sqld", await openDatabase({ url: sqld.url }));
  } finally {
    await sqld.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
