/**
 * The running bridge: what is stored, who may come in, the SFTP server, the way to the worker and
 * health, put together and stopped in order.
 */
import type { Ban } from "./door/bans.ts";
import type { HomeKeeper } from "./home/keeper.ts";
import { LeftNames } from "./home/left-names.ts";
import { OpenFiles } from "./home/open-files.ts";
import { ChangeTurns } from "./home/change-turns.ts";
import { LimitsReached } from "./limits-reached.ts";
import { Quota } from "./home/quota.ts";
import { removeFile } from "./home/removal.ts";
import { openHome } from "./home/school-home.ts";
import { Storage } from "./home/storage.ts";
import { Writers } from "./home/writers.ts";
import { recoverPartialSizes } from "./intake/recovery.ts";
import { Settling } from "./intake/settling.ts";
import type { Log } from "../shared/log.ts";
import type { FrontDoor, SchoolId } from "../shared/protocol.ts";
import { SettingError } from "../shared/settings.ts";
import { openStored, type Stored } from "./open.ts";
import { watchDisk } from "./operations/disk-watch.ts";
import { watchKeyring } from "./operations/keyring-watch.ts";
import { startHealth } from "./operations/health.ts";
import type { BridgeState, CurrentTrouble } from "./operations/state.ts";
import { Trouble } from "./trouble.ts";
import { Commands } from "./relay/commands/queue.ts";
import { Listening } from "./relay/listening.ts";
import { Outbox } from "./relay/outbox.ts";
import { Telling } from "./relay/telling.ts";
import { type WorkerClient, workerClient } from "./relay/worker-client.ts";
import { Arrivals } from "./schools/arrivals.ts";
import { SchoolDirectory } from "./schools/directory.ts";
import { watchExpiry } from "./schools/expiry.ts";
import type { BridgeSettings } from "./settings.ts";
import { hostKeyFingerprint, loadHostKeys } from "./sftp/host-key.ts";
import { type HostKey, inForce } from "./sftp/host-keys.ts";
import { type SftpServer, startSftpServer, type Visitor } from "./sftp/server.ts";
import { TemporaryFailure } from "./start-failure.ts";
import { systemAfter } from "./timers.ts";
import type { Catalog } from "./vault/catalog/catalog.ts";
import { KeyRotation } from "./vault/key-rotation.ts";

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
  /** Rejects when it must not go on: nothing that was answered OK is at risk, and a new start may heal it. */
  ended: Promise<never>;
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
  const stored = await openStored(settings, surroundings);
  const { now } = surroundings;
  const hostKeys = await asSetting("HOST_KEY_FILE", loadHostKeys(settings.hostKeyFiles, now()));
  await stored.vault.sweepAll();
  await recoverPartialSizes(stored.vault, log);

  const leaving = new AbortController();
  const way = relayOf(stored, settings, surroundings, leaving.signal);
  const arrivals = new Arrivals({
    ledger: stored.catalog.ledger,
    ...{ now: surroundings.now, after: systemAfter, log },
  });
  const sftp = await startSftp(hostKeys, way, arrivals, settings, surroundings);
  const admission = admissionOf(sftp, way, surroundings);
  const [shown, ...further] = inForce(hostKeys, now()).map(({ key }) => hostKeyFingerprint(key));
  const door = {
    address: frontAddress(settings, sftp.port),
    hostKeys: [shown!, ...further],
  };
  const { promise: ended, reject: end } = promised();
  const { catalog, vault } = stored;
  // Only a start reads again what is really on the disk.
  const failed = ({ message }: Error) =>
    end(new TemporaryFailure(`What schools send could not be stored for good: ${message}`));
  void catalog.failed.then(failed);
  vault.failed = failed;
  const isSecond = (sentence: string) => end(new TemporaryFailure(sentence));
  const ears = earsOf(way, { admission, isSecond, sftp }, door, settings, surroundings);
  const health = await asAddress(
    `HEALTH_PORT is ${settings.healthPort}`,
    startHealth(settings.healthPort, () => healthOf(way, ears, sftp)),
  );
  const disk = watchDisk({
    room: stored.vault.room,
    checkPlace: () => stored.catalog.checkPlace(),
    troubles: way.keeper.storage,
  });
  const keyring = watchKeyring({
    keyring: stored.keyring,
    trouble: way.keeper.storage.keyringAway,
  });

  way.outbox.resume();
  way.keeper.settling.resume();
  way.rotation.resume();
  ears.listening.start();
  way.telling.start();
  log("listening", {
    sftp: `${settings.sftpHost}:${sftp.port}`,
    health: `127.0.0.1:${health.port}`,
    hostKey: shown,
    ...(further.length > 0 ? { furtherHostKeys: further } : {}),
  });

  return {
    ended,
    async stop() {
      // Nobody waits for news any more; that the call is cut off is no trouble.
      const listened = ears.listening.stop();
      ears.quiet.abort(new Error("the bridge is stopping"));
      disk.stop();
      keyring.stop();
      admission.stop();
      await sftp.close(REQUESTS_MS);
      arrivals.stop();
      way.keeper.settling.stop();
      // A worker that does not answer must not keep the bridge: what is in the outbox goes on next time.
      const late = setTimeout(
        () => leaving.abort(new Error("the bridge is stopping")),
        CALLS_MS,
      );
      await Promise.all([
        ...[way.outbox.stop(), way.commands.stop(), way.telling.stop(), listened],
        way.rotation.stop(),
      ]);
      clearTimeout(late);
      health.server.close();
      stored.close();
    },
  };
}

/** Nobody needs to wait for it. */
function promised(): { promise: Promise<never>; reject(error: Error): void } {
  let reject!: (error: Error) => void;
  const promise = new Promise<never>((_, no) => reject = no);
  promise.catch(() => {});
  return { promise, reject };
}

/** From an accepted file to the worker, and from the worker's wishes to the homes. */
interface Way {
  worker: WorkerClient;
  directory: SchoolDirectory;
  outbox: Outbox;
  commands: Commands;
  telling: Telling;
  workerAway: Trouble;
  keeper: HomeKeeper;
  limits: LimitsReached;
  rotation: KeyRotation;
}

function relayOf(
  { catalog, vault }: Stored,
  settings: BridgeSettings,
  { log, now, random }: Surroundings,
  signal: AbortSignal,
): Way {
  const { relayConcurrency: concurrency, syncMs, sliceBytes, maxUploadBytes } = settings;
  const worker = clientOf(catalog, settings, now, signal);
  const directory = new SchoolDirectory(catalog);
  const slugOf = (schoolId: SchoolId) => directory.slugOf(schoolId);
  const telling = new Telling({ catalog, worker, syncMs, random, log });
  const outbox = new Outbox({
    ...{ vault, worker, concurrency, sliceBytes, random, log, slugOf },
    laneOf: (schoolId, name) => directory.takingOf(schoolId, name)?.lane ?? "roster",
    maxExpandedBytes: maxUploadBytes,
    ended: () => telling.nudge(),
  });
  const settling = new Settling({
    catalog,
    settleMs: settings.settleMs,
    after: systemAfter,
    takes: (schoolId, name) => directory.takingOf(schoolId, name),
    accepted(entry) {
      const { uploadId, schoolId, name } = entry;
      log("upload.accepted", { school: slugOf(schoolId), schoolId, upload: uploadId, name });
      outbox.add(entry);
    },
    log,
  });
  const limits = new LimitsReached(log, now);
  const { reached } = limits;
  const keeper = {
    ...{ vault, settling, maxUploadBytes, now, log, reached },
    writers: new Writers(),
    leftNames: new LeftNames(),
    openFiles: new OpenFiles(settings.maxOpenFiles, reached),
    quota: new Quota({ most: settings.home, used: (id) => catalog.used(id), now, reached }),
    changes: new ChangeTurns(settings.changes, { now, after: systemAfter, reached }),
    after: systemAfter,
    storage: new Storage(log),
  };
  const told = () => telling.nudge();
  const rotation = new KeyRotation({ vault, after: systemAfter, log, told });
  const commands = new Commands({
    ...{ vault, worker, outbox, rotation },
    remove: (file, why) => removeFile(keeper, file, why),
    ...{ concurrency, now, random, log, slugOf },
    acknowledged: () => telling.nudge(),
  });
  return {
    ...{ worker, directory, outbox, commands, telling, keeper, limits, rotation },
    workerAway: new Trouble("the worker does not answer", log),
  };
}

function clientOf(
  catalog: Catalog,
  { workerUrl: url, bridgeToken: token }: BridgeSettings,
  now: () => number,
  signal: AbortSignal,
): WorkerClient {
  return workerClient({ url, token, bridgeId: () => catalog.identity.id, now, signal });
}

/** The listening, and what ends its call when the bridge is to end. */
interface Ears {
  listening: Listening;
  quiet: AbortController;
}

function earsOf(
  way: Way,
  { admission, isSecond, sftp }: {
    admission: { look(): void };
    isSecond(sentence: string): void;
    sftp: SftpServer;
  },
  door: FrontDoor,
  settings: BridgeSettings,
  { log, now, random }: Surroundings,
): Ears {
  const { directory, outbox, commands, telling, keeper } = way;
  const quiet = new AbortController();
  const listening = new Listening({
    worker: clientOf(keeper.vault.catalog, settings, now, quiet.signal),
    ...{ directory, commands, door, now, random, log, after: systemAfter },
    listenMs: settings.listenMs,
    syncMs: settings.syncMs,
    directoryChanged: () => admission.look(),
    isSecond,
    bans: {
      list: () => sftp.bans().map(toldBan),
      lift: (source) => void sftp.liftBan(source),
    },
    workerAway: (reason) => way.workerAway.seen(reason),
    workerReturned() {
      way.workerAway.over();
      outbox.wake();
      commands.wake();
      telling.nudge();
    },
  });
  return { listening, quiet };
}

/** As the operator says it; else the address it listens on, unless that is all there are. */
function frontAddress({ sftpAddress, sftpHost }: BridgeSettings, port: number): string | null {
  if (sftpAddress !== null) return sftpAddress;
  if (["0.0.0.0", "::"].includes(sftpHost)) return null;
  return `${sftpHost.includes(":") ? `[${sftpHost}]` : sftpHost}:${port}`;
}

function toldBan({ source, since, until, failures }: Ban) {
  const [from, to] = [since, until].map((at) => new Date(at).toISOString());
  return { source, since: from!, until: to!, failures };
}

/** Who is let in is looked at again when the directory changes, and when a key expires. */
function admissionOf(
  sftp: SftpServer,
  { directory }: Way,
  { now }: Surroundings,
): { look(): void; stop(): void } {
  const close = () => {
    sftp.closeSessions((visitor) => !directory.admits(visitor, now()));
  };
  const next = (at: number) => directory.nextExpiry(at);
  const expiry = watchExpiry({ next, expired: close, now });
  return {
    look() {
      close();
      expiry.look();
    },
    stop: () => expiry.stop(),
  };
}

function healthOf(
  { outbox, commands, telling, workerAway, keeper, limits }: Way,
  { listening }: Ears,
  sftp: SftpServer,
): BridgeState {
  return {
    workerAnsweredAt: listening.lastAnswerAt,
    uploadsWaiting: outbox.length,
    uploadsHeld: outbox.aside("held"),
    uploadsParked: outbox.aside("parked"),
    commandsWaiting: commands.length,
    eventsAside: keeper.vault.catalog.ledger.aside,
    sessions: sftp.sessions,
    ...sftp.load,
    limitsReached: limits.counts,
    door: { ...sftp.figures, refusedLogins: sftp.refusedLogins },
    troubles: [
      ...now("worker_away", workerAway),
      ...now("disk_full", keeper.storage.fullDisk),
      ...now("data_dir_gone", keeper.storage.folderGone),
      ...now("catalog_not_synced", keeper.storage.notDurable),
      ...now("keyring_away", keeper.storage.keyringAway),
      ...now("events_set_aside", telling.refused),
      ...now("results_delayed", { reason: outbox.resultsDelayed }),
    ],
  };
}

function now(
  trouble: CurrentTrouble["trouble"],
  { reason }: { reason: string | undefined },
): CurrentTrouble[] {
  return reason === undefined ? [] : [{ trouble, reason }];
}

function startSftp(
  hostKeys: readonly HostKey[],
  { directory, keeper }: Way,
  arrivals: Arrivals,
  settings: BridgeSettings,
  { log, now }: Surroundings,
): Promise<SftpServer> {
  const enter = ({ schoolId, fingerprint, address, client }: Visitor) => {
    const sender = { fingerprint, address, client };
    arrivals.login(schoolId, sender);
    return openHome(keeper, schoolId, sender);
  };
  return asAddress(
    `SFTP_HOST and SFTP_PORT are ${settings.sftpHost} and ${settings.sftpPort}`,
    startSftpServer({
      host: settings.sftpHost,
      port: settings.sftpPort,
      hostKeys,
      keyTypes: settings.keyTypes,
      ...{ kex: settings.kex, helpUrl: settings.helpUrl },
      tracing: settings.tracing,
      door: settings.door,
      limits: settings.sftp,
      authenticate: (showing) => directory.authenticate(showing),
      refusal: (showing) => directory.refusal(showing),
      refusedLogin: (refused) => arrivals.refused(refused, directory.idOf(refused.slug ?? "")),
      reached: keeper.reached,
      enter,
      log,
      now,
    }),
  );
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
