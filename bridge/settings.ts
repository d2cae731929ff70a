/**
 * The bridge's settings, from the environment (docs/operations.md).
 */
import { join } from "node:path";
import { LONGEST_LISTEN_MS } from "../shared/protocol.ts";
import {
  type Environment,
  readAll,
  readSwitch,
  readWholeNumber,
  readWords,
  SettingError,
} from "../shared/settings.ts";
import { keyFamilies, type KeyFamily } from "../shared/ssh-keys.ts";
import { tokenFault } from "../shared/tokens.ts";
import type { Rate } from "./bucket.ts";
import { type DoorLimits, readDoorLimits } from "./door/limits.ts";
import type { HomeUse } from "./home/quota.ts";
import { type KexMode, kexModes } from "./sftp/kex-names.ts";
import type { HostKeyFile } from "./sftp/host-key.ts";
import { readSftpLimits, type SftpLimits } from "./sftp/limits.ts";
import type { KeyringPlace } from "./vault/keys/open-keyring.ts";

export interface BridgeSettings {
  dataDir: string;
  sftpHost: string;
  sftpPort: number;
  healthPort: number;
  workerUrl: string;
  bridgeToken: string;
  settleMs: number;
  /** How long a listening call may wait at the worker; 0: it is asked every `syncMs`. */
  listenMs: number;
  syncMs: number;
  sliceBytes: number;
  maxUploadBytes: number;
  /** Where schools reach it, `host:port`, for what administrators tell them; `null`: nobody said. */
  sftpAddress: string | null;
  /** Where a school's people find help, for the banner before the login; `null`: nobody said. */
  helpUrl: string | null;
  /** Of one school, over all its sessions. */
  maxOpenFiles: number;
  /** The most that a school's home may have. */
  home: HomeUse;
  /** Changes of one school: so many at once, and then so many a second. */
  changes: Rate;
  relayConcurrency: number;
  keyTypes: ReadonlySet<KeyFamily>;
  /** Which key exchanges the SFTP server offers. */
  kex: KexMode;
  /** What the door allows, and what a client may do behind it. */
  door: DoorLimits;
  sftp: SftpLimits;
  /** Whether the packets of every SFTP session are logged, without what is in files. */
  tracing: boolean;
  /** Files, or folders of files; the first is what clients are shown. */
  hostKeyFiles: readonly HostKeyFile[];
  keyring: KeyringPlace;
  /** Whether the end of standard input stops it. */
  stopWithStdin: boolean;
}

/** What is needed to open what is stored. */
export type StorageSettings = Pick<BridgeSettings, "dataDir" | "keyring">;

/** Reads the settings. @throws SettingError with a line for each that is missing or wrong */
export function readSettings(environment: Environment): BridgeSettings {
  const text = (name: string, fallback?: string) => {
    const value = environment[name]?.trim() || fallback;
    if (value === undefined) throw new SettingError(`${name} is not set; it is required.`);
    return value;
  };
  const whole = (name: string, fallback: number, least: number, most: number) => () =>
    readWholeNumber(name, text(name, String(fallback)), least, most);
  const dataDir = readDataDir(environment);
  return readAll({
    dataDir: () => dataDir,
    sftpHost: () => text("SFTP_HOST", "127.0.0.1"),
    sftpPort: whole("SFTP_PORT", 2222, 0, 65535),
    sftpAddress: () => readAddress(environment["SFTP_ADDRESS"]?.trim() || undefined),
    helpUrl: () => readHelpUrl(environment["HELP_URL"]?.trim() || undefined),
    healthPort: whole("HEALTH_PORT", 8022, 0, 65535),
    workerUrl: () => readWorkerUrl(text("WORKER_URL")),
    bridgeToken: () => readToken(text("BRIDGE_TOKEN")),
    settleMs: whole("SETTLE_MS", 2000, 0, 3_600_000),
    listenMs: whole("LISTEN_MS", 25_000, 0, LONGEST_LISTEN_MS),
    syncMs: whole("SYNC_MS", 2000, 10, 3_600_000),
    // A record may have 64 KiB, and a slice must hold at least one.
    sliceBytes: whole("SLICE_BYTES", 512 * 1024, 128 * 1024, 16 * 1024 * 1024),
    maxUploadBytes: whole("MAX_UPLOAD_BYTES", 64 * 1024 * 1024, 1, 4 * 1024 ** 3),
    maxOpenFiles: whole("MAX_OPEN_FILES", 64, 1, 4096),
    home: () =>
      readAll({
        files: whole("MAX_HOME_FILES", 100_000, 1, 10_000_000),
        bytes: () => 1024 ** 2 * whole("MAX_HOME_MIB", 10_240, 1, 1024 ** 3)(),
      }),
    changes: () => {
      const perSecond = whole("CHANGES_PER_SECOND", 20, 1, 100_000)();
      return { burst: 10_000, perSecond };
    },
    relayConcurrency: whole("RELAY_CONCURRENCY", 4, 1, 64),
    keyTypes: () => new Set(readWords("SSH_KEY_TYPES", text("SSH_KEY_TYPES", "rsa"), keyFamilies)),
    kex: () => readWord("KEX", text("KEX", "compatible"), kexModes),
    door: () => readDoorLimits(environment),
    sftp: () => readSftpLimits(environment),
    tracing: () => readWords("TRACE", text("TRACE", "none"), ["none", "sftp"]).includes("sftp"),
    hostKeyFiles: () => readHostKeyFiles(text("HOST_KEY_FILE", join(dataDir, "host.key"))),
    keyring: () => readStorageSettings(environment).keyring,
    stopWithStdin: () => readSwitch("STOP_WITH_STDIN", text("STOP_WITH_STDIN", "0")),
  });
}

/** Only where things are stored, for what needs no server and no worker. @throws SettingError */
export function readStorageSettings(environment: Environment): StorageSettings {
  const dataDir = readDataDir(environment);
  return { dataDir, keyring: readKeyring((name) => environment[name]?.trim(), dataDir) };
}

function readAddress(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (/^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i.test(value)) return value;
  throw new SettingError(
    `SFTP_ADDRESS is "${value}"; it takes a host and a port, such as sftp.college.edu:2222.`,
  );
}

function readHelpUrl(value: string | undefined): string | null {
  if (value === undefined) return null;
  // It stands in what strangers are shown, in one line of a terminal.
  const fits = /^[\x21-\x7e]{1,200}$/.test(value) && URL.canParse(value);
  if (fits && ["https:", "http:", "mailto:"].includes(new URL(value).protocol)) return value;
  throw new SettingError(
    `HELP_URL is ${
      JSON.stringify(value)
    }; it takes an https:, http: or mailto: address of at most ` +
      "200 characters, such as https://college.edu/rosters.",
  );
}

function readDataDir(environment: Environment): string {
  return environment["DATA_DIR"]?.trim() || "./data/bridge";
}

/**
 * Where the master key shall be from now on: what `NEW_KEYRING`, `NEW_MASTER_KEY_FILE` and `NEW_PKCS11_…`
 * say, and where they are silent the settings as they are. @throws SettingError
 */
export function readNewKeyring(environment: Environment): KeyringPlace {
  const value = (name: string) => environment[`NEW_${name}`]?.trim() || environment[name]?.trim();
  return readKeyring(value, readDataDir(environment));
}

/** `old.key until 2027-02-01, new.key`: files, each until the beginning of a day (UTC) or for good. */
function readHostKeyFiles(given: string): HostKeyFile[] {
  return given.split(",").map((entry) => {
    const [, file, date] = /^\s*(.+?)(?:\s+until\s+(\S+))?\s*$/.exec(entry) ?? [];
    const isDay = date === undefined || /^\d{4}-\d{2}-\d{2}$/.test(date);
    const retiresAt = date === undefined ? undefined : Date.parse(`${date}T00:00:00Z`);
    if (file && isDay && !Number.isNaN(retiresAt)) return { file, retiresAt };
    throw new SettingError(
      `HOST_KEY_FILE has ${
        JSON.stringify(entry.trim())
      }; it takes files or folders with commas between, each alone or as "FILE until 2027-02-01".`,
    );
  });
}

const keyringKinds = ["file", "pkcs11"] as const;

function readKeyring(
  value: (name: string) => string | undefined,
  dataDir: string,
): KeyringPlace {
  const kind = readWord("KEYRING", value("KEYRING") || "file", keyringKinds);
  if (kind === "file") {
    return { kind, file: value("MASTER_KEY_FILE") || join(dataDir, "master.key") };
  }
  const required = (name: string) => () => {
    const found = value(name);
    if (found) return found;
    throw new SettingError(`${name} is not set; KEYRING=pkcs11 requires it.`);
  };
  return readAll({
    kind: () => kind,
    module: required("PKCS11_MODULE"),
    tokenLabel: required("PKCS11_TOKEN_LABEL"),
    pinFile: required("PKCS11_PIN_FILE"),
    keyLabel: () => value("PKCS11_KEY_LABEL") || "rosterbridge master key",
  });
}

/** One of the words. */
function readWord<Word extends string>(
  name: string,
  value: string,
  allowed: readonly Word[],
): Word {
  const word = allowed.find((other) => other === value.toLowerCase());
  if (word) return word;
  throw new SettingError(`${name} is "${value}"; it takes ${allowed.join(" or ")}.`);
}

function readWorkerUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname ?? "");
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) {
    return url.href.replace(/\/$/, "");
  }
  throw new SettingError(
    `WORKER_URL is "${given}"; it takes an https: address, or an http: address of this machine (127.0.0.1).`,
  );
}

function readToken(given: string): string {
  const fault = tokenFault(given);
  if (fault) throw new SettingError(`BRIDGE_TOKEN ${fault}.`);
  return given;
}
