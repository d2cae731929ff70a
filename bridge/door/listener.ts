/**
 * The port: accepts connections, remembers where each comes from, and limits how many may stand at the
 * door and for how long. What is spoken on them is not its business.
 */
import { createServer, type Socket } from "node:net";
import type { Listener, ListenerOptions } from "./caller.ts";
import { contain } from "./containment.ts";

/** Connections that are not admitted yet; beyond this the oldest gives way. */
const MOST_STRANGERS = 256;

/** Opens the door. @throws Error when nothing can listen there */
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
