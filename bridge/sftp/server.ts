/**
 * The SFTP server: listens, limits how many come in, and ends sessions.
 */
import type { Log } from "../../shared/log.ts";
import type { Socket } from "node:net";
import ssh2, { type ClientInfo, type Connection } from "ssh2";
import type { Home } from "../home/home.ts";
import type { Reached } from "../limits-reached.ts";
import type { Caller, DoorFigures } from "../door/caller.ts";
import { startListener } from "../door/listener.ts";
import { DISCONNECT } from "../door/refusal.ts";
import { algorithms, hostKeys, signatures } from "./algorithms.ts";
import { announced, type AnnouncedKey, type HostKey, madeOfThoseInForce } from "./host-keys.ts";
import type { KexMode } from "./kex-names.ts";
import { checkSsh2, disconnect, prepare, socketOf } from "./ssh2-internals.ts";
import type { LoginRefusal, SchoolId } from "../../shared/protocol.ts";
import type { KeyFamily } from "../../shared/ssh-keys.ts";
import type { Ban } from "../door/bans.ts";
import { fewLines } from "../door/few-lines.ts";
import { type DoorLimits, doorLimits } from "../door/limits.ts";
import { type After, systemAfter } from "../timers.ts";
import type { Showing } from "../logins.ts";
import { KEPT, serveConnection, type Visitor } from "./connection.ts";
import { Crowd } from "./crowd.ts";
import { type SftpLimits, sftpLimits } from "./limits.ts";
import type { RefusedLogin } from "../logins.ts";
import { exchangeAllowance, type RekeyLimits, rekeyLimits } from "./rekeying.ts";
import { type Load, sharesOfSchools } from "./shares.ts";
import { traceTo } from "./trace.ts";

export type { Visitor } from "./connection.ts";

export interface SftpServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /**
   * Of those in force the first of each type is shown in the key exchange; OpenSSH learns of the others
   * after the login.
   */
  hostKeys: readonly HostKey[];
  keyTypes: ReadonlySet<KeyFamily>;
  /**
   * The school of that slug and its key whose wire form equals the offered one; `undefined` when
   * there is none, or the key is revoked or has expired. Called at each attempt.
   */
  authenticate(showing: Showing): { schoolId: SchoolId; fingerprint: string } | undefined;
  /** Why {@link authenticate} found nobody: the client never learns it. */
  refusal?(showing: Showing): LoginRefusal;
  /** Keeps a refused login for the administrator. */
  refusedLogin?(refused: RefusedLogin): void;
  /** A school came up against a limit. */
  reached?: Reached;
  /** The home of a new session. */
  enter(visitor: Visitor): Home;
  log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
  /** What waits here waits by the machine's clock, unless another is given. */
  after?: After;
  /** What the door allows; what is left out has its default. */
  door?: Partial<DoorLimits>;
  /** … and what a client may do behind it. */
  limits?: Partial<SftpLimits>;
  /** Which key exchanges are offered; default compatible. */
  kex?: KexMode;
  /** When keys are exchanged anew; default after 1 GiB or an hour. */
  rekey?: RekeyLimits;
  /** Where people find help, for the banner; default the documentation's page by its name. */
  helpUrl?: string | null;
  /** Whether every packet is logged, without what is in files; default no. */
  tracing?: boolean;
}

export interface SftpServer {
  readonly port: number;
  /** How many are logged in. */
  readonly sessions: number;
  /** Connections that were ended because something unforeseen was thrown in them. */
  readonly faults: number;
  readonly figures: DoorFigures;
  /** What all schools together have open and wait for. */
  readonly load: Load;
  /** How many logins were refused since the start, by why. */
  readonly refusedLogins: Readonly<Record<string, number>>;
  /** Sources that are shut out for a while. */
  bans(): Ban[];
  /** Lets a source in again; `false`: it was not shut out. */
  liftBan(source: string): boolean;
  /** Ends at once the sessions of visitors that are no longer welcome; answers how many. */
  closeSessions(stale: (visitor: Visitor) => boolean): number;
  /**
   * Stops listening, lets requests that have arrived finish within `graceMs`, and ends every session:
   * open files are abandoned, homes are left.
   */
  close(graceMs: number): Promise<void>;
}

/** Shown before the login; many clients show a person nothing else of what the server says. */
const banner = (helpUrl: string | null | undefined) =>
  "Rosters go into the folder inbound/, one file at a time; exports are in outbound/.\r\n" +
  "Help, also when this refuses you: " +
  `${helpUrl ?? 'the page "Clients" of the Rosterbridge documentation.'}\r\n`;

/** @throws Error when the address is taken, or a host key cannot be read */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const { log, now, after = systemAfter } = options;
  const limits = { ...sftpLimits, ...options.limits };
  const callers = new WeakMap<Socket, Caller>();
  const reached: Reached = (limit, schoolId) => options.reached?.(limit, schoolId);
  const crowd = new Crowd(limits, ({ slug, address, schoolId }) => {
    reached("gave_way", schoolId);
    log("sftp.gave_way", { slug, address });
  });
  const shares = sharesOfSchools(limits, { now, after });
  const say = fewLines(log, now);
  const refusedLogins: Record<string, number> = {};
  let traced = 0;

  checkSsh2();
  const serving = (hostKeys: readonly AnnouncedKey[]) => (client: Connection, info: ClientInfo) => {
    client.on("error", () => {}); // Before anything can throw: without a listener it would.
    const caller = callers.get(socketOf(client))!;
    caller.greeted(({ reason, sentence }) => disconnect(client, reason, sentence));
    try {
      let isOver = false;
      prepare(client, {
        signatures: signatures(options.keyTypes),
        exchanging: (go) => caller.exchanging(go),
        mayExchange: exchangeAllowance(caller.socket, () => {
          const { visitor } = connection;
          return visitor && shares.of(visitor.schoolId).exchanges;
        }),
        refused() {
          if (isOver) return;
          isOver = true;
          const { address } = caller;
          const { visitor } = connection;
          if (visitor) reached("exchanges", visitor.schoolId);
          say("sftp.too_many_exchanges", address, { address });
          disconnect(client, DISCONNECT.byApplication, "Keys were exchanged anew too often.");
          caller.socket.removeAllListeners("data").resume();
        },
      });
      const connection = serveConnection(client, info, caller, {
        ...options,
        after,
        hostKeys,
        tries: limits.tries,
        idleMs: limits.idleMs,
        full(visitor) {
          const why = crowd.full(visitor);
          if (why) reached("sessions", visitor.schoolId);
          return why;
        },
        sharesOf: (schoolId) => shares.of(schoolId),
        reached,
        say,
        refusedLogin(refused) {
          refusedLogins[refused.reason] = (refusedLogins[refused.reason] ?? 0) + 1;
          options.refusedLogin?.(refused);
        },
        rekey: options.rekey ?? rekeyLimits,
        trace: options.tracing ? (log) => traceTo(log, ++traced) : undefined,
      });
      crowd.connections.add(connection);
      client.on("close", () => crowd.connections.delete(connection));
    } catch (error) {
      caller.failed(error);
    }
  };
  const serverNow = madeOfThoseInForce(options.hostKeys, options, (keys) => {
    const server = new ssh2.Server({
      hostKeys: hostKeys(keys),
      algorithms: algorithms(options.kex ?? "compatible"),
      banner: banner(options.helpUrl),
      ident: "Rosterbridge",
      keepaliveInterval: limits.keepaliveMs,
      keepaliveCountMax: 4,
    }, serving(announced(keys)));
    return server.on("error", () => {}); // Errors of connections have their own listener.
  });
  serverNow();

  // ssh2 tells of a connection only when the peer has introduced itself.
  const listener = await startListener({
    host: options.host,
    port: options.port,
    limits: { ...doorLimits, ...options.door },
    ...{ log, now, after },
    serve(caller) {
      callers.set(caller.socket, caller);
      serverNow().injectSocket(caller.socket);
    },
  });

  return {
    port: listener.port,
    get faults() {
      return listener.faults;
    },
    get sessions() {
      return crowd.inside.length;
    },
    get figures() {
      return listener.figures;
    },
    get load() {
      return shares.load;
    },
    get refusedLogins() {
      return { ...refusedLogins };
    },
    bans: () => listener.bans(),
    liftBan: (source) => listener.liftBan(source),
    closeSessions(stale) {
      const ended = crowd.inside.filter((connection) => stale(connection.visitor!));
      const sentence = "The key or the school no longer opens this service. Ask its operator.";
      for (const connection of ended) void connection.end("discard", "revoked", sentence);
      return ended.length;
    },
    async close(graceMs) {
      const closed = listener.close();
      listener.sendStrangersAway();
      const over = Promise.all(
        [...crowd.connections].map((connection) =>
          connection.end(
            "finish",
            "stopped",
            `The service is stopping. Connect again later; ${KEPT}`,
          )
        ),
      );
      // Until the peers have closed too, so that they get the last answers.
      const inTime = await within(graceMs, over.then(() => closed));
      if (!inTime) log("sftp.close_late", { graceMs, connections: crowd.connections.size });
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
