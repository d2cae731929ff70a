/**
 * The bridge's composition root: settings → catalog → SFTP and relay.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 78 (EX_CONFIG) for a setting that cannot be used, 1 otherwise.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startHealth } from "./health.ts";
import { openHome } from "./home/school-home.ts";
import { Writers } from "./home/writing.ts";
import { recoverPartialSizes } from "./intake/recovery.ts";
import { Settling } from "./intake/settling.ts";
import { SchoolDirectory } from "./schools/directory.ts";
import { Outbox } from "./relay/outbox.ts";
import { Sync } from "./relay/sync.ts";
import { workerClient } from "./relay/worker-client.ts";
import { type BridgeSettings, readSettings } from "./settings.ts";
import { SettingError } from "../shared/settings.ts";
import { hostKeyFingerprint, loadOrMakeHostKey } from "./sftp/host-key.ts";
import { startSftpServer } from "./sftp/server.ts";
import { Catalog } from "./vault/catalog/catalog.ts";
import { lockFolder } from "./vault/folder-lock.ts";
import { fileKeyring } from "./vault/keys/keyring.ts";
import { SchoolKeys } from "./vault/keys/school-keys.ts";
import { Vault } from "./vault/vault.ts";

const EX_CONFIG = 78;
/** So long requests of schools, and then calls to the worker, may take when the bridge is to end. */
const REQUESTS_MS = 5_000;
const CALLS_MS = 3_000;

/** One JSON object a line on standard output; never row values, keys or tokens. */
function log(event: string, fields: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}

async function run(settings: BridgeSettings): Promise<void> {
  // Nobody else on the host may read what is stored.
  process.umask(0o077);
  const now = Date.now;
  const random = Math.random;

  await asSetting(
    `DATA_DIR is "${settings.dataDir}"; it takes a folder that is there or can be made`,
    mkdir(settings.dataDir, { recursive: true, mode: 0o700 }),
  );
  const lock = lockFolder(settings.dataDir);
  const keyring = await asSetting("MASTER_KEY_FILE", fileKeyring(settings.masterKeyFile));
  const hostKey = await asSetting("HOST_KEY_FILE", loadOrMakeHostKey(settings.hostKeyFile));

  const catalog = new Catalog(join(settings.dataDir, "catalog.db"), now);
  const keys = new SchoolKeys(keyring, catalog.keys);
  const vault = new Vault(catalog, keys, join(settings.dataDir, "blobs"));
  await vault.sweepAll();
  await recoverPartialSizes(vault, log);

  const leaving = new AbortController();
  const worker = workerClient({
    url: settings.workerUrl,
    token: settings.bridgeToken,
    now,
    signal: leaving.signal,
  });
  const directory = new SchoolDirectory(catalog);
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
    isOpen: (file) => vault.inUse(file.blob),
    accepted: (entry) => {
      log("upload.accepted", { upload: entry.uploadId, schoolId: entry.schoolId });
      outbox.add(entry);
    },
    log,
  });
  const { maxUploadBytes } = settings;
  const keeper = { vault, settling, writers: new Writers(), maxUploadBytes, now, log };

  const sftp = await asAddress(
    `SFTP_HOST and SFTP_PORT are ${settings.sftpHost} and ${settings.sftpPort}`,
    startSftpServer({
      host: settings.sftpHost,
      port: settings.sftpPort,
      hostKeys: [hostKey],
      keyTypes: settings.keyTypes,
      authenticate: (slug, publicKey, at) => directory.authenticate(slug, publicKey, at),
      enter({ schoolId, fingerprint, address, client }) {
        const sender = { fingerprint, address, client };
        try {
          catalog.ledger.recordLogin(schoolId, sender);
        } catch (error) {
          // Such as a full disk: the school must come in to make room.
          log("login.not_recorded", { schoolId, reason: (error as Error).message });
        }
        return openHome(keeper, schoolId, sender);
      },
      log,
      now,
    }),
  );
  const sync = new Sync({
    vault,
    worker,
    directory,
    syncMs: settings.syncMs,
    now,
    random,
    log,
    directoryChanged() {
      sftp.closeSessions(({ slug, fingerprint }) => !directory.admits(slug, fingerprint, now()));
    },
    workerReturned: () => outbox.wake(),
  });
  const health = await asAddress(
    `HEALTH_PORT is ${settings.healthPort}`,
    startHealth(settings.healthPort, () => ({
      workerAnsweredAt: sync.lastAnswerAt,
      uploadsWaiting: outbox.length,
    })),
  );

  outbox.resume();
  settling.resume();
  sync.start();

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    log("stopping");
    await sftp.close(REQUESTS_MS);
    settling.stop();
    // A worker that does not answer must not keep the bridge: what is in the outbox goes on next time.
    setTimeout(() => leaving.abort(new Error("the bridge is stopping")), CALLS_MS);
    await Promise.all([outbox.stop(), sync.stop()]);
    health.server.close();
    catalog.close();
    lock.release();
    log("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  log("listening", {
    sftp: `${settings.sftpHost}:${sftp.port}`,
    health: `127.0.0.1:${health.port}`,
    hostKey: hostKeyFingerprint(hostKey),
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
    throw code === "EADDRINUSE" ? new Error(sentence) : new SettingError(sentence);
  }
}

try {
  await run(readSettings(process.env));
} catch (error) {
  const isSetting = error instanceof SettingError;
  console.error(
    isSetting ? error.message : `The bridge could not start: ${(error as Error).message}`,
  );
  process.exit(isSetting ? EX_CONFIG : 1);
}
