/** How fast a roster goes from the SFTP CLOSE to its report, with the real processes. */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { type School, type Service, startService } from "../end-to-end/service.ts";
import { tcpProxy } from "../faults/proxies.ts";
import { hasSqld, startSqld } from "../worker/database/sqld.ts";
import { openFloor } from "./floor.ts";
import { makeRoster } from "../../scripts/made-roster.ts";

/** Rows per second of the service the contract came from: 20,000 rows in 23 minutes. */
const REFERENCE = 20_000 / (23 * 60);
const ROUNDS = 3;

export interface Figure {
  what: string;
  measured: string;
  must: string;
}

/** A session that stays open, to see names without the cost of a login. */
export class Session {
  readonly #client = new ssh2.Client();
  #sftp!: ssh2.SFTPWrapper;

  static async open(service: Service, school: School): Promise<Session> {
    const session = new Session();
    const { slug, privateKey } = school;
    await new Promise<void>((resolve, reject) => {
      session.#client.once("ready", () => resolve()).once("error", reject);
      session.#client.connect({
        host: "127.0.0.1",
        port: service.sftpPort,
        username: slug,
        privateKey,
      });
    });
    session.#sftp = await new Promise((resolve, reject) =>
      session.#client.sftp((error, sftp) => error ? reject(error) : resolve(sftp))
    );
    return session;
  }

  /** Uploads; resolves when the CLOSE was answered. */
  put(path: string, bytes: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#sftp.writeFile(path, bytes, (error) => error ? reject(error) : resolve())
    );
  }

  /** Waits until so many files of /inbound end in `.completed`. */
  async completed(count: number): Promise<void> {
    while (true) {
      const names = await new Promise<string[]>((resolve, reject) =>
        this.#sftp.readdir(
          "/inbound",
          (error, list) => error ? reject(error) : resolve(list.map(({ filename }) => filename)),
        )
      );
      if (names.filter((name) => name.endsWith(".completed")).length >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  end(): void {
    this.#client.end();
  }
}

/** Milliseconds from the CLOSE's answer to the report, and from the first byte. */
async function timed(session: Session, name: string, roster: string, count: number) {
  const start = performance.now();
  await session.put(`/inbound/${name}`, roster);
  const closed = performance.now();
  await session.completed(count);
  return { fromClose: performance.now() - closed, whole: performance.now() - start };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const ms = (milliseconds: number) => `${milliseconds.toFixed(0)} ms`;
const ratio = (value: number) => value.toFixed(2);
const fast = { SETTLE_MS: "0", SYNC_MS: "200" };

/** Resident memory now and at its peak since the last call of `resetPeak`, in MiB. */
function memory(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

export async function benchInbound(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (what: string, measured: string, must: string) => {
    figures.push({ what, measured, must });
    console.error(`${what}: ${measured} (${must})`);
  };
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-bench-"));
  try {
    const roster = makeRoster(50_000, 1);
    const file = join(folder, "roster.csv");
    await writeFile(file, roster);

    // Floor and service by turns, each round with fresh databases.
    const rounds = { floorNew: [], floorSame: [], new: [], same: [], whole: [] } as Record<
      "floorNew" | "floorSame" | "new" | "same" | "whole",
      number[]
    >;
    for (let round = 0; round < ROUNDS; round++) {
      const floor = await openFloor(join(folder, `floor-${round}.db`));
      rounds.floorNew.push(await floor.run(file));
      rounds.floorSame.push(await floor.run(file));
      floor.close();
      await using service = await startService({ bridge: fast });
      const session = await Session.open(service, await service.addSchool("school"));
      const first = await timed(session, "roster.csv", roster, 1);
      rounds.new.push(first.fromClose);
      rounds.whole.push(first.whole);
      rounds.same.push((await timed(session, "roster.csv", roster, 2)).fromClose);
      session.end();
    }
    const local = median(rounds.new);
    add(
      "50,000 new rows, CLOSE to report, over the floor",
      `${ratio(local / median(rounds.floorNew))} (${ms(local)} / ${ms(median(rounds.floorNew))})`,
      "≤ 2.0",
    );
    add(
      "50,000 unchanged rows, the same",
      `${ratio(median(rounds.same) / median(rounds.floorSame))} (${ms(median(rounds.same))} / ${
        ms(median(rounds.floorSame))
      })`,
      "≤ 2.0",
    );

    await using service = await startService({ bridge: fast });
    const twenty = makeRoster(20_000, 2);
    const session = await Session.open(service, await service.addSchool("school"));
    const { whole } = await timed(session, "roster.csv", twenty, 1);
    const perSecond = 20_000 / (whole / 1000);
    add(
      "20,000 rows over SFTP, rows per second, over 14.5",
      `${(perSecond / REFERENCE).toFixed(0)} (${perSecond.toFixed(0)} rows/s)`,
      "≥ 1,000",
    );
    session.end();

    figures.push(await manyFiles(50_000 / (median(rounds.whole) / 1000)));
    console.error(figures.at(-1));
    for (const rows of [50_000, 500_000]) {
      for (const figure of await memoryOf(rows)) {
        figures.push(figure);
        console.error(figure);
      }
    }
    if (hasSqld) {
      add("50,000 rows, sqld with 20 ms of round trip, over local", ...await remote(local));
    }
    add("one slice of 1,000 rows", await sliceTime(), "reported");
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 100 files of 2,000 rows from 20 schools at once, as often as the single file was measured. */
async function manyFiles(single: number): Promise<Figure> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await manyFilesOnce());
  const perSecond = median(rounds);
  return {
    what: "100 files of 2,000 rows from 20 schools, rows per second, over one file's",
    measured: `${ratio(perSecond / single)} (${perSecond.toFixed(0)} / ${
      single.toFixed(0)
    } rows/s)`,
    must: "≥ 0.8",
  };
}

/** Rows per second. */
async function manyFilesOnce(): Promise<number> {
  await using service = await startService({ bridge: fast });
  const sessions: Session[] = [];
  for (let i = 0; i < 20; i++) {
    sessions.push(await Session.open(service, await service.addSchool(`school-${i}`)));
  }
  const rosters = sessions.map((_, i) => makeRoster(2_000, 100 + i));
  const start = performance.now();
  await Promise.all(sessions.map(async (session, i) => {
    for (let file = 0; file < 5; file++) await session.put(`/inbound/r${file}.csv`, rosters[i]!);
    await session.completed(5);
  }));
  const perSecond = 200_000 / ((performance.now() - start) / 1000);
  for (const session of sessions) session.end();
  return perSecond;
}

/** Peak of resident memory over idle, in worker and bridge. */
export async function memoryOf(rows: number): Promise<Figure[]> {
  await using service = await startService({ bridge: { ...fast, MAX_UPLOAD_BYTES: "268435456" } });
  const school = await service.addSchool("school", { rowLimit: 500_000 });
  const session = await Session.open(service, school);
  // A small file first: idle is a process that has worked.
  await timed(session, "warm.csv", makeRoster(1_000, 9), 1);
  const processes = { worker: service.worker.child.pid!, bridge: service.bridge.child.pid! };
  const roster = makeRoster(rows, 3);
  const idle = { worker: memory(processes.worker).now, bridge: memory(processes.bridge).now };
  for (const pid of Object.values(processes)) resetPeak(pid);
  await timed(session, "roster.csv", roster, 2);
  session.end();
  return (["worker", "bridge"] as const).map((process) => {
    const { peak } = memory(processes[process]);
    return {
      what: `${process}'s peak memory in ${rows.toLocaleString("en")} rows, over idle`,
      measured: `+${(peak - idle[process]).toFixed(0)} MiB (${peak.toFixed(0)} − ${
        idle[process].toFixed(0)
      })`,
      must: process === "worker" ? "≤ +64 MiB" : "≤ +48 MiB",
    };
  });
}

async function remote(local: number): Promise<[string, string]> {
  const sqld = await startSqld();
  const proxy = await tcpProxy(Number(new URL(sqld.url).port), { delayMs: 10 });
  try {
    await using service = await startService({
      databaseUrl: `http://127.0.0.1:${proxy.port}`,
      bridge: fast,
    });
    const session = await Session.open(service, await service.addSchool("school"));
    const { fromClose } = await timed(session, "roster.csv", makeRoster(50_000, 1), 1);
    session.end();
    return [`${ratio(fromClose / local)} (${ms(fromClose)} / ${ms(local)})`, "≤ 3"];
  } finally {
    await proxy.close();
    await sqld.stop();
  }
}

/** Wall and CPU time of the worker for one slice of 1,000 rows. */
async function sliceTime(): Promise<string> {
  await using service = await startService({ bridge: fast, worker: { SLICE_ROWS: "1000" } });
  const session = await Session.open(service, await service.addSchool("school"));
  await timed(session, "warm.csv", makeRoster(5_000, 9), 1);
  const pid = service.worker.child.pid!;
  const before = cpuSeconds(pid);
  const { fromClose } = await timed(session, "roster.csv", makeRoster(50_000, 3), 2);
  session.end();
  const cpu = (cpuSeconds(pid) - before) * 1000;
  return `${(fromClose / 50).toFixed(1)} ms, ${(cpu / 50).toFixed(1)} ms of CPU`;
}

/** User and system time of a process, all threads, in seconds (proc(5); 100 ticks a second). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const machine = `${cpus().length} cores (${
  cpus()[0]!.model.trim()
}), Node ${process.versions.node}`;
