/**
 * The running bridge: what is stored, who may come in, the SFTP server, the way to the worker and
 * health, put together and stopped in order.
 */
import type { HomeKeeper } from "./home/keeper.ts";
import { OpenFiles } from "./home/open-files.ts";
import { openHome } from "./home/school-home.ts";
import { Storage } from "./home/storage.ts";
import { Writers } from "./home/writers.ts";
import { recoverPartialSizes } from "./intake/recovery.ts";
import { Settling } from "./intake/settling.ts";
import { isRosterName } from "../shared/file-names.ts";
import type { Log } from "../shared/log.ts";
import { SettingError } from "../shared/settings.ts";
import { openStored, type Stored } from "./open.ts";
import { startHealth } from "./operations/health.ts";
import { Outbox } from "./relay/outbox.ts";
import { Sync } from "./relay/sync.ts";
import { workerClient } from "./relay/worker-client.ts";
import { SchoolDirectory } from "./schools/directory.ts";
import type { BridgeSettings } from "./settings.ts";
import { hostKeyFingerprint, loadOrMakeHostKey } from "./sftp/host-key.ts";
import { type SftpServer, startSftpServer, type Visitor } from "./sftp/server.ts";
import { TemporaryFailure } from "./start-failure.ts";
import { systemAfter } from "./timers.ts";

/** So long requests of schools, and then calls to the worker, may take when the bridge is to end. */
const REQUESTS_MS = 5_000;
const CALLS_MS = 3_000;

/** What the world gives a bridge; milliseconds since the epoch, numbers from 0 up to 1. */
export interface Surroundings {
  log: Log;
  now(): number;
  random(): number;
}

export interface RunningBridge {
  /** Lets requests and calls come to their end, within limits; then everything is closed. */
  stop(): Promise<void>;
}

/**
 * Starts the bridge; when this returns it listens.
 *
 * @throws SettingError a setting cannot be used
 * @throws TemporaryFailure a port is taken, or another bridge has the folder
 */
export async function serve(
  settings: BridgeSettings,
  surroundings: Surroundings,
): Promise<RunningBridge> {
  const { log } = surroundings;
  // Nobody else on the host may read what is stored.
  process.umask(0o077);
  const stored = await openStored(settings, surroundings);
  const hostKey = await asSetting("HOST_KEY_FILE", loadOrMakeHostKey(settings.hostKeyFile));
  await stored.vault.sweepAll();
  await recoverPartialSizes(stored.vault, log);

  const leaving = new AbortController();
  const way = relayOf(stored, settings, surroundings, leaving.signal);
  const sftp = await startSftp(hostKey, stored, way, settings, surroundings);
  const sync = syncOf(stored, way, sftp, settings, surroundings);
  const health = await asAddress(
    `HEALTH_PORT is ${settings.healthPort}`,
    startHealth(settings.healthPort, () => ({
      workerAnsweredAt: sync.lastAnswerAt,
      uploadsWaiting: way.outbox.length,
    })),
  );

  way.outbox.resume();
  way.settling.resume();
  sync.start();
  log("listening", {
    sftp: `${settings.sftpHost}:${sftp.port}`,
    health: `127.0.0.1:${health.port}`,
    hostKey: hostKeyFingerprint(hostKey),
  });

  return {
    async stop() {
      await sftp.close(REQUESTS_MS);
      way.settling.stop();
      // A worker that does not answer must not keep the bridge: what is in the outbox goes on next time.
      const late = setTimeout(
        () => leaving.abort(new Error("the bridge is stopping")),
        CALLS_MS,
      );
      await Promise.all([way.outbox.stop(), sync.stop()]);
      clearTimeout(late);
      health.server.close();
      stored.close();
    },
  };
}

/** From an accepted file to the worker. */
interface Way {
  worker: ReturnType<typeof workerClient>;
  directory: SchoolDirectory;
  outbox: Outbox;
  settling: Settling;
}

function relayOf(
  { catalog, vault }: Stored,
  settings: BridgeSettings,
  { log, now, random }: Surroundings,
  signal: AbortSignal,
): Way {
  const worker = workerClient({
    url: settings.workerUrl,
    token: settings.bridgeToken,
    now,
    signal,
  });
  const outbox = new Outbox({
    vault,
    worker,
    concurrency: settings.relayConcurrency,
    sliceBytes: settings.sliceBytes,
    random,
    log,
  });
  const settling = new Settling({
    catalog,
    settleMs: settings.settleMs,
    after: systemAfter,
    takes: (_schoolId, name) => isRosterName(name),
    accepted(entry) {
      log("upload.accepted", { upload: entry.uploadId, schoolId: entry.schoolId });
      outbox.add(entry);
    },
    log,
  });
  return { worker, directory: new SchoolDirectory(catalog), outbox, settling };
}

function startSftp(
  hostKey: string,
  { catalog, vault }: Stored,
  { directory, settling }: Way,
  settings: BridgeSettings,
  { log, now }: Surroundings,
): Promise<SftpServer> {
  const { maxUploadBytes } = settings;
  const keeper: HomeKeeper = {
    vault,
    settling,
    writers: new Writers(),
    openFiles: new OpenFiles(settings.maxOpenFiles),
    maxUploadBytes,
    now,
    after: systemAfter,
    storage: new Storage(log),
    log,
  };
  const enter = ({ schoolId, fingerprint, address, client }: Visitor) => {
    const sender = { fingerprint, address, client };
    try {
      catalog.ledger.recordLogin(schoolId, sender);
    } catch (error) {
      // Such as a full disk: the school must come in to make room.
      log("login.not_recorded", { schoolId, reason: (error as Error).message });
    }
    return openHome(keeper, schoolId, sender);
  };
  return asAddress(
    `SFTP_HOST and SFTP_PORT are ${settings.sftpHost} and ${settings.sftpPort}`,
    startSftpServer({
      host: settings.sftpHost,
      port: settings.sftpPort,
      hostKeys: [hostKey],
      keyTypes: settings.keyTypes,
      kex: settings.kex,
      tracing: settings.tracing,
      authenticate: (slug, publicKey, at) => directory.authenticate(slug, publicKey, at),
      enter,
      log,
      now,
    }),
  );
}

function syncOf(
  { vault }: Stored,
  { worker, directory, outbox }: Way,
  sftp: SftpServer,
  { syncMs }: BridgeSettings,
  { log, now, random }: Surroundings,
): Sync {
  return new Sync({
    vault,
    worker,
    directory,
    syncMs,
    now,
    random,
    log,
    directoryChanged() {
      sftp.closeSessions(({ slug, fingerprint }) => !directory.admits(slug, fingerprint, now()));
    },
    workerReturned: () => outbox.wake(),
  });
}

/** A file a setting names that cannot be used is that setting's fault. */
async function asSetting<Result>(name: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new SettingError(`${name}: ${(error as Error).message}`);
  }
}

/** Where nothing can listen, the settings are wrong, unless somebody else listens there for now. */
async function asAddress<Result>(settings: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const sentence = `${settings}, where nothing can listen: ${message}`;
    throw code === "EADDRINUSE" ? new TemporaryFailure(sentence) : new SettingError(sentence);
  }
}
