/**
 * The SFTP server: listens, limits how many come in, and ends sessions.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";
import ssh2 from "ssh2";
import type { Home } from "../home/home.ts";
import type { Caller } from "../door/caller.ts";
import { startListener } from "../door/listener.ts";
import { algorithms, hostKeys, type KexMode, signatures } from "./algorithms.ts";
import { checkSsh2, prepare, socketOf } from "./ssh2-internals.ts";
import type { HandleCount } from "./handles.ts";
import { type OpenConnection, serveConnection, type Visitor } from "./connection.ts";
import type { KeyFamily } from "../../shared/ssh-keys.ts";
import type { Backlog } from "./request-queue.ts";
import { type RekeyLimits, rekeyLimits } from "./rekeying.ts";
import { traceTo } from "./trace.ts";

export type { Visitor } from "./connection.ts";

export interface SftpServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Private keys, PEM or OpenSSH, without a passphrase; the first of each type counts. */
  hostKeys: readonly (string | Buffer)[];
  keyTypes: ReadonlySet<KeyFamily>;
  /**
   * The school of that slug and its key whose wire form equals the offered one; `undefined` when
   * there is none, or the key is revoked or has expired. Called at each attempt.
   */
  authenticate(
    slug: string,
    publicKey: Buffer,
    at: number,
  ): { schoolId: number; fingerprint: string } | undefined;
  /** Why {@link authenticate} found nobody, for the log: the client never learns it. */
  refusal?(slug: string, publicKey: Buffer, at: number): string;
  /** The home of a new session. */
  enter(visitor: Visitor): Home;
  log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Time to log in; default 30 seconds. */
  graceMs?: number;
  /** Connections that are logged in, over all schools; default 500. */
  maxSessions?: number;
  /** … and of one school; default 32. */
  maxPerSchool?: number;
  /** Time without a request after which a connection is ended; default 0, never. */
  idleMs?: number;
  /** Which key exchanges are offered; default compatible. */
  kex?: KexMode;
  /** When keys are exchanged anew; default after 1 GiB or an hour. */
  rekey?: RekeyLimits;
  /** Whether every packet is logged, without what is in files; default no. */
  tracing?: boolean;
  /** How often a silent client is asked whether it is there; it may miss four times. Default 30 s. */
  keepaliveMs?: number;
}

export interface SftpServer {
  readonly port: number;
  /** How many are logged in. */
  readonly sessions: number;
  /** Connections that were ended because something unforeseen was thrown in them. */
  readonly faults: number;
  /** Ends at once the sessions of visitors that are no longer welcome; answers how many. */
  closeSessions(stale: (visitor: Visitor) => boolean): number;
  /**
   * Stops listening, lets requests that have arrived finish within `graceMs`, and ends every session:
   * open files are abandoned, homes are left.
   */
  close(graceMs: number): Promise<void>;
}

/** Shown before the login; many clients show a person nothing else of what the server says. */
const banner =
  "Rosters go into the folder inbound/, one file at a time; exports are in outbound/.\r\n" +
  'Help, also when this refuses you: the page "Clients" of the Rosterbridge documentation.\r\n';

/** @throws Error when the address is taken, or a host key cannot be read */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const { log, graceMs = 30_000, maxSessions = 500, maxPerSchool = 32 } = options;
  const callers = new WeakMap<Socket, Caller>();
  const connections = new Set<OpenConnection>();
  const handles = new Map<number, HandleCount>();
  const backlogs = new Map<number, Backlog>();
  let traced = 0;
  const welcome = () => [...connections].filter((connection) => connection.visitor);

  checkSsh2();
  const ssh = new ssh2.Server({
    hostKeys: hostKeys(options.hostKeys),
    algorithms: algorithms(options.kex ?? "compatible"),
    banner,
    ident: "Rosterbridge",
    keepaliveInterval: options.keepaliveMs ?? 30_000,
    keepaliveCountMax: 4,
  }, (client, info) => {
    client.on("error", () => {}); // Before anything can throw: without a listener it would.
    const caller = callers.get(socketOf(client))!;
    try {
      prepare(client, { signatures: signatures(options.keyTypes) });
      const connection = serveConnection(client, info, caller, {
        ...options,
        idleMs: options.idleMs ?? 0,
        full,
        handlesOf,
        backlogOf,
        rekey: options.rekey ?? rekeyLimits,
        trace: options.tracing ? (log) => traceTo(log, ++traced) : undefined,
      });
      connections.add(connection);
      client.on("close", () => connections.delete(connection));
    } catch (error) {
      caller.failed(error);
    }
  });
  ssh.on("error", () => {}); // Errors of connections have their own listener.

  function handlesOf(schoolId: number): HandleCount {
    let count = handles.get(schoolId);
    if (!count) handles.set(schoolId, count = { of: "school", open: 0 });
    return count;
  }

  function backlogOf(schoolId: number): Backlog {
    let backlog = backlogs.get(schoolId);
    if (!backlog) backlogs.set(schoolId, backlog = { bytes: 0 });
    return backlog;
  }

  function full(visitor: Visitor): string | undefined {
    const logged = welcome();
    if (logged.length >= maxSessions) return `${maxSessions} connections are open`;
    const own = logged.filter((other) => other.visitor!.schoolId === visitor.schoolId);
    return own.length >= maxPerSchool
      ? `the school has ${maxPerSchool} connections open`
      : undefined;
  }

  // ssh2 tells of a connection only when the peer has introduced itself.
  const listener = await startListener({
    host: options.host,
    port: options.port,
    graceMs,
    log,
    serve(caller) {
      callers.set(caller.socket, caller);
      ssh.injectSocket(caller.socket);
    },
  });

  return {
    port: listener.port,
    get faults() {
      return listener.faults;
    },
    get sessions() {
      return welcome().length;
    },
    closeSessions(stale) {
      const ended = welcome().filter((connection) => stale(connection.visitor!));
      for (const connection of ended) void connection.end("discard", "revoked");
      return ended.length;
    },
    async close(graceMs) {
      const closed = listener.close();
      listener.sendStrangersAway();
      const over = Promise.all(
        [...connections].map((connection) => connection.end("finish", "stopped")),
      );
      // Until the peers have closed too, so that they get the last answers.
      const inTime = await within(graceMs, over.then(() => closed));
      if (!inTime) log("sftp.close_late", { graceMs, connections: connections.size });
      listener.destroyAll();
      await closed;
    },
  };
}

/** Whether it was done within so many milliseconds. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
  const inTime = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
