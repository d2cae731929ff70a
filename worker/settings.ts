/** The worker's settings, read from the environment. */
import { keyFamilies, type KeyFamily } from "./ssh-key/public-key.ts";

export interface WorkerSettings {
  databaseUrl: string;
  databaseAuthToken: string | undefined;
  host: string;
  /** 0: any free port. */
  port: number;
  bridgeTokens: string[];
  adminToken: string;
  sliceRows: number;
  keyTypes: KeyFamily[];
}

/** One line: the setting, what it had (never a token) and what it takes. */
export class SettingsError extends Error {}

type Environment = Record<string, string | undefined>;

/** An empty setting counts as none. @throws SettingsError */
export function readSettings(environment: Environment): WorkerSettings {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const adminToken = token("ADMIN_TOKEN", get("ADMIN_TOKEN"), "administrators");
  const bridgeTokens = readBridgeTokens(get("BRIDGE_TOKEN"));
  if (bridgeTokens.includes(adminToken)) {
    throw new SettingsError(
      "ADMIN_TOKEN is the same as BRIDGE_TOKEN; it takes a token of its own, as each opens one door.",
    );
  }
  return {
    databaseUrl: readDatabaseUrl(get("DATABASE_URL") ?? "file:./data/worker.db"),
    databaseAuthToken: get("DATABASE_AUTH_TOKEN"),
    host: get("HOST") ?? "127.0.0.1",
    port: wholeNumber("PORT", get("PORT") ?? "8787", 0, 65_535),
    bridgeTokens,
    adminToken,
    sliceRows: wholeNumber("SLICE_ROWS", get("SLICE_ROWS") ?? "5000", 1, 50_000),
    keyTypes: readKeyTypes(get("SSH_KEY_TYPES") ?? "rsa"),
  };
}

function readBridgeTokens(value: string | undefined): string[] {
  const tokens = value?.split(",").map((part) => part.trim()) ?? [undefined];
  if (tokens.length > 2) {
    throw new SettingsError(
      `BRIDGE_TOKEN has ${tokens.length} tokens; it takes one, or two with a comma between while one ` +
        "replaces the other.",
    );
  }
  return tokens.map((part) => token("BRIDGE_TOKEN", part || undefined, "the bridge"));
}

/** A token goes into a header, so it takes what a header can carry (RFC 6750 section 2.1). */
function token(name: string, value: string | undefined, caller: string): string {
  if (value === undefined) {
    throw new SettingsError(
      `${name} is missing; it takes the secret that ${caller} must send, such as one that ` +
        "`openssl rand -hex 32` makes.",
    );
  }
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(value)) {
    throw new SettingsError(
      `${name} has characters that no bearer token has; it takes letters, digits and . _ ~ + / - =`,
    );
  }
  return value;
}

const schemes = ["file:", "libsql:", "https:", "http:", "wss:", "ws:"];

function readDatabaseUrl(value: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(value)?.[0].toLowerCase();
  const takes = `it takes a URL that begins with ${schemes.join(", ")}.`;
  // What follows the scheme may hold a password, so it is not shown.
  if (scheme === undefined) throw new SettingsError(`DATABASE_URL is no URL; ${takes}`);
  if (!schemes.includes(scheme)) {
    throw new SettingsError(`DATABASE_URL begins with ${scheme} and ${takes}`);
  }
  if (scheme === "file:") {
    if (!/[?#]/.test(value) && value.length > "file:".length) return value;
    throw new SettingsError(
      "DATABASE_URL is a file: URL without a path, or with ? or #; it takes a path after file:, such " +
        "as file:./data/worker.db.",
    );
  }
  if (!URL.canParse(value)) {
    throw new SettingsError(`DATABASE_URL is not a ${scheme} URL that can be read; ${takes}`);
  }
  return value;
}

function readKeyTypes(value: string): KeyFamily[] {
  const names = value.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set(names)].map((name) => {
    const family = keyFamilies.find((known) => known === name);
    if (family) return family;
    throw new SettingsError(
      `SSH_KEY_TYPES has ${JSON.stringify(name)}; it takes one or more of ${
        keyFamilies.join(",")
      } ` +
        "with commas between.",
    );
  });
}

function wholeNumber(name: string, value: string, least: number, most: number): number {
  if (/^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most) {
    return Number(value);
  }
  throw new SettingsError(
    `${name} is ${JSON.stringify(value)}; it takes a whole number from ${least} to ${most}.`,
  );
}
