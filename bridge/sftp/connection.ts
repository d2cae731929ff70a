/**
 * One SSH connection: logs a school in and starts its SFTP sessions. Shells, commands, other
 * subsystems, terminals, agents, X11 and forwarding in any direction have no listener here, and ssh2
 * refuses what nobody listens for.
 */
import { isSlug } from "../../shared/slug.ts";
import type { Log } from "../../shared/log.ts";
import type { AuthContext, ClientInfo, Connection, Session } from "ssh2";
import type { Caller } from "../door/caller.ts";
import type { AbandonReason, Home } from "../home/home.ts";
import { type AuthenticationOptions, judge } from "./authentication.ts";
import type { HandleCount } from "./handles.ts";
import type { Backlog } from "./request-queue.ts";
import { rekeying, type RekeyLimits } from "./rekeying.ts";
import { type SftpSession, startSession } from "./session.ts";
import {
  acceptKey,
  closeUnused,
  DISCONNECT,
  disconnect,
  heldBack,
  packetSizeOf,
} from "./ssh2-internals.ts";
import type { Trace } from "./trace.ts";

/** Who is logged in, and from where. */
export interface Visitor {
  schoolId: number;
  slug: string;
  /** `SHA256:…` of the key that opened the door. */
  fingerprint: string;
  address: string;
  /** The client's own name for its software: at most 128 printable characters. */
  client: string;
}

export interface ConnectionOptions extends AuthenticationOptions {
  enter(visitor: Visitor): Home;
  log: Log;
  /** Milliseconds without a request after which the connection is ended; 0 for never. */
  idleMs: number;
  /** Why a visitor cannot come in now, or `undefined`. */
  full(visitor: Visitor): string | undefined;
  /** The handles that a school has open over all its connections. */
  handlesOf(schoolId: number): HandleCount;
  /** The requests of a school that wait in all its sessions. */
  backlogOf(schoolId: number): Backlog;
  rekey: RekeyLimits;
  /** Watches the packets of a new session. */
  trace: ((log: Log) => Trace) | undefined;
}

export interface OpenConnection {
  /** `undefined` until somebody has logged in. */
  readonly visitor: Visitor | undefined;
  /** Ends the sessions and then the connection. */
  end(requests: "finish" | "discard", why: AbandonReason): Promise<void>;
}

/** A client tries its keys one by one; agents hold many. */
const MOST_ATTEMPTS = 20;
/** Channels of one connection. */
const MOST_CHANNELS = 10;
/**
 * Bytes that a client must take in a packet; all known ones take 16 KiB or more. ssh2 cuts each answer
 * into such packets at one go: for ever, and with it the whole process, where a packet has none.
 */
const LEAST_PACKET = 1024;
/** How long a peer may take to close a connection that we ended. */
const LINGER_MS = 2000;

export function serveConnection(
  client: Connection,
  { header }: ClientInfo,
  caller: Caller,
  options: ConnectionOptions,
): OpenConnection {
  const { log } = options;
  const { socket, address } = caller;
  const software = `${header.versions.software} ${header.comments ?? ""}`;
  const sessions = new Set<SftpSession>();
  const holding = new Set<symbol>();
  const handles: HandleCount = { of: "connection", open: 0 };
  let visitor: Visitor | undefined;
  /** How far a stranger came, for the operator who is asked why a login fails. */
  let reached = "nothing but a greeting";
  let attempts = 0;
  let channels = 0;
  let ending = false;
  let lingering = false;
  let idle: NodeJS.Timeout | undefined;
  let renewKeys = () => {};

  client.on("error", (error: Error & { level?: string }) => {
    log("sftp.connection_error", {
      address,
      slug: visitor?.slug,
      client: printable(software),
      level: error.level,
      problem: printable(error.message),
    });
    // ssh2 would go on parsing what follows.
    socket.removeAllListeners("data");
    linger();
  });
  client.on("end", linger);
  client.on("handshake", () => reached = "the key exchange, no login");
  client.on("close", () => {
    clearTimeout(idle);
    if (!visitor) log("sftp.left", { address, client: printable(software), reached });
  });
  client.on(
    "authentication",
    guarded((attempt: AuthContext) => {
      const verdict = judge(attempt, options);
      if (verdict.type === "acceptable") {
        reached = `a key of ${printable(attempt.username)} that would do; no signature by it came`;
        return acceptKey(attempt);
      }
      if (verdict.type === "refused") return refuse(attempt, verdict.why, verdict.fingerprint);
      const { schoolId, fingerprint } = verdict;
      const slug = attempt.username;
      const who = { schoolId, slug, fingerprint, address, client: printable(software) };
      const full = options.full(who);
      if (full) {
        log("sftp.full", { slug, address, why: full });
        return disconnect(client, DISCONNECT.tooManyConnections, `Not now: ${full}.`);
      }
      visitor = who;
      attempt.accept();
    }),
  );
  client.on(
    "ready",
    guarded(() => {
      caller.admitted();
      log("sftp.login", { ...visitor });
      renewKeys = rekeying(client, socket, options.rekey);
      restartIdle();
    }),
  );
  client.on(
    "session",
    guarded((accept: () => Session, reject: () => void) => {
      if (ending || channels >= MOST_CHANNELS) return reject();
      channels++;
      openChannel(accept());
    }),
  );
  // Only so that ssh2 heeds `no-more-sessions@openssh.com`; forwarding is refused.
  client.on("request", (_accept: unknown, reject?: () => void) => reject?.());

  function refuse(attempt: AuthContext, why: string, fingerprint?: string): void {
    // Every client begins with "none" to learn which ways in there are.
    if (attempt.method !== "none") {
      attempts++;
      reached = "a refused login";
      // What is no slug may be a password in the wrong field.
      const slug = isSlug(attempt.username) ? attempt.username : undefined;
      log("sftp.refused", { slug, address, fingerprint, client: printable(software), why });
    }
    if (attempts >= MOST_ATTEMPTS) {
      return disconnect(client, DISCONNECT.noMoreMethods, `${attempts} keys were tried.`);
    }
    attempt.reject(["publickey"]);
  }

  function openChannel(channel: Session): void {
    channel.on(
      "subsystem",
      guarded((accept, reject, { name }) => {
        const isSmall = packetSizeOf(channel) < LEAST_PACKET;
        if (isSmall) log("sftp.small_packets", { slug: visitor!.slug, address });
        const opened = name === "sftp" && !ending && !isSmall ? accept() : undefined;
        // A second subsystem on one channel gets nothing.
        if (!opened) return reject?.();
        const hold = Symbol("hold");
        const sessionLog: Log = (event, fields) =>
          log(event, { slug: visitor!.slug, address, ...fields });
        const session = startSession({
          channel: opened,
          socket,
          home: options.enter(visitor!),
          owner: visitor!.slug,
          now: options.now,
          log: sessionLog,
          handleCounts: [handles, options.handlesOf(visitor!.schoolId)],
          backlog: options.backlogOf(visitor!.schoolId),
          trace: options.trace?.(sessionLog),
          heldBack: () => heldBack(client),
          hold: () => {
            holding.add(hold);
            socket.pause();
          },
          release: () => {
            holding.delete(hold);
            if (holding.size === 0) socket.resume();
          },
          active: () => {
            renewKeys();
            restartIdle();
          },
          broken: (why) => {
            log("sftp.broken", { slug: visitor!.slug, address, why });
            void end("discard", "connection lost");
          },
        });
        sessions.add(session);
        void session.over.then(() => sessions.delete(session));
      }),
    );
    channel.on(
      "close",
      guarded(() => {
        channels--;
        closeUnused(client, channel);
      }),
    );
  }

  function restartIdle(): void {
    if (options.idleMs === 0) return;
    if (idle) return void idle.refresh();
    idle = setTimeout(() => {
      log("sftp.idle", { slug: visitor?.slug, address, idleMs: options.idleMs });
      void end("finish", "idle");
    }, options.idleMs).unref();
  }

  async function end(requests: "finish" | "discard", why: AbandonReason): Promise<void> {
    ending = true;
    const over = [...sessions].map((session) => {
      session.end(requests, why);
      return session.over;
    });
    if (requests === "finish") await Promise.all(over);
    disconnect(client, DISCONNECT.byApplication, "");
    linger();
    await Promise.all(over);
  }

  /** ssh2 only half-closes; a peer that does not close its side must not keep the socket. */
  function linger(): void {
    if (lingering || socket.destroyed) return;
    lingering = true;
    socket.resume(); // Or a paused socket would never see the peer's end.
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once("close", () => clearTimeout(timer));
  }

  /** A fault of ours must cost this connection only. */
  function guarded<A extends unknown[]>(handler: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        handler(...args);
      } catch (error) {
        caller.failed(error);
      }
    };
  }

  return {
    get visitor() {
      return visitor;
    },
    end,
  };
}

/** Text of a stranger, safe in a log line and on a page. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim().slice(0, 128);
}
