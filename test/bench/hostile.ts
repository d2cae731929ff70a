/**
 * What hostile rosters cost, over a clean one of the same size: each goes through the worker's own
 * slices, in a process of its own, so that its peak memory is its own too.
 *
 *     node --import tsx test/bench/hostile.ts [file|sqld] [name, or a part of it] [rounds]
 *
 * In each round the hostile one and the clean one take turns; shown are medians. CPU is the worker's,
 * without the database where that is a server.
 */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@libsql/client";
import { openDatabase } from "../../worker/database/client.ts";
import { migrate } from "../../worker/database/migrate.ts";
import { announceUpload, type StoredPosition } from "../../worker/database/school/arrivals.ts";
import { laneOf } from "../../worker/intake/lanes.ts";
import { positionAfter } from "../../worker/intake/position.ts";
import { makeRoster } from "../../scripts/made-roster.ts";
import { startSqld } from "../worker/database/sqld.ts";
import { makeSchool } from "../worker/roster/world.ts";
import { machine } from "./inbound.ts";

const MIB = 2 ** 20;
const header = makeRoster(0).trimEnd() + "\r\n";
const rows = (count: number, rowOf: (i: number) => string) =>
  header + Array.from({ length: count }, (_, i) => `${rowOf(i)}\r\n`).join("");
const row = (i: number, id = i, last = "1") =>
  `student.${i}@college.edu,S${String(id).padStart(8, "0")},Lee,Ana,,,,,${last}`;
/** The header, and a text again and again until there are so many bytes. */
const filled = (bytes: number, text: string) =>
  header + text.repeat(Math.floor((bytes - header.length) / text.length));

interface Roster {
  /** Sent before, and not measured. */
  before?: () => string;
  file: () => string;
}

const hostile: Record<string, Roster> = {
  "one line of 64 MiB": { file: () => filled(64 * MIB, "x") },
  "64 MiB of quotes": { file: () => filled(64 * MIB, '"') },
  "64 MiB of a quote and a line end": { file: () => filled(64 * MIB, '"\n') },
  "50,000 unclosed quotes": { file: () => rows(50_000, (i) => `"${row(i)}`) },
  "10 million blank lines": { file: () => header + "\n".repeat(10_000_000) },
  "lines of 65,000 columns": { file: () => filled(64 * MIB, ",".repeat(65_000) + "\n") },
  "a million columns": { file: () => `${header}${",".repeat(1_000_000)}\r\n` },
  "every row wrong in every column": {
    file: () => rows(50_000, (i) => `no address ${i},#${i},\x07,\x07,1,31/31/1,G${i},,7`),
  },
  "one Username 50,000 times": { file: () => rows(50_000, (i) => row(0, i)) },
  "50,000 StudentIds rotated by one": {
    before: () => rows(50_000, (i) => row(i)),
    file: () => rows(50_000, (i) => row(i, (i + 1) % 50_000)),
  },
};

/** A clean roster of about so many bytes. */
function clean(bytes: number): string {
  const perRow = makeRoster(1_000).length / 1_000;
  return makeRoster(Math.max(1, Math.round(bytes / perRow)));
}

interface Cost {
  bytes: number;
  ms: number;
  cpuMs: number;
  slices: number;
  /** MiB over what the process had before. */
  memory: number;
}

/** Sends a file as the bridge does: what the answer says to take, at most 512 KiB. */
async function send(database: Client, school: number, file: string): Promise<Cost> {
  const bytes = new TextEncoder().encode(file);
  const peakBefore = memory("VmRSS");
  resetPeak();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let position = (await announceUpload(database, {
    ...{
      id: crypto.randomUUID() as never,
      schoolId: school as never,
      lane: "roster",
      parked: null,
    },
    ...{ name: "roster.csv", timeCode: "20261121T000000000Z", size: bytes.length, sha256: null },
    acceptedAt: "2026-11-21T00:00:00.000Z",
    sender: { fingerprint: "", address: "", client: "" },
  }, "2026-11-21T00:00:00.000Z"))!;
  let slices = 0;
  let take = 512 * 1024;
  while (!isDone(position)) {
    const { id, pass, offset } = position;
    const slice = { id, bridge: "default", school, pass, offset };
    const sent = bytes.slice(offset, offset + take);
    const options = { database, sliceRows: 5_000, now: Date.now() };
    const taken = await laneOf("roster")!.take({ ...slice, bytes: sent }, options);
    position = taken.position;
    take = Math.min(positionAfter(taken, sent.length).take ?? Infinity, 512 * 1024);
    slices++;
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    bytes: bytes.length,
    ms: performance.now() - start,
    cpuMs: (user + system) / 1000,
    slices,
    memory: memory("VmHWM") - peakBefore,
  };
}

function isDone({ state }: StoredPosition): boolean {
  return state === "completed" || state === "rejected";
}

function memory(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024;
}

function resetPeak(): void {
  process.getBuiltinModule("node:fs").writeFileSync("/proc/self/clear_refs", "5");
}

/** In a process of its own: one roster, with what it needs before. */
async function one(kind: string, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-hostile-"));
  const sqld = kind === "sqld" ? await startSqld() : undefined;
  const database = await openDatabase({ url: sqld?.url ?? `file:${join(folder, "worker.db")}` });
  try {
    await migrate(database, "2026-11-21T00:00:00.000Z");
    const cleanOf = /^clean of (\d+)$/.exec(name);
    const roster = cleanOf ? { file: () => clean(Number(cleanOf[1])) } : hostile[name]!;
    // What is compiled while it first runs is none of the roster's cost.
    const warm = await makeSchool(database);
    await send(database, warm, makeRoster(5_000, 7));
    const school = await makeSchool(database);
    if ("before" in roster) await send(database, school, roster.before!());
    const file = roster.file();
    process.send!(await send(database, school, file));
  } finally {
    database.close();
    await sqld?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function inProcess(kind: string, name: string): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ["--one", kind, name], {
      execArgv: ["--import", "tsx"],
    });
    child.once("message", (cost) => resolve(cost as Cost));
    child.once("exit", (code) => reject(new Error(`${name}: ended with ${code}`)));
  });
}

/** Of each figure by itself. */
function median(costs: readonly Cost[]): Cost {
  const of = (figure: keyof Cost) =>
    costs.map((cost) => cost[figure]).toSorted((a, b) => a - b)[costs.length >> 1]!;
  return {
    bytes: of("bytes"),
    ms: of("ms"),
    cpuMs: of("cpuMs"),
    memory: of("memory"),
    slices: of("slices"),
  };
}

async function all(kind: string, part: string, rounds: number): Promise<void> {
  console.log(`Measured on ${machine}, ${kind}.\n`);
  console.log("| roster | MiB | slices | time | × clean | CPU | × clean | memory | clean's |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const name of Object.keys(hostile).filter((one) => one.includes(part))) {
    const [costs, plains]: [Cost[], Cost[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const cost = await inProcess(kind, name);
      costs.push(cost);
      plains.push(await inProcess(kind, `clean of ${cost.bytes}`));
    }
    const [cost, plain] = [median(costs), median(plains)];
    const s = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
    const cells = [
      ...[name, (cost.bytes / MIB).toFixed(1), `${cost.slices}`],
      ...[s(cost.ms), (cost.ms / plain.ms).toFixed(2)],
      ...[s(cost.cpuMs), (cost.cpuMs / plain.cpuMs).toFixed(2)],
      ...[`+${cost.memory.toFixed(0)} MiB`, `+${plain.memory.toFixed(0)} MiB`],
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--one") await one(rest[0]!, rest[1]!);
else await all(first ?? "file", rest[0] ?? "", Number(rest[1] ?? 1));
