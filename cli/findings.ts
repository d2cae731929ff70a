/** What the doctor looks at. Each look has an end; what cannot be reached is a finding, never an error. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import { readSettings as readBridgeSettings } from "../bridge/settings.ts";
import { type Environment, SettingError } from "../shared/settings.ts";
import { readSettings as readWorkerSettings } from "../worker/settings.ts";
import { makeApi } from "./api.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import { Failure } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export interface Finding {
  what: string;
  isWell: boolean;
  found: string;
  /** Empty when it is well. */
  todo: string;
}

/** The longest one look takes, in milliseconds. */
const LONGEST_LOOK_MS = 5_000;
/** A clock that is further off than this makes schedules and time codes wrong, in milliseconds. */
const CLOCK_OFF_MS = 5_000;
const LEAST_CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;

const well = (what: string, found: string): Finding => ({ what, isWell: true, found, todo: "" });
const ill = (what: string, found: string, todo: string): Finding => ({
  what,
  isWell: false,
  found,
  todo,
});

/** Settings of a bridge or a worker that stand in this environment. */
export function findSettings(environment: Environment): Finding[] {
  const sides = [
    { side: "bridge", sign: "WORKER_URL", read: readBridgeSettings },
    { side: "worker", sign: "ADMIN_TOKEN", read: readWorkerSettings },
  ];
  return sides.filter(({ sign }) => environment[sign]).flatMap(({ side, read }) => {
    try {
      read(environment);
      return [well(`settings of the ${side}`, "all can be used")];
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      return error.message.split("\n").map((line) =>
        ill(`settings of the ${side}`, line, "change it; docs/operations.md lists the settings")
      );
    }
  });
}

/** The worker, its database, this machine's clock beside its own, its certificate, the token. */
export async function findWorker(terminal: Terminal): Promise<Finding[]> {
  let known: Credentials;
  try {
    known = await readCredentials(terminal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [ill("worker", "not known", error.message)];
  }
  const answer = await look(`${known.url}/healthz`);
  if (answer instanceof Error) {
    return [
      ill("worker", `${known.url}: ${answer.message}`, "is it running, and is this its address?"),
      ...await certificate(known.url, terminal.now()),
    ];
  }
  if (answer.status === 200 && readJson(answer.text)?.["status"] !== "ok") {
    return [ill("worker", `${known.url} is no Rosterbridge worker`, "is this its address?")];
  }
  return [
    well("worker", `${known.url} answers`),
    answer.status === 200
      ? well("database", "can be reached, its tables are up to date")
      : ill("database", answer.text, "look at DATABASE_URL and the worker's log"),
    clock(answer.date, terminal.now()),
    ...await certificate(known.url, terminal.now()),
    await token(known),
  ];
}

function clock(date: string | null, now: number): Finding {
  if (date === null) return well("clock", "the worker does not say its own");
  // The header has whole seconds.
  const off = Math.round((now - Date.parse(date)) / 1000);
  const found = `${Math.abs(off)} s ${off < 0 ? "behind" : "before"} the worker's`;
  return Math.abs(off) * 1000 <= CLOCK_OFF_MS
    ? well("clock", off === 0 ? "as the worker's" : found)
    : ill("clock", found, "let both machines keep time by NTP");
}

/** Looks at the certificate even when it is not trusted; nothing is said to who shows it. */
async function certificate(url: string, now: number): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return [];
  const host = hostname.replace(/^\[|\]$/g, "");
  const named = isIP(host) ? {} : { servername: host };
  return await new Promise((resolve) => {
    const socket = connectTls({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...named,
    })
      .once("secureConnect", () => {
        const until = Date.parse(socket.getPeerCertificate().valid_to);
        resolve([certificateFinding(socket.authorizationError, until, now)]);
        socket.destroy();
      })
      // Whoever cannot be reached shows no certificate.
      .once("error", () => resolve([]));
    socket.setTimeout(LONGEST_LOOK_MS, () => socket.destroy(new Error("no answer")));
  });
}

function certificateFinding(fault: Error | string | null, until: number, now: number): Finding {
  const days = Math.floor((until - now) / DAY_MS);
  if (days < 0) {
    return ill(
      "certificate",
      `it ended on ${new Date(until).toISOString().slice(0, 10)}`,
      "renew it",
    );
  }
  if (fault) {
    // Node gives its code, whatever its types say.
    return ill(
      "certificate",
      `it is not trusted here (${fault instanceof Error ? fault.message : fault})`,
      "give the worker one of a known issuer and this name, or name its issuer's file in NODE_EXTRA_CA_CERTS",
    );
  }
  const found = `good for ${days} days`;
  return days >= LEAST_CERTIFICATE_DAYS
    ? well("certificate", found)
    : ill("certificate", found, "renew it");
}

async function token(known: Credentials): Promise<Finding> {
  try {
    await makeApi(known).json("get", "/admin/schools", { params: { query: { limit: 1 } } });
    return well("token", "is taken");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return ill("token", error.message, 'sign in again: "rosterbridge login URL"');
  }
}

/** Which of its troubles are the disk's. */
const diskTroubles = new Set(["disk_full", "data_dir_gone", "catalog_not_synced"]);

/** The bridge's own health: its disk, its way to the worker, files that stand still. */
export async function findBridge(health: string): Promise<Finding[]> {
  const answer = await look(new URL("/healthz", health).href);
  if (answer instanceof Error) {
    const todo = "run this on the bridge's machine, or name its address with --health";
    return [ill("bridge", `${health}: ${answer.message}`, todo)];
  }
  const body = readJson(answer.text);
  const reasons = body?.["reasons"] as { trouble: string; reason: string }[] | undefined;
  if (typeof body?.["sessions"] !== "number") {
    return [ill("bridge", `${health} is no bridge's health`, "look at HEALTH_PORT")];
  }
  const hasDiskTrouble = reasons?.some(({ trouble }) => diskTroubles.has(trouble));
  return [
    well("bridge", `${body["sessions"]} sessions, ${body["uploadsWaiting"]} uploads on their way`),
    ...hasDiskTrouble ? [] : [well("disk", "has room for uploads")],
    ...(reasons ?? []).map(({ trouble, reason }) =>
      ill(trouble.replaceAll("_", " "), reason, "docs/operations.md says what each trouble means")
    ),
  ];
}

/** What a school is told of where it comes in. */
export interface Told {
  school: string;
  /** `host:port`; `null`: its bridge has not said. */
  address: string | null;
  /** Fingerprints, as ssh-keygen -l prints them. */
  hostKeys: string[];
}

/**
 * Asks the worker.
 *
 * @param slug without one the newest school
 * @returns `undefined` when there is no school; a failure when it cannot be known
 */
export async function askTold(
  terminal: Terminal,
  slug?: string,
): Promise<Told | Failure | undefined> {
  try {
    const api = makeApi(await readCredentials(terminal));
    const school = slug ??
      (await api.json("get", "/admin/schools", { params: { query: { limit: 1 } } })).items[0]?.slug;
    if (school === undefined) return undefined;
    const params = { path: { slug: school } };
    const { host, port, hostKeys } = await api.json("get", "/admin/schools/{slug}/connection", {
      params,
    });
    const address = host === null ? null : `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return { school, address, hostKeys };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Where to look for the door, and who says that it is there. */
export interface DoorAddress {
  address: string;
  source: string;
}

/** As it was asked for, else as the school's bridge says, else where a bridge listens by itself. */
export function doorAddress(
  asked: string | undefined,
  told: Told | Failure | undefined,
): DoorAddress {
  if (asked !== undefined) return { address: asked, source: "as --sftp says" };
  if (told === undefined || told instanceof Failure || told.address === null) {
    return { address: "127.0.0.1:2222", source: "the default, as no bridge says another" };
  }
  return { address: told.address, source: `as the bridge of ${told.school} says` };
}

/** That schools are answered, and by which SSH server. */
export async function findSftp({ address, source }: DoorAddress): Promise<Finding> {
  const { host, port } = readAddress(address);
  if (!host) return ill("sftp", `${address} is no address`, "write host:port");
  const where = `${address} (${source})`;
  const greeting = await new Promise<string | Error>((resolve) => {
    const socket = connect({ host, port: Number(port) })
      .once("data", (bytes) => {
        resolve(bytes.toString("latin1").split(/\r?\n/, 1)[0]!);
        socket.destroy();
      })
      .once("error", resolve);
    socket.setTimeout(LONGEST_LOOK_MS, () => socket.destroy(new Error("no greeting came")));
  });
  if (greeting instanceof Error) {
    const todo =
      "is the bridge running, does SFTP_HOST let this machine in, is SFTP_ADDRESS what " +
      "schools are to use? Name another address with --sftp";
    return ill("sftp", `${where}: ${greeting.message}`, todo);
  }
  return greeting.startsWith("SSH-2.0-")
    ? well("sftp", `${where} answers as ${greeting}`)
    : ill("sftp", `${where} is no SSH server`, "look at SFTP_PORT and SFTP_ADDRESS");
}

function readAddress(address: string): { host?: string | undefined; port?: string | undefined } {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port };
}

/** That who answers there has the host key that schools are told to compare with. */
export async function findHostKey(
  address: string,
  known: Told | Failure | undefined,
): Promise<Finding> {
  const what = "host key";
  if (known === undefined) return well(what, "there is no school yet that is told one");
  if (known instanceof Failure) {
    return ill(what, `what schools are told is not known: ${known.message}`, "mend that first");
  }
  const { school, hostKeys: told } = known;
  if (told.length === 0) {
    const found = `the worker has not heard of the host key of ${school}'s bridge`;
    return ill(what, found, "is that bridge running, and is this worker its WORKER_URL?");
  }
  const shown = await shownKeys(address);
  if (shown instanceof Error) {
    const todo = "ssh-keyscan has to be here and to reach it; else compare what a client shows";
    return ill(what, `${address} shows none: ${shown.message}; ${school} is told ${told}`, todo);
  }
  return shown.every((it) => told.includes(it))
    ? well(what, `${address} shows what ${school} is told`)
    : ill(
      what,
      `${address} shows ${shown}, ${school} is told ${told}`,
      "another server answers there: is it the address of this school's bridge (--sftp, --school)? " +
        "If so, let nobody send anything until you know who stands between",
    );
}

/** Fingerprints of the keys that an SSH server shows, as ssh-keygen -l prints them. */
async function shownKeys(address: string): Promise<string[] | Error> {
  const { host, port } = readAddress(address);
  if (!host) return new Error("it is no address");
  const seconds = String(LONGEST_LOOK_MS / 1000);
  try {
    const words = ["-T", seconds, "-p", port!, host];
    const { stdout } = await promisify(execFile)("ssh-keyscan", words);
    const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    if (lines.length === 0) return new Error("no SSH server answered");
    return lines.map((line) => {
      const key = Buffer.from(line.split(" ")[2]!, "base64");
      return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
    });
  } catch (error) {
    return error as Error;
  }
}

async function look(
  url: string,
): Promise<{ status: number; text: string; date: string | null } | Error> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_LOOK_MS) });
    const text = await response.text();
    const detail = readJson(text)?.["detail"];
    return {
      status: response.status,
      text: typeof detail === "string" ? detail : text,
      date: response.headers.get("date"),
    };
  } catch (error) {
    const { cause } = error as Error;
    return cause instanceof Error && cause.message ? cause : error as Error;
  }
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
