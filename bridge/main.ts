/**
 * The bridge's command line: words and settings → what is to be done.
 *
 * Exit codes (sysexits.h): 0 when it is done, after SIGTERM and SIGINT too; 64 for words that mean
 * nothing; 75 for what may pass by itself; 78 for a setting that cannot be used; 1 otherwise.
 */
import manifest from "../package.json" with { type: "json" };
import { SettingError } from "../shared/settings.ts";
import { backup } from "./backup/backup.ts";
import { restore } from "./restore.ts";
import { jsonLog } from "./log.ts";
import { serve } from "./serve.ts";
import { rotateMasterKey } from "./rotate-master-key.ts";
import { readNewKeyring, readSettings, readStorageSettings } from "./settings.ts";
import { TemporaryFailure, UsageError } from "./start-failure.ts";
import { verifyStored } from "./verify.ts";

const EX_USAGE = 64;
const EX_TEMPFAIL = 75;
const EX_CONFIG = 78;

const help =
  `rosterbridge bridge ${manifest.version}: takes rosters by SFTP, hands them to the worker

  serve        runs the bridge until SIGTERM or SIGINT; the same without a word
  verify       checks all that is stored, byte by byte, while no bridge runs; --json for machines;
               exit code 1 when it finds anything missing, changed or of no file
  backup DIR   copies what is stored into a folder, also while the bridge runs: only what is new is
               copied; the master key and the host keys are not in it; exit code 1 when bytes of a file
               were missing
  restore DIR  puts a backup into an empty DATA_DIR with the master key in its place, and verifies it
  rotate-master-key
               wraps the schools' keys with a new master key, while no bridge runs: a new file in the
               old one's place, or what NEW_KEYRING, NEW_MASTER_KEY_FILE, NEW_PKCS11_… name
  --help       this text
  --version    the version

Settings are read from the environment: WORKER_URL and BRIDGE_TOKEN are required; DATA_DIR, SFTP_HOST,
SFTP_PORT, HEALTH_PORT and the others have defaults (docs/operations.md).
`;

/** Words that take a folder. */
const folderWords: Record<string, (folder: string) => Promise<void>> = {
  backup: backupAndEnd,
  restore: restoreAndEnd,
};

const words: Record<string, () => Promise<void> | void> = {
  serve: runUntilStopped,
  verify: () => verifyAndEnd(false),
  "verify --json": () => verifyAndEnd(true),
  "rotate-master-key": rotateAndEnd,
  "--help": () => void process.stdout.write(help),
  "-h": () => void process.stdout.write(help),
  help: () => void process.stdout.write(help),
  "--version": () => void process.stdout.write(`${manifest.version}\n`),
};

async function runUntilStopped(): Promise<void> {
  const log = jsonLog(Date.now);
  const settings = readSettings(process.env);
  const running = await serve(settings, {
    log,
    now: Date.now,
    random: Math.random,
  });
  let stopping = false;
  const stop = async (reason?: Error) => {
    if (stopping) return;
    stopping = true;
    log("stopping", { reason: reason?.message });
    await running.stop();
    log("stopped");
    if (reason) console.error(`The bridge had to end: ${reason.message}`);
    process.exit(reason ? exitCode(reason) : 0);
  };
  process.on("SIGTERM", () => stop());
  process.on("SIGINT", () => stop());
  if (settings.stopWithStdin) process.stdin.resume().once("close", () => stop());
  running.ended.catch(stop);
}

async function verifyAndEnd(json: boolean): Promise<void> {
  const isSound = await verifyStored(readStorageSettings(process.env), {
    json,
    now: Date.now,
    write: writeLine,
  });
  if (!isSound) process.exitCode = 1;
}

async function backupAndEnd(folder: string): Promise<void> {
  const { dataDir } = readStorageSettings(process.env);
  const isWhole = await backup(dataDir, folder, { now: Date.now, write: writeLine });
  if (!isWhole) process.exitCode = 1;
}

async function restoreAndEnd(folder: string): Promise<void> {
  const settings = readStorageSettings(process.env);
  const isSound = await restore(settings, folder, { now: Date.now, write: writeLine });
  if (!isSound) process.exitCode = 1;
}

async function rotateAndEnd(): Promise<void> {
  await rotateMasterKey(readStorageSettings(process.env), readNewKeyring(process.env), {
    now: Date.now,
    write: writeLine,
  });
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wanted([word = "serve", ...more]: string[]): () => Promise<void> | void {
  const all = [word, ...more].join(" ");
  if (Object.hasOwn(words, all)) return words[all]!;
  const [folder] = more;
  if (Object.hasOwn(folderWords, word)) {
    if (folder && more.length === 1) return () => folderWords[word]!(folder);
    throw new UsageError(`"${word}" takes one further word, a folder.`);
  }
  const work = Object.hasOwn(words, word) ? words[word] : undefined;
  if (!work) throw new UsageError(`"${word}" is not known; --help lists what is.`);
  if (more.length > 0) throw new UsageError(`"${word}" takes no further words.`);
  return work;
}

function exitCode(error: unknown): number {
  if (error instanceof UsageError) return EX_USAGE;
  if (error instanceof SettingError) return EX_CONFIG;
  return error instanceof TemporaryFailure ? EX_TEMPFAIL : 1;
}

// Nobody else on the host may read what is stored.
process.umask(0o077);
const given = process.argv.slice(2);
try {
  await wanted(given)();
} catch (error) {
  const code = exitCode(error);
  const { message } = error as Error;
  const isOwn = code === EX_CONFIG || code === EX_USAGE;
  const what = given.length === 0 || given[0] === "serve"
    ? "The bridge could not start"
    : `"${given[0]}" could not be done`;
  console.error(isOwn ? message : `${what}: ${message}`);
  process.exit(code);
}
