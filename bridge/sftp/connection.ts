/**
 * One SSH connection: logs a school in and starts its SFTP sessions. Shells, commands, other
 * subsystems, terminals, agents, X11 and forwarding in any direction have no listener here, and ssh2
 * refuses what nobody listens for.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import type { Log } from "../../shared/log.ts";
import type { ClientInfo, Connection, Session } from "ssh2";
import type { Caller } from "../door/caller.ts";
import { DISCONNECT } from "../door/refusal.ts";
import type { AbandonReason, Home } from "../home/home.ts";
import type { Reached } from "../limits-reached.ts";
import type { After } from "../timers.ts";
import type { HandleCount } from "./handles.ts";
import { type AnnouncedKey, announceHostKeys } from "./host-keys.ts";
import { type LoginOptions, printable, watchLogin } from "./login.ts";
import { neededSoftware } from "./needed-software.ts";
import { rekeying, type RekeyLimits } from "./rekeying.ts";
import { type SftpSession, startSession } from "./session.ts";
import type { SchoolShares } from "./shares.ts";
import { closeUnused, disconnect, heldBack, packetSizeOf } from "./ssh2-internals.ts";
import type { Trace } from "./trace.ts";

/** Who is logged in, and from where. */
export interface Visitor {
  schoolId: SchoolId;
  slug: string;
  /** `SHA256:…` of the key that opened the door. */
  fingerprint: string;
  address: string;
  /** The client's own name for its software: at most 128 printable characters. */
  client: string;
}

export interface ConnectionOptions extends LoginOptions {
  enter(visitor: Visitor): Home;
  log: Log;
  after: After;
  /** Milliseconds without a request after which the connection is ended; 0 for never. */
  idleMs: number;
  /** Why a visitor cannot come in now, or `undefined`. */
  full(visitor: Visitor): string | undefined;
  sharesOf(schoolId: SchoolId): SchoolShares;
  /** A school came up against a limit. */
  reached: Reached;
  rekey: RekeyLimits;
  /** All that are in force. */
  hostKeys: readonly AnnouncedKey[];
  /** Watches the packets of a new session. */
  trace: ((log: Log) => Trace) | undefined;
}

export interface OpenConnection {
  /** `undefined` until somebody has logged in. */
  readonly visitor: Visitor | undefined;
  /** It is on its way out. */
  readonly ending: boolean;
  /** When it last had a request, in milliseconds since the epoch. */
  readonly activeAt: number;
  /** Ends the sessions, tells the client why, and ends the connection. */
  end(requests: "finish" | "discard", why: AbandonReason, sentence: string): Promise<void>;
}

/** Channels of one connection, and handles over all of them. */
const MOST_CHANNELS = 10;
const MOST_HANDLES = 128;
/** What opening a channel costs the bridge, in requests. */
const CHANNEL_REQUESTS = 20;
/**
 * Bytes that a client must take in a packet; all known ones take 16 KiB or more. ssh2 cuts each answer
 * into such packets at one go: for ever, and with it the whole process, where a packet has none.
 */
const LEAST_PACKET = 1024;
/** How long a peer may take to close a connection that we ended. */
const LINGER_MS = 2000;

/** What becomes of files that were open when a connection ended. */
export const KEPT = "what arrived of a file that was open is kept, and an upload can be resumed.";

export function serveConnection(
  client: Connection,
  { header }: ClientInfo,
  caller: Caller,
  options: ConnectionOptions,
): OpenConnection {
  const { log } = options;
  const { socket, address } = caller;
  const software = printable(`${header.versions.software} ${header.comments ?? ""}`);
  const needed = neededSoftware(software);
  const sessions = new Set<SftpSession>();
  const holding = new Set<symbol>();
  const handles: HandleCount = { of: "connection", open: 0, most: MOST_HANDLES };
  let visitor: Visitor | undefined;
  let activeAt = options.now();
  let channels = 0;
  let ending = false;
  let lingering = false;
  let callOffIdle = () => {};
  let renewKeys = () => {};

  client.on("error", (error: Error & { level?: string }) => {
    const problem = printable(error.message);
    const who = { address, slug: visitor?.slug, client: software, needed };
    const told = { ...who, level: error.level, problem };
    options.say("sftp.connection_error", `${address} ${needed} ${problem}`, told);
    // ssh2 would go on parsing what follows.
    socket.removeAllListeners("data");
    linger();
  });
  client.on("end", linger);
  client.on("close", () => callOffIdle());
  watchLogin(client, caller, { ...options, software }, guarded, (proof) => {
    const who = { ...proof, address, client: software };
    const full = options.full(who);
    if (!full) visitor = who;
    return full;
  });
  client.on(
    "ready",
    guarded(() => {
      const { schoolId } = visitor!;
      const often = !options.sharesOf(schoolId).logins.tryTake(1);
      if (often) options.reached("logins", schoolId);
      caller.admitted(often);
      log("sftp.login", { ...visitor });
      announceHostKeys(client, header.versions.software, options.hostKeys);
      renewKeys = rekeying(client, socket, options.rekey);
      restartIdle();
    }),
  );
  client.on(
    "session",
    guarded((accept: () => Session, reject: () => void) => {
      paceChannels();
      if (ending || channels >= MOST_CHANNELS) return reject();
      channels++;
      openChannel(accept());
    }),
  );
  // Only so that ssh2 heeds `no-more-sessions@openssh.com`; forwarding is refused.
  client.on("request", (_accept: unknown, reject?: () => void) => reject?.());

  /** Who opens more channels than its school may make requests is not read for a while. */
  function paceChannels(): void {
    const { schoolId } = visitor!;
    const { requests } = options.sharesOf(schoolId).allowances;
    requests.take(CHANNEL_REQUESTS);
    const due = requests.due();
    if (!due || ending) return;
    options.reached("requests", schoolId);
    void due.then(holdBack());
  }

  /** Reads no more from the client until it is released, by all who hold it back. */
  function holdBack(): () => void {
    const hold = Symbol("hold");
    holding.add(hold);
    socket.pause();
    return () => {
      holding.delete(hold);
      if (holding.size === 0) socket.resume();
    };
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
        let release = () => {};
        const shares = options.sharesOf(visitor!.schoolId);
        const sessionLog: Log = (event, fields) =>
          log(event, { slug: visitor!.slug, address, ...fields });
        const session = startSession({
          channel: opened,
          socket,
          home: options.enter(visitor!),
          owner: visitor!.slug,
          now: options.now,
          log: sessionLog,
          handleCounts: [handles, shares.handles],
          reached: (limit) => options.reached(limit, visitor!.schoolId),
          backlog: shares.backlog,
          answers: shares.answers,
          allowances: shares.allowances,
          trace: options.trace?.(sessionLog),
          heldBack: () => heldBack(client),
          hold: () => void (release = holdBack()),
          release: () => release(),
          active: () => {
            renewKeys();
            restartIdle();
          },
          broken: (why) => {
            log("sftp.broken", { slug: visitor!.slug, address, why });
            void end("discard", "connection lost", `Your client ${why}; ${KEPT}`);
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
    activeAt = options.now();
    if (options.idleMs === 0) return;
    callOffIdle();
    callOffIdle = options.after(options.idleMs, () => {
      if (visitor) options.reached("idle", visitor.schoolId);
      log("sftp.idle", { slug: visitor?.slug, address, idleMs: options.idleMs });
      const seconds = options.idleMs / 1000;
      const [count, unit] = seconds % 60 === 0 ? [seconds / 60, "minute"] : [seconds, "second"];
      const time = `${count} ${unit}${count === 1 ? "" : "s"}`;
      void end("finish", "idle", `Nothing was asked for in ${time}. Connect again; ${KEPT}`);
    });
  }

  async function end(
    requests: "finish" | "discard",
    why: AbandonReason,
    sentence: string,
  ): Promise<void> {
    ending = true;
    const over = [...sessions].map((session) => {
      session.end(requests, why);
      return session.over;
    });
    if (requests === "finish") await Promise.all(over);
    disconnect(client, DISCONNECT.byApplication, sentence);
    linger();
    await Promise.all(over);
  }

  /** ssh2 only half-closes; a peer that does not close its side must not keep the socket. */
  function linger(): void {
    if (lingering || socket.destroyed) return;
    lingering = true;
    socket.resume(); // Or a paused socket would never see the peer's end.
    socket.once("close", options.after(LINGER_MS, () => socket.destroy()));
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
    get ending() {
      return ending || socket.destroyed;
    },
    get activeAt() {
      return activeAt;
    },
    end,
  };
}
