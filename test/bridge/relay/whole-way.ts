/**
 * The whole way without SFTP: real homes, outbox, commands, telling and listening, and a real worker's
 * app behind HTTP on this machine, with a database of its own. `between` may answer a call instead.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFile } from "../../../bridge/home/removal.ts";
import { Commands } from "../../../bridge/relay/commands/queue.ts";
import { Listening } from "../../../bridge/relay/listening.ts";
import { Outbox } from "../../../bridge/relay/outbox.ts";
import { Telling } from "../../../bridge/relay/telling.ts";
import { type WorkerClient, workerClient } from "../../../bridge/relay/worker-client.ts";
import { SchoolDirectory } from "../../../bridge/schools/directory.ts";
import { systemAfter } from "../../../bridge/timers.ts";
import type { Stage } from "../../../shared/file-names.ts";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { currentRuntime } from "../../../worker/platform/runtime.ts";
import { type AppUnderTest, appUnderTest, bridgeToken } from "../../worker/app-under-test.ts";
import { get, type Logged, names, put, type TestHomes, testHomes } from "../home/keeper.ts";
import type { SchoolId } from "../../../shared/protocol.ts";

export type Between = (request: Request) => Promise<Response | undefined> | Response | undefined;

export interface WholeWay extends AsyncDisposable {
  homes: TestHomes;
  app: AppUnderTest;
  worker: WorkerClient;
  directory: SchoolDirectory;
  outbox: Outbox;
  commands: Commands;
  telling: Telling;
  listening: Listening;
  logs: Logged[];
  /** What stands between bridge and worker. */
  between: Between;
  /** Which lane takes a file of a school, as the bridge says. */
  laneOf(schoolId: SchoolId, name: string): string;
  /** Milliseconds since the epoch at the bridge. */
  clock: { now(): number };
  /** Begins to listen and to tell. */
  start(): void;
  /** A new school's number. */
  school(slug: string): Promise<SchoolId>;
  /** Accepts a file of the school. */
  accept(schoolId: SchoolId, name: string, text: string | Uint8Array): Promise<void>;
  /** What an administrator sees of the school's uploads, oldest first. */
  // deno-lint-ignore no-explicit-any
  uploads(slug: string): Promise<any[]>;
  /** The text of the file of that stage in the school's inbound folder. */
  result(schoolId: SchoolId, name: string, stage: Stage): Promise<string | undefined>;
}

export async function wholeWay(
  {
    listenMs = 0,
    silenceMs = 30_000,
    sliceBytes = 512 * 1024,
    concurrency = 4,
    maxExpandedBytes = 64 * 1024 * 1024,
  } = {},
): Promise<WholeWay> {
  const homes = await testHomes();
  const folder = await mkdtemp(join(tmpdir(), "rosterbridge-way-"));
  const database = await openDatabase({ url: `file:${join(folder, "worker.db")}` });
  await migrate(database, new Date().toISOString());
  const app = appUnderTest(database);
  const server = await currentRuntime().listen(
    async (request) => await way.between(request) ?? await app.app.fetch(request),
    "127.0.0.1",
    0,
  );
  const leaving = new AbortController();
  const { keeper, catalog } = homes;
  const { vault } = keeper;
  const logs: Logged[] = [];
  const log = (event: string, fields: Record<string, unknown> = {}) =>
    void logs.push({ event, fields });
  const clock = { now: Date.now };
  const worker = workerClient({
    ...{ url: server.address, token: bridgeToken, signal: leaving.signal, silenceMs },
    now: () => clock.now(),
    bridgeId: () => catalog.identity.id,
  });
  const shared = { worker, log, random: () => 0, now: () => clock.now() };
  const directory = new SchoolDirectory(catalog);
  const slugOf = (schoolId: SchoolId) => directory.slugOf(schoolId);
  const telling = new Telling({ ...shared, catalog, syncMs: 5 });
  const outbox = new Outbox({
    ...{ ...shared, vault, slugOf, concurrency, sliceBytes },
    laneOf: (schoolId, name) => way.laneOf(schoolId, name),
    maxExpandedBytes,
    ended: () => telling.nudge(),
  });
  const commands = new Commands({
    rotation: { begin: () => Promise.reject(new Error("no key is rotated here")) },
    ...{ ...shared, vault, outbox, slugOf, concurrency },
    remove: (file) => removeFile(keeper, file),
    acknowledged: () => telling.nudge(),
  });
  const listening = new Listening({
    ...{ ...shared, directory, commands, listenMs, syncMs: 5, after: systemAfter },
    directoryChanged() {},
    workerAway: (reason) => log("away", { reason }),
    isSecond() {},
    workerReturned() {
      log("returned");
      outbox.wake();
      commands.wake();
      telling.nudge();
    },
  });
  const way: WholeWay = {
    ...{ homes, app, worker, directory, outbox, commands, telling, listening, logs, clock },
    between: () => undefined,
    laneOf: (schoolId, name) => directory.takingOf(schoolId, name)?.lane ?? "roster",
    start() {
      listening.start();
      telling.start();
    },
    async school(slug) {
      const made = await app.admin("POST", "/admin/schools", { slug, name: slug });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { rows } = await database.execute({
        sql: "SELECT id FROM schools WHERE slug = ?",
        args: [slug],
      });
      return Number(rows[0]!["id"]) as SchoolId;
    },
    async accept(schoolId, name, text) {
      const home = homes.home(schoolId);
      await put(home, `/inbound/${name}`, text);
      await home.leave();
    },
    async uploads(slug) {
      const { body } = await app.admin("GET", `/admin/schools/${slug}/uploads`);
      return body.items.toReversed();
    },
    async result(schoolId, name, stage) {
      const home = homes.home(schoolId);
      const found = (await names(home)).find((one) =>
        one.startsWith(`${name}.`) && one.endsWith(`.${stage}`)
      );
      return found === undefined ? undefined : await get(home, `/inbound/${found}`);
    },
    async [Symbol.asyncDispose]() {
      leaving.abort(new Error("the test is over"));
      app.context.bell.close();
      await Promise.all([listening.stop(), telling.stop(), commands.stop(), outbox.stop()]);
      await server.stop();
      database.close();
      await homes[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return way;
}

export const HEADER =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";

/** A roster of so many students, numbered from 1; each row has as many bytes as the others. */
export function roster(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(6, "0");
    return `u${number}@college.edu,S${number},Lee,Ann,,09/30/2004,,,1\r\n`;
  });
  return HEADER + rows.join("");
}
