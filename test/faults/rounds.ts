/** The rounds of the fault-injecting run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type School, type Service, startService } from "../end-to-end/service.ts";
import { startSqld } from "../worker/database/sqld.ts";
import { type Counts, makeRoster, Model, type Roster } from "./model.ts";
import { Outbound } from "./outbound.ts";
import { cautious, holdOne } from "./held.ts";
import { packed } from "./packing.ts";
import { parkOne } from "./parked.ts";
import { httpProxy, tcpProxy } from "./proxies.ts";
import { arrive, isGone, leave, type Leaving } from "./purges.ts";
import { type Random, seeded } from "./random.ts";
import { all, nothingTwice, revertBeside, revertSome, standsAs } from "./reverts.ts";
import { orphans } from "./stored.ts";
import { Told } from "./told.ts";
import { watchDatabase } from "./watch.ts";
import { until } from "../until.ts";
import { freePort } from "../free-port.ts";

export interface FaultRunOptions {
  rounds: number;
  seed: number;
  schools?: number;
  progress?(line: string): void;
}

/** In every so many-th round a school is deleted, and a file is damaged while it waits. */
const PURGE_EVERY = 3;
const PARK_EVERY = 5;
/** And a file is held, by a limit or by a pause, and decided about. */
const HOLD_EVERY = 2;
/** And uploads are put back. */
const REVERT_EVERY = 2;

interface Pupil {
  school: School;
  model: Model;
  rosters: Map<string, Roster>;
  outbound: Outbound;
  /** Uploads that were checked in earlier rounds. */
  checked: Set<string>;
  /** Uploads that were put back. */
  reverted: Set<string>;
  /**
   * Name → SHA-256 of what was last answered OK under it in this round: one of them must be there,
   * as an earlier one may have been replaced before it was accepted.
   */
  promised: Map<string, string[]>;
  /** Names under which a write broke off in this round: a partial file may be left. */
  broken: Set<string>;
  /** How often none, one and both of two sessions on one name were answered OK. */
  races: [none: number, one: number, both: number];
}

/** Runs the rounds; throws at the first thing that is wrong. Returns a summary. */
export async function faultRun(options: FaultRunOptions): Promise<string> {
  const { rounds, seed, schools: schoolCount = 2, progress = () => {} } = options;
  const random = seeded(seed);
  const sqld = await startSqld();
  let restarting = false;
  const watch = watchDatabase(sqld, () => restarting);
  const toDatabase = await tcpProxy(Number(new URL(sqld.url).port), { random });
  let toWorker: Awaited<ReturnType<typeof httpProxy>> | undefined;
  const kills = { worker: 0, bridge: 0, database: 0 };
  let uploads = 0, rows = 0, purged = 0, parked = 0, held = 0, reverted = 0;
  const exportFiles = new Map<Pupil, number>();
  let service: Service | undefined;
  let told: Told | undefined;
  try {
    const workerPort = await freePort();
    toWorker = await httpProxy(workerPort, random);
    service = await startService({
      databaseUrl: `http://127.0.0.1:${toDatabase.port}`,
      worker: { SLICE_ROWS: "40", WEBHOOK_ALLOW_PRIVATE: "1" },
      bridge: { SETTLE_MS: "0", SYNC_MS: "30" },
      workerUrl: () => `http://127.0.0.1:${toWorker!.port}`,
      workerPort,
    });
    const running = service;
    told = await Told.of(service, seed);
    const pupils: Pupil[] = [];
    for (let i = 0; i < schoolCount; i++) {
      const school = await service.addSchool(`school-${i}`);
      const outbound = new Outbound(service, school);
      await outbound.schedule();
      pupils.push({
        school,
        model: new Model(),
        rosters: new Map(),
        outbound,
        checked: new Set(),
        reverted: new Set(),
        promised: new Map(),
        broken: new Set(),
        races: [0, 0, 0],
      });
    }

    const kill = async (what: keyof typeof kills) => {
      kills[what]++;
      if (what === "worker") await running.restartWorker();
      if (what === "bridge") await running.restartBridge();
      if (what === "database") {
        restarting = true;
        await sqld.kill();
        await sqld.restart();
        restarting = false;
      }
    };

    /** Kills this and that, beside what goes on. */
    const killSome = async (what = ["worker", "bridge", "database"] as (keyof typeof kills)[]) => {
      const count = random.below(3);
      for (let i = 0; i < count; i++) {
        await pause(random.below(250));
        await kill(random.pick(what));
      }
    };

    const careless = await service.addSchool("careless");
    const careful = await service.addSchool("cautious", cautious);
    for (let round = 1; round <= rounds; round++) {
      const leaving: Leaving[] = round % PURGE_EVERY === 0 ? [await arrive(running, round)] : [];
      toWorker.isBad = toDatabase.isBad = true;
      const sending = pupils.map((pupil) => upload(pupil, random));
      const killing = killSome();
      const verifying = pupils.map(({ outbound, model }) => outbound.act(random, model.active()));
      const purging = leaving.map((school) => leave(running, school, random));
      await Promise.all([...sending, ...verifying, ...purging, killing]);
      toWorker.isBad = toDatabase.isBad = false;
      for (const pupil of pupils) {
        const checked = await check(running, pupil);
        uploads += checked.uploads;
        rows += checked.rows;
        exportFiles.set(pupil, await pupil.outbound.check());
      }
      for (const school of leaving) await isGone(running, school);
      purged += leaving.length;
      if (round % PARK_EVERY === 0) {
        await parkOne(running, careless, random);
        parked++;
      }
      if (round % HOLD_EVERY === 0) {
        await holdOne(running, careful, random, async () => {
          await pause(random.below(300));
          await kill(random.pick(["worker", "bridge", "database"] as const));
        });
        held++;
      }
      if (round % REVERT_EVERY === 0) {
        toWorker.isBad = toDatabase.isBad = true;
        const putting = pupils.map((pupil) => revertSome(running, pupil, random));
        const [counts] = await Promise.all([Promise.all(putting), killSome()]);
        toWorker.isBad = toDatabase.isBad = false;
        for (const pupil of pupils) {
          await nothingTwice(running, pupil);
          await checkStudents(running, pupil);
        }
        reverted += counts.reduce((sum, count) => sum + count, 0);
        // And one while a roster of the school is under way, which each student meets before it or after.
        const pupil = random.pick(pupils);
        toWorker.isBad = toDatabase.isBad = true;
        const [apply] = await Promise.all([
          revertBeside(running, pupil, random, () => send(pupil, random, "/inbound/beside.csv")),
          // With the bridge up, it is sent once.
          killSome(["worker", "database"]),
        ]);
        toWorker.isBad = toDatabase.isBad = false;
        uploads += (await check(running, pupil, apply)).uploads;
        if (apply) reverted++;
      }
      if (round % 10 === 0) await noOrphans(running);
      if (round % 10 === 0) {
        progress(`round ${round}: ${uploads} uploads, ${JSON.stringify(kills)}`);
      }
    }
    const messages = await told.check(
      await uploadsOf(running, [...pupils.map(({ school }) => school), careless, careful]),
    );
    const faults = { ...toWorker.faults, ...toDatabase.faults };
    return [
      `${rounds} rounds clean (seed ${seed}): ${uploads} uploads of ${rows} rows, ` +
      `${[...exportFiles.values()].reduce((sum, count) => sum + count, 0)} exports`,
      `kills: ${list(kills)}`,
      `two sessions on one name: ${list(racesOf(pupils))}`,
      `${purged} schools deleted, ${parked} damaged files parked and given up, ${held} files held and decided about, ` +
      `${reverted} uploads put back`,
      messages,
      `faults of the network: ${list(faults)}; the database itself got stuck ${watch.stuck} times`,
      "checked after each round: one report an upload, its counts against an independent recount, " +
      "every student against the model, .original and .rejected byte for byte, what was answered OK is " +
      "there, nothing left over; " +
      "each verification in exactly one export, each state of an upload told as one message",
    ].join("\n");
  } catch (error) {
    progress(service?.worker.output().slice(-4000) ?? "");
    progress(service?.bridge.output().slice(-4000) ?? "");
    throw error;
  } finally {
    await service?.[Symbol.asyncDispose]();
    await told?.stop();
    await watch.stop();
    await toDatabase.close();
    await toWorker?.close();
    await sqld.stop();
  }
}

/** When nothing is under way, the bridge keeps no blob that is in no file. */
async function noOrphans(service: Service): Promise<void> {
  let found: string[] = [];
  await until(async () => {
    found = await orphans(join(service.folder, "bridge"));
    return found.length === 0;
  }, "every blob in a file").catch((error) => {
    throw new Error(`${(error as Error).message}: ${found.length} blobs of no file`);
  });
}

function racesOf(pupils: readonly Pupil[]): Record<string, number> {
  const sum = (kept: 0 | 1 | 2) => pupils.reduce((total, { races }) => total + races[kept], 0);
  return { "times neither was kept": sum(0), "times one": sum(1), "times both": sum(2) };
}

function list(counts: Record<string, number>): string {
  return Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", ");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const names = [
  "/inbound/roster.csv",
  "/inbound/other.csv",
  "/inbound/packed.csv.gz",
  "/inbound/archive.zip",
];

/** Uploads a roster or two, each again and again until its CLOSE was answered OK; or two at once. */
async function upload(pupil: Pupil, random: Random): Promise<void> {
  const count = 1 + random.below(2);
  for (let i = 0; i < count; i++) {
    const name = random.pick(names);
    if (random.chance(0.3)) {
      await uploadTwice(pupil, random, name);
      continue;
    }
    const roster = newRoster(pupil, random, name);
    await until(() => pupil.school.put(name, roster.bytes).then(() => true, () => false));
    pupil.promised.set(name, [roster.sha256]);
  }
}

/** A roster, once. */
async function send(pupil: Pupil, random: Random, name: string): Promise<void> {
  const roster = newRoster(pupil, random, name);
  await pupil.school.put(name, roster.bytes);
  pupil.promised.set(name, [roster.sha256]);
}

/** Two sessions write one name at the same moment: what was answered OK is there, or its rival is. */
async function uploadTwice(pupil: Pupil, random: Random, name: string): Promise<void> {
  const rosters = [newRoster(pupil, random, name), newRoster(pupil, random, name)];
  const answers = await Promise.allSettled(rosters.map(async (roster) => {
    await pause(random.below(30));
    await pupil.school.put(name, roster.bytes);
    return roster.sha256;
  }));
  const kept = answers.flatMap((answer) => answer.status === "fulfilled" ? [answer.value] : []);
  pupil.races[kept.length]!++;
  // One whose CLOSE was not answered may be there all the same, and then in the place of what was.
  const before = kept.length > 0 ? [] : pupil.promised.get(name);
  if (before) pupil.promised.set(name, [...before, ...rosters.map(({ sha256 }) => sha256)]);
  if (kept.length < 2) pupil.broken.add(name);
}

function newRoster(pupil: Pupil, random: Random, name: string): Roster {
  const plain = makeRoster(random, 20 + random.below(180), 300);
  const roster = name.endsWith(".csv")
    ? plain
    : packed(plain, name.endsWith(".gz") ? "gzip" : "zip");
  pupil.rosters.set(roster.sha256, roster);
  return roster;
}

interface UploadJson {
  id: string;
  name: string;
  timeCode: string;
  state: string;
  sha256: string;
  rows: Record<string, number>;
  acceptedAt: string;
}

/** Waits until a school's home is at rest and holds what was promised; the names and the uploads. */
async function atRest(service: Service, pupil: Pupil) {
  const { school, promised, broken } = pupil;
  let names: string[] = [];
  let listed: UploadJson[] = [];
  let answered = "";
  const settled = (name: string) =>
    /\.(completed|original|rejected)$/.test(name) || broken.has(`/inbound/${name}`);
  const isThere = (hashes: string[]) => listed.some(({ sha256 }) => hashes.includes(sha256));
  await until(async () => {
    names = await school.names().catch(() => ["unreachable"]);
    if (!names.every(settled)) return false;
    try {
      listed = await all<UploadJson>(service, `/admin/schools/${school.slug}/uploads`);
    } catch (error) {
      answered = String(error); // As while the database is on its way back.
      return false;
    }
    return [...promised.values()].every(isThere);
  }, `${school.slug} at rest, with all that was answered OK`).catch((error) => {
    const waiting = names.filter((name) => !settled(name));
    const missing = [...promised].filter(([, hashes]) => !isThere(hashes))
      .map(([path, hashes]) => `${path} (${hashes})`);
    const there = listed.slice(0, 12).map(({ name, state, sha256 }) =>
      `${name} ${state} ${sha256}`
    );
    throw new Error(
      `${error.message}: waiting ${waiting}, missing ${missing}\nuploads: ${there.join(", ")}\n` +
        `names: ${names.join(", ")}\nthe last refusal: ${answered}`,
    );
  });
  const partial = names.filter((name) => broken.has(`/inbound/${name}`));
  if (partial.length > 0) await school.sftp(...partial.map((name) => `rm inbound/${name}`));
  promised.clear();
  broken.clear();
  return { names: names.filter((name) => !partial.includes(name)), listed };
}

async function uploadsOf(service: Service, schools: readonly School[]): Promise<UploadJson[]> {
  const lists = schools.map(({ slug }) =>
    all<UploadJson>(service, `/admin/schools/${slug}/uploads`)
  );
  return (await Promise.all(lists)).flat();
}

/**
 * Waits until a school's home is at rest, then checks all that is new in it.
 * @param apply what a roster must come to
 */
async function check(
  service: Service,
  pupil: Pupil,
  apply: (roster: Roster, upload: string) => Counts | Promise<Counts> = (roster, upload) =>
    pupil.model.apply(roster, upload),
) {
  const { school, rosters, checked } = pupil;
  const { names, listed } = await atRest(service, pupil);
  // Time codes are in the order of acceptance: each name has its own, and a school's are in turn.
  const uploads = listed
    .filter(({ id }) => !checked.has(id))
    .sort((a, b) => a.acceptedAt < b.acceptedAt ? -1 : 1);
  let rows = 0;
  for (const upload of uploads) {
    const roster = rosters.get(upload.sha256);
    assert.ok(roster, `${upload.name} has bytes that nobody sent`);
    const counts = await apply(roster, upload.id);
    const { read, added, updated, unchanged, rejected, returned = 0 } = upload.rows;
    assert.deepEqual({ read, added, updated, unchanged, rejected, returned }, counts, upload.id);
    assert.equal(upload.state, "completed");
    const stem = `/inbound/${upload.name}.${upload.timeCode}`;
    const hasRejected = names.includes(`${upload.name}.${upload.timeCode}.rejected`);
    assert.equal(hasRejected, counts.rejected > 0);
    const stages = ["original", "completed", ...(hasRejected ? ["rejected"] : [])];
    const files = await school.getAll(stages.map((stage) => `${stem}.${stage}`));
    assert.ok(files[0]!.equals(roster.bytes), `${stem}.original is not what was sent`);
    const [, report, rejectedRecords] = files.map(String);
    const summary = `${counts.read} rows: ${counts.added} added, ${counts.updated} updated, ` +
      `${counts.unchanged} unchanged, ${counts.rejected} rejected, ` +
      (counts.returned > 0 ? `${counts.returned} returned, ` : "") + "0 warnings";
    assert.ok(report!.includes(summary), `${report!.slice(0, 300)} has not ${summary}`);
    assert.equal(report!.trimEnd().split("\r\n").length, 2 + counts.rejected);
    if (hasRejected) assert.equal(rejectedRecords, roster.rejected);
    checked.add(upload.id);
    rows += counts.read;
  }
  assert.equal(names.filter((name) => name.endsWith(".completed")).length, listed.length);
  assert.equal(names.filter((name) => name.endsWith(".original")).length, listed.length);
  await checkStudents(service, pupil);
  return { uploads: uploads.length, rows };
}

async function checkStudents(service: Service, { school, model }: Pupil): Promise<void> {
  const students = await all<Parameters<typeof standsAs>[0]>(
    service,
    `/admin/schools/${school.slug}/students`,
  );
  assert.equal(students.length, model.students.size);
  for (const student of students) {
    const standing = model.students.get(student.username);
    assert.ok(
      standing && standsAs(student, standing),
      `${student.username} ${JSON.stringify(standing)}`,
    );
  }
}
