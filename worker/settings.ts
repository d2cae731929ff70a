/** The worker's settings, read from the environment. */
import {
  type Environment,
  readAll,
  readSwitch,
  readWholeNumber,
  readWords,
  SettingError,
} from "../shared/settings.ts";
import { keyFamilies, type KeyFamily } from "../shared/ssh-keys.ts";
import { type MailSettings, readAllowPrivate, readMail, readPublicUrl } from "./events/settings.ts";
import { type OidcSettings, readOidc } from "./http/oidc-settings.ts";
import { tokenFault } from "../shared/tokens.ts";
import type { BridgeToken } from "./context.ts";

/** The bridge whose token has no name, and whose schools were given no other. */
export const DEFAULT_BRIDGE = "default";

export interface WorkerSettings {
  databaseUrl: string;
  databaseAuthToken: string | undefined;
  host: string;
  /** 0: any free port. */
  port: number;
  bridges: BridgeToken[];
  adminToken: string;
  requestsPerMinute: number;
  sliceRows: number;
  /** Deno Deploy's name of what runs here: `production`, or a branch's. */
  timeline: string | undefined;
  keyTypes: KeyFamily[];
  /** Addresses of our own proxies, whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  mail: MailSettings | undefined;
  publicUrl: string | undefined;
  oidc: OidcSettings | undefined;
  allowPrivateWebhooks: boolean;
  /** Whether the end of standard input stops it. */
  stopWithStdin: boolean;
}

/** An empty setting counts as none. @throws SettingError with a line for each that is wrong */
export function readSettings(environment: Environment): WorkerSettings {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const databaseAuthToken = get("DATABASE_AUTH_TOKEN");
  return readAll({
    databaseUrl: () =>
      readDatabaseUrl(get("DATABASE_URL") ?? "file:./data/worker.db", databaseAuthToken),
    databaseAuthToken: () => databaseAuthToken,
    host: () => get("HOST") ?? "127.0.0.1",
    port: () => readWholeNumber("PORT", get("PORT") ?? "8787", 0, 65_535),
    bridges: () => readBridgeTokens(get("BRIDGE_TOKEN")),
    adminToken: () => readAdminToken(get("ADMIN_TOKEN"), get("BRIDGE_TOKEN")),
    requestsPerMinute: () =>
      readWholeNumber(
        "ADMIN_REQUESTS_PER_MINUTE",
        get("ADMIN_REQUESTS_PER_MINUTE") ?? "3000",
        60,
        1_000_000,
      ),
    timeline: () => get("DENO_TIMELINE"),
    sliceRows: () => readWholeNumber("SLICE_ROWS", get("SLICE_ROWS") ?? "5000", 1, 50_000),
    keyTypes: () => readWords("SSH_KEY_TYPES", get("SSH_KEY_TYPES") ?? "rsa", keyFamilies),
    trustedProxies: () => readAddresses("TRUSTED_PROXIES", get("TRUSTED_PROXIES")),
    mail: () => readMail(get("SMTP_URL"), get("MAIL_FROM")),
    publicUrl: () => readPublicUrl(get("PUBLIC_URL")),
    oidc: () => readOidc(get, () => readPublicUrl(get("PUBLIC_URL"))),
    allowPrivateWebhooks: () => readAllowPrivate(get("WEBHOOK_ALLOW_PRIVATE")),
    stopWithStdin: () => readSwitch("STOP_WITH_STDIN", get("STOP_WITH_STDIN") ?? "0"),
  });
}

function readAddresses(name: string, value: string | undefined): string[] {
  const addresses = value?.split(",").map((part) => part.trim()) ?? [];
  const form = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i;
  const wrong = addresses.find((address) => !form.test(address));
  if (wrong === undefined) return addresses;
  throw new SettingError(
    `${name} has ${JSON.stringify(wrong)}; it takes IP addresses with commas between, such as ` +
      "127.0.0.1,::1.",
  );
}

function readAdminToken(value: string | undefined, bridge: string | undefined): string {
  const admin = token("ADMIN_TOKEN", value, "administrators");
  if (!splitTokens(bridge).some(({ token }) => token === admin)) return admin;
  throw new SettingError(
    "ADMIN_TOKEN is the same as BRIDGE_TOKEN; it takes a token of its own, as each opens one door.",
  );
}

/** `token`, or `name=token` where there are several bridges; two of a name while one replaces the other. */
function readBridgeTokens(value: string | undefined): BridgeToken[] {
  const tokens = splitTokens(value);
  const names = new Map<string, number>();
  for (const { name } of tokens) names.set(name, (names.get(name) ?? 0) + 1);
  for (const [name, count] of names) {
    if (count <= 2) continue;
    const whose = name === DEFAULT_BRIDGE ? "" : ` of ${name}`;
    throw new SettingError(
      `BRIDGE_TOKEN has ${count} tokens${whose}; it takes one, or two with a comma between while one ` +
        "replaces the other; tokens of several bridges are named, as in north=…,south=….",
    );
  }
  return tokens.map(({ name, token: secret }) => ({
    name,
    token: token("BRIDGE_TOKEN", secret || undefined, "the bridge"),
  }));
}

function splitTokens(value: string | undefined): { name: string; token: string | undefined }[] {
  return (value?.split(",") ?? [undefined]).map((part) => {
    const named = /^\s*([a-z][a-z0-9_-]{0,31})=(.{16,})$/.exec(part ?? "");
    const secret = (named ? named[2] : part)?.trim();
    return { name: named?.[1] ?? DEFAULT_BRIDGE, token: secret };
  });
}

function token(name: string, value: string | undefined, caller: string): string {
  if (value === undefined) {
    throw new SettingError(
      `${name} is missing; it takes the secret that ${caller} must send, such as one that ` +
        "`openssl rand -hex 32` makes.",
    );
  }
  const fault = tokenFault(value);
  if (fault) throw new SettingError(`${name} ${fault}.`);
  return value;
}

const schemes = ["file:", "libsql:", "https:", "http:", "wss:", "ws:"];

function readDatabaseUrl(value: string, authToken: string | undefined): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(value)?.[0].toLowerCase();
  const takes = `it takes a URL that begins with ${schemes.join(", ")}.`;
  // What follows the scheme may hold a password, so it is not shown.
  if (scheme === undefined) throw new SettingError(`DATABASE_URL is no URL; ${takes}`);
  if (!schemes.includes(scheme)) {
    throw new SettingError(`DATABASE_URL begins with ${scheme} and ${takes}`);
  }
  if (scheme === "file:") {
    if (!/[?#]/.test(value) && value.length > "file:".length) return value;
    throw new SettingError(
      "DATABASE_URL is a file: URL without a path, or with ? or #; it takes a path after file:, such " +
        "as file:./data/worker.db.",
    );
  }
  if (!URL.canParse(value)) {
    throw new SettingError(`DATABASE_URL is not a ${scheme} URL that can be read; ${takes}`);
  }
  if (sendsSecretInTheOpen(new URL(value), authToken)) {
    throw new SettingError(
      `DATABASE_URL begins with ${scheme} and would send the database's token in the open; it takes ` +
        "https:, libsql: or wss: there, or a host of this machine (127.0.0.1).",
    );
  }
  return value;
}

/** Is there a secret to send, no TLS, and a network in between? */
function sendsSecretInTheOpen(url: URL, authToken: string | undefined): boolean {
  const { protocol, searchParams, hostname, password } = url;
  const isPlain = protocol === "http:" || protocol === "ws:" || searchParams.get("tls") === "0";
  const hasSecret = Boolean(authToken || password || searchParams.get("authToken"));
  return isPlain && hasSecret && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
