/** A real vault in a folder of its own, with what homes share, for the tests of homes. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HomeKeeper } from "../../../bridge/home/keeper.ts";
import type { Rate } from "../../../bridge/bucket.ts";
import { ChangeTurns } from "../../../bridge/home/change-turns.ts";
import { type HomeUse, Quota } from "../../../bridge/home/quota.ts";
import { LeftNames } from "../../../bridge/home/left-names.ts";
import { OpenFiles } from "../../../bridge/home/open-files.ts";
import { openHome } from "../../../bridge/home/school-home.ts";
import { Storage } from "../../../bridge/home/storage.ts";
import { Writers } from "../../../bridge/home/writers.ts";
import { LimitsReached } from "../../../bridge/limits-reached.ts";
import { Settling } from "../../../bridge/intake/settling.ts";
import { type After, systemAfter } from "../../../bridge/timers.ts";
import { takingOf } from "../../../bridge/schools/lanes.ts";
import { rosterLane } from "../../../worker/database/control/directory.ts";
import type { Log } from "../../../shared/log.ts";
import type { Entry, Home, OpenMode } from "../../../bridge/home/home.ts";
import { Catalog, type OutboxEntry } from "../../../bridge/vault/catalog/catalog.ts";
import { fileKeyring } from "../../../bridge/vault/keys/keyring.ts";
import { SchoolKeys } from "../../../bridge/vault/keys/school-keys.ts";
import { Vault } from "../../../bridge/vault/vault.ts";
import { idOfSchool } from "../school-id.ts";

export const sender = { fingerprint: "SHA256:test", address: "127.0.0.1", client: "test" };

export interface Logged {
  event: string;
  fields: Record<string, unknown>;
}

export interface TestHomes extends AsyncDisposable {
  keeper: HomeKeeper;
  limits: LimitsReached;
  catalog: Catalog;
  folder: string;
  accepted: OutboxEntry[];
  logged: Logged[];
  home(schoolId?: number): Home;
}

export interface TestHomesOptions {
  mostOfHome?: HomeUse;
  changes?: Rate;
  settleMs?: number;
  maxUploadBytes?: number;
  maxOpenFiles?: number;
  /** An earlier run's folder, to start over it. */
  folder?: string;
  now?: () => number;
  after?: After;
}

export async function testHomes(options: TestHomesOptions = {}): Promise<TestHomes> {
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), "rosterbridge-home-"));
  const now = options.now ?? Date.now;
  const catalog = new Catalog(join(folder, "catalog.db"), now);
  const keyring = await fileKeyring(join(folder, "master.key"));
  const keys = new SchoolKeys(keyring, catalog.keys);
  await mkdir(join(folder, "blobs"), { recursive: true });
  const vault = new Vault(catalog, keys, join(folder, "blobs"));
  const accepted: OutboxEntry[] = [];
  const logged: Logged[] = [];
  const log: Log = (event, fields = {}) => void logged.push({ event, fields });
  const settling = new Settling({
    catalog,
    settleMs: options.settleMs ?? 60_000,
    after: options.after ?? systemAfter,
    takes: (_schoolId, name) => takingOf([rosterLane], name),
    accepted: (entry) => void accepted.push(entry),
    log,
  });
  const maxUploadBytes = options.maxUploadBytes ?? 64 * 1024 * 1024;
  const limits = new LimitsReached(log, now);
  const keeper: HomeKeeper = {
    vault,
    settling,
    writers: new Writers(),
    leftNames: new LeftNames(),
    openFiles: new OpenFiles(options.maxOpenFiles ?? 64, limits.reached),
    quota: new Quota({
      most: options.mostOfHome ?? { files: 100_000, bytes: 10 * 1024 ** 3 },
      used: (id) => catalog.used(id),
      now,
      reached: limits.reached,
    }),
    changes: new ChangeTurns(options.changes ?? { burst: 10_000, perSecond: 1000 }, {
      now,
      after: options.after ?? systemAfter,
      reached: limits.reached,
    }),
    maxUploadBytes,
    now,
    after: options.after ?? systemAfter,
    storage: new Storage(log),
    log,
    reached: limits.reached,
  };
  return {
    keeper,
    limits,
    catalog,
    folder,
    accepted,
    logged,
    home: (schoolId = 1) => openHome(keeper, idOfSchool(schoolId), sender),
    async [Symbol.asyncDispose]() {
      settling.stop();
      catalog.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const none: OpenMode = {
  read: false,
  write: false,
  append: false,
  create: false,
  exclusive: false,
  truncate: false,
};
export const toRead: OpenMode = { ...none, read: true };
export const toWrite: OpenMode = { ...none, write: true, create: true, truncate: true };
export const toResume: OpenMode = { ...none, write: true };
export const toAppend: OpenMode = { ...none, write: true, append: true };

/** Uploads a text as a client does: open, write, close. */
export async function put(home: Home, path: string, text: string | Uint8Array): Promise<void> {
  const file = await home.open(path, toWrite);
  await file.write(0, Buffer.from(text));
  await file.close();
}

export async function get(home: Home, path: string): Promise<string> {
  return (await getBytes(home, path)).toString();
}

export async function getBytes(home: Home, path: string): Promise<Buffer> {
  const file = await home.open(path, toRead);
  const { size } = await file.stat();
  const bytes = await file.read(0, size);
  await file.close();
  return Buffer.from(bytes);
}

/** The whole folder, read in pages. */
export async function entries(home: Home, folder = "/inbound"): Promise<Entry[]> {
  const reader = await home.list(folder);
  const all: Entry[] = [];
  for (let page; (page = await reader.page(2)).length > 0;) all.push(...page);
  return all;
}

export async function names(home: Home, folder = "/inbound"): Promise<string[]> {
  return (await entries(home, folder)).map(({ name }) => name);
}
