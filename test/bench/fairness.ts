/**
 * `node --import tsx test/bench/fairness.ts`: one school's flood beside another school's 200 rows. The
 * time of the 200 rows from CLOSE to report is taken alone and during each flood.
 */
import { startService } from "../end-to-end/service.ts";
import { makeRoster } from "../../scripts/made-roster.ts";
import { machine, Session } from "./inbound.ts";

const header = makeRoster(0).trimEnd() + "\r\n";
const rows = (rowOf: (i: number) => string, count = 50_000) =>
  header + Array.from({ length: count }, (_, i) => `${rowOf(i)}\r\n`).join("");
const student = (name: string, id: string, last = "1") => `${name}@x.edu,${id},Lee,Ana,,,,,${last}`;

/** What a school sends at once; before the rotation its students have their StudentIds. */
const floods: Record<string, { before?: string; files: () => string[] }> = {
  "500 files of 20 rows": { files: () => Array.from({ length: 500 }, (_, i) => makeRoster(20, i)) },
  "64 MiB of quotes": { files: () => [header + '"'.repeat(64 * 2 ** 20 - header.length)] },
  "50,000 StudentIds rotated by one": {
    before: rows((i) => student(`u${i}`, `S${i}`)),
    files: () => [rows((i) => student(`u${i}`, `S${(i + 1) % 50_000}`))],
  },
  "50,000 rejected rows": { files: () => [rows((i) => student(`u${i}`, `S${i}`, "7"))] },
};

const MEASURED = 7;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

await using service = await startService({ bridge: { SETTLE_MS: "0", SYNC_MS: "200" } });
let seed = 1000;

/** Milliseconds from the CLOSE's answer to the report of 200 rows, one file after the other. */
async function small(session: Session, done: number): Promise<number> {
  await session.put(`/inbound/small-${seed}.csv`, makeRoster(200, seed++));
  const closed = performance.now();
  await session.completed(done + 1);
  return performance.now() - closed;
}

async function measured(session: Session, done: { files: number }): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < MEASURED; i++) times.push(await small(session, done.files++));
  return median(times);
}

const other = await Session.open(service, await service.addSchool("other"));
const done = { files: 0 };
await measured(other, done);
const alone = await measured(other, done);
console.log(`Measured on ${machine}. 200 rows, CLOSE to report, alone: ${alone.toFixed(0)} ms\n`);
console.log("| beside | 200 rows, CLOSE to report | over alone |\n| --- | --- | --- |");
for (const [i, [name, { before, files }]] of Object.entries(floods).entries()) {
  const flooding = await Session.open(service, await service.addSchool(`flood-${i}`));
  if (before !== undefined) {
    await flooding.put("/inbound/before.csv", before);
    await flooding.completed(1);
  }
  const sent = files();
  // One after the other: a session may have only so many files open.
  const uploads = (async () => {
    for (const [n, file] of sent.entries()) await flooding.put(`/inbound/flood-${n}.csv`, file);
  })();
  const beside = await measured(other, done);
  await uploads;
  await flooding.completed(sent.length + (before === undefined ? 0 : 1));
  flooding.end();
  console.log(`| ${name} | ${beside.toFixed(0)} ms | ${(beside / alone).toFixed(2)} |`);
}
other.end();
