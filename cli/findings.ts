/** What the doctor looks at. Each look has an end; what cannot be reached is a finding, never an error. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
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
    ];
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

async function certificate(url: string, now: number): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return [];
  const until = await new Promise<number | Error>((resolve) => {
    const socket = connectTls({ host: hostname, port: Number(port || 443), servername: hostname })
      .once("secureConnect", () => {
        resolve(Date.parse(socket.getPeerCertificate().valid_to));
        socket.destroy();
      })
      .once("error", resolve);
    socket.setTimeout(LONGEST_LOOK_MS, () => socket.destroy(new Error("no answer")));
  });
  if (until instanceof Error) {
    return [ill("certificate", until.message, "renew it, or trust its issuer here")];
  }
  const days = Math.floor((until - now) / DAY_MS);
  const found = `good for ${days} days`;
  return [
    days >= LEAST_CERTIFICATE_DAYS
      ? well("certificate", found)
      : ill("certificate", found, "renew it"),
  ];
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

/** The bridge's own health: its disk, its way to the worker, files that stand still. */
export async function findBridge(health: string): Promise<Finding[]> {
  const answer = await look(new URL("/healthz", health).href);
  if (answer instanceof Error) {
    const todo = "run this on the bridge's machine, or name its address with --health";
    return [ill("bridge", `${health}: ${answer.message}`, todo)];
  }
  const body = readJson(answer.text);
  const reasons = body?.["reasons"] as { trouble: string; reason: string }[] | undefined;
  if (!body) return [ill("bridge", `${health} is no bridge's health`, "look at HEALTH_PORT")];
  const hasDiskTrouble = reasons?.some(({ trouble }) => /disk|folder/.test(trouble));
  return [
    well("bridge", `${body["sessions"]} sessions, ${body["uploadsWaiting"]} uploads on their way`),
    ...hasDiskTrouble ? [] : [well("disk", "has room for uploads")],
    ...(reasons ?? []).map(({ trouble, reason }) =>
      ill(trouble.replaceAll("_", " "), reason, "docs/operations.md says what each trouble means")
    ),
  ];
}

/** That schools are answered, and by which SSH server. */
export async function findSftp(address: string): Promise<Finding> {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (!host) return ill("sftp", `${address} is no address`, "write host:port");
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
      "is the bridge running, does SFTP_HOST let this machine in? Name its address with --sftp";
    return ill("sftp", `${address}: ${greeting.message}`, todo);
  }
  return greeting.startsWith("SSH-2.0-")
    ? well("sftp", `${address} answers as ${greeting}`)
    : ill("sftp", `${address} is no SSH server`, "look at SFTP_PORT");
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
