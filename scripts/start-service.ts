/**
 * The whole service on one machine with the embedded database (docs/operations.md): makes its folder
 * and what is missing in it, and runs the worker and the bridge. The environment overrides every
 * setting.
 */
import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { workerAnswered } from "./answered.ts";
import { bridgeProgram, type Environment, workerProgram } from "./programs.ts";
import { type Outcome, supervise, type Supervised } from "./supervise.ts";
import { SettingError } from "../shared/settings.ts";
import { loadOrMakeToken } from "./tokens.ts";

/** Where the service is, once it works. */
export interface Addresses {
  /** `127.0.0.1:2222` */
  sftp: string;
  /** `SHA256:…` of the host key, when the bridge tells it. */
  hostKey: string | undefined;
  /** The worker as this machine reaches it: `http://127.0.0.1:8787`. */
  workerUrl: string;
}

export interface Service {
  /**
   * Resolves when the worker has answered the bridge, so when its database works too. Rejects when
   * one of the processes cannot start; `ended` says with what exit code.
   */
  ready: Promise<Addresses>;
  ended: Promise<Outcome>;
  stop(): Promise<Outcome>;
  pids: Supervised["pids"];
  dataDir: string;
  adminToken: string;
  /** Where the token is kept; `undefined` when the environment gave it. */
  adminTokenFile: string | undefined;
}

export interface ServiceOptions {
  /** The settings, as `npm start` takes them from its environment. */
  environment: Environment;
  /** Gets each line that the worker and the bridge write. */
  log: (name: string, line: string) => void;
}

/** @throws {SettingError} when a setting of the service itself cannot be used */
export function startService({ environment, log }: ServiceOptions): Service {
  const dataDir = resolve(environment["DATA_DIR"] || "./data");
  makeFolder(dataDir);
  makeFolder(join(dataDir, "bridge"));
  refuseOtherFile(join(dataDir, "worker.db"), environment);
  const adminTokenFile = join(dataDir, "admin-token");
  const adminToken = environment["ADMIN_TOKEN"] || loadOrMakeToken("ADMIN_TOKEN", adminTokenFile);
  const bridgeToken = environment["BRIDGE_TOKEN"] ||
    loadOrMakeToken("BRIDGE_TOKEN", join(dataDir, "bridge-token"));

  const worker = workerProgram({
    DATABASE_URL: `file:${join(dataDir, "worker.db")}`,
    ...given(environment),
    BRIDGE_TOKEN: bridgeToken,
    ADMIN_TOKEN: adminToken,
  });
  // What only the worker may know is kept from the process that faces the Internet.
  const { ADMIN_TOKEN: _, DATABASE_URL: __, DATABASE_AUTH_TOKEN: ___, ...shared } = given(
    environment,
  );
  const supervised = supervise({
    worker,
    bridge: (listening) =>
      bridgeProgram({
        WORKER_URL: reachable(String(listening["address"])),
        ...shared,
        DATA_DIR: join(dataDir, "bridge"),
        // While one token replaces another the worker takes both, and the bridge sends the first.
        BRIDGE_TOKEN: bridgeToken.split(",")[0],
      }),
    log,
  });
  const ended = new AbortController();
  supervised.ended.then(() => ended.abort(new Error("The service has ended.")));
  const ready = supervised.ready.then(async ({ worker, bridge }) => {
    const workerUrl = reachable(String(worker["address"]));
    await workerAnswered({
      health: String(bridge["health"]),
      workerUrl,
      say: (sentence) => log("start", sentence),
      signal: ended.signal,
    });
    return {
      sftp: String(bridge["sftp"]),
      hostKey: typeof bridge["hostKey"] === "string" ? bridge["hostKey"] : undefined,
      workerUrl,
    };
  });
  ready.catch(() => {}); // `ended` tells of it as well
  return {
    ready,
    ended: supervised.ended,
    stop: supervised.stop,
    pids: supervised.pids,
    dataDir,
    adminToken,
    adminTokenFile: environment["ADMIN_TOKEN"] ? undefined : adminTokenFile,
  };
}

/** An empty setting is one that is not set. */
function given(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
}

/** A worker that listens on all addresses is reached on the loopback one. */
function reachable(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/** A file that is no database never becomes one: it is not worth waiting for. */
function refuseOtherFile(file: string, environment: Environment): void {
  if (environment["DATABASE_URL"]) return;
  const magic = Buffer.alloc(16);
  let read: number;
  try {
    const descriptor = openSync(file, "r");
    read = readSync(descriptor, magic);
    closeSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new SettingError(`DATA_DIR: ${file} cannot be read (${(error as Error).message}).`);
  }
  if (read === 0 || magic.toString("latin1") === "SQLite format 3\0") return;
  throw new SettingError(
    `DATA_DIR: ${file} is no SQLite database; move it away, or put its backup in its place.`,
  );
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SettingError(
      `DATA_DIR: the folder ${folder} cannot be made (${
        (error as NodeJS.ErrnoException).code
      }); DATA_DIR takes a folder that this user may write to.`,
    );
  }
}
