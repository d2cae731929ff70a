/**
 * The bridge's settings, from the environment (DESIGN, Settings).
 */
import * as v from "valibot";
import { join } from "node:path";

const keyTypes = ["rsa", "ed25519", "ecdsa"] as const;
export type KeyType = (typeof keyTypes)[number];

export interface BridgeSettings {
  dataDir: string;
  sftpHost: string;
  sftpPort: number;
  healthPort: number;
  workerUrl: string;
  bridgeToken: string;
  settleMs: number;
  syncMs: number;
  sliceBytes: number;
  maxUploadBytes: number;
  relayConcurrency: number;
  keyTypes: ReadonlySet<KeyType>;
  hostKeyFile: string;
  masterKeyFile: string;
}

/** A setting that cannot be used. The message is one line that names it. */
export class SettingError extends Error {}

type Environment = Record<string, string | undefined>;

/** Reads the settings; throws a `SettingError` for the first that is missing or wrong. */
export function readSettings(environment: Environment): BridgeSettings {
  const text = (name: string, fallback?: string) => {
    const value = environment[name]?.trim() || fallback;
    if (value === undefined) throw new SettingError(`${name} is not set; it is required.`);
    return value;
  };
  const whole = (name: string, fallback: number, least: number, most: number) => {
    const given = text(name, String(fallback));
    const parsed = v.safeParse(v.pipe(v.string(), v.regex(/^\d{1,12}$/)), given);
    const number = Number(given);
    if (!parsed.success || number < least || number > most) {
      throw new SettingError(
        `${name} is "${given}"; it takes a whole number from ${least} to ${most}.`,
      );
    }
    return number;
  };
  const dataDir = text("DATA_DIR", "./data/bridge");
  return {
    dataDir,
    sftpHost: text("SFTP_HOST", "127.0.0.1"),
    sftpPort: whole("SFTP_PORT", 2222, 0, 65535),
    healthPort: whole("HEALTH_PORT", 8022, 0, 65535),
    workerUrl: readWorkerUrl(text("WORKER_URL")),
    bridgeToken: readToken(text("BRIDGE_TOKEN")),
    settleMs: whole("SETTLE_MS", 2000, 0, 3_600_000),
    syncMs: whole("SYNC_MS", 2000, 10, 3_600_000),
    // A record may have 64 KiB, and a slice must hold at least one.
    sliceBytes: whole("SLICE_BYTES", 512 * 1024, 128 * 1024, 16 * 1024 * 1024),
    maxUploadBytes: whole("MAX_UPLOAD_BYTES", 64 * 1024 * 1024, 1, 4 * 1024 ** 3),
    relayConcurrency: whole("RELAY_CONCURRENCY", 4, 1, 64),
    keyTypes: readKeyTypes(text("SSH_KEY_TYPES", "rsa")),
    hostKeyFile: text("HOST_KEY_FILE", join(dataDir, "host.key")),
    masterKeyFile: text("MASTER_KEY_FILE", join(dataDir, "master.key")),
  };
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
  if (/^[\x21-\x7e]{16,}$/.test(given)) return given;
  throw new SettingError(
    `BRIDGE_TOKEN has ${given.length} characters; it takes 16 or more printable ASCII characters without spaces.`,
  );
}

function readKeyTypes(given: string): ReadonlySet<KeyType> {
  const words = given.split(",").map((word) => word.trim().toLowerCase());
  const types = keyTypes.filter((type) => words.includes(type));
  if (words.every((word) => (keyTypes as readonly string[]).includes(word))) return new Set(types);
  throw new SettingError(
    `SSH_KEY_TYPES is "${given}"; it takes some of ${keyTypes.join(", ")}, separated by commas.`,
  );
}
