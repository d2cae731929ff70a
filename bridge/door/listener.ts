/**
 * The port: accepts connections, remembers where each comes from, and limits how many may stand at the
 * door and for how long. What is spoken on them is not its business.
 */
import type { Log } from "../../shared/log.ts";
import { createServer, type Socket } from "node:net";
import { contain } from "./containment.ts";

/** A connection at the door. */
export interface Caller {
  readonly socket: Socket;
  /** As it was when the connection was accepted; a socket forgets it once the peer has reset. */
  readonly address: string;
  /** It has logged in: from now on it may stay. */
  admitted(): void;
  /** Something unforeseen was thrown in it: ends it, counts and logs that. */
  failed(error: unknown): void;
}

export interface ListenerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Milliseconds within which a caller must be admitted. */
  graceMs: number;
  log: Log;
  /** Speaks to a caller. What it throws, at once or later, ends that connection only. */
  serve(caller: Caller): void;
}

export interface Listener {
  readonly port: number;
  /** Connections that were ended because something unforeseen was thrown in them. */
  readonly faults: number;
  /** Ends the connections that were not admitted yet. */
  sendStrangersAway(): void;
  /** Stops listening; resolves when every connection is closed. */
  close(): Promise<void>;
  /** Closes every connection now. */
  destroyAll(): void;
}

/** Connections that are not admitted yet; beyond this the oldest gives way. */
const MOST_STRANGERS = 256;

/** @throws Error when nothing can listen there */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { log, graceMs } = options;
  const strangers = new Set<Socket>();
  const sockets = new Set<Socket>();
  const containment = contain(log);

  const server = createServer((socket) => {
    socket.on("error", () => {}); // Who speaks on it tells; a port scanner's is nobody's business.
    const address = plainAddress(socket.remoteAddress);
    // It was reset before it was accepted: nobody is there.
    if (address === undefined) return void socket.destroy();
    socket.setNoDelay(true);
    socket.setMaxListeners(64); // Each channel listens to its connection's socket.
    sockets.add(socket);
    strangers.add(socket);
    const grace = setTimeout(() => {
      if (!strangers.has(socket)) return;
      log("sftp.too_slow", { address, graceMs });
      socket.destroy();
    }, graceMs).unref();
    socket.once("close", () => {
      clearTimeout(grace);
      strangers.delete(socket);
      sockets.delete(socket);
    });
    if (strangers.size > MOST_STRANGERS) {
      const [oldest] = strangers;
      oldest!.destroy();
      strangers.delete(oldest!);
    }
    const admitted = () => void strangers.delete(socket);
    containment.hold(socket, address, (failed) => {
      options.serve({ socket, address, admitted, failed });
    });
  });
  try {
    await listen(server, options);
  } catch (error) {
    containment.release();
    throw error;
  }
  // Such as no file descriptors left: the listener goes on when there are some again.
  server.on("error", (error) => {
    log("sftp.listen_error", { code: (error as NodeJS.ErrnoException).code });
  });

  return {
    port: (server.address() as { port: number }).port,
    get faults() {
      return containment.faults;
    },
    sendStrangersAway() {
      for (const socket of strangers) socket.destroy();
    },
    close: () => new Promise((resolve) => server.close(() => (containment.release(), resolve()))),
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listen(
  server: ReturnType<typeof createServer>,
  { port, host }: ListenerOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** IPv4 as IPv4, also on a socket that listens for both. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/, "");
}
