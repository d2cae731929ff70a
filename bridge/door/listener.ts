/**
 * The port: accepts connections and remembers where each comes from; who may stand at the door is the
 * gate's business, and what is spoken on them somebody else's.
 */
import { createServer, type Socket } from "node:net";
import type { Listener, ListenerOptions } from "./caller.ts";
import { contain, type Containment, type Holding } from "./containment.ts";
import { Gate } from "./gate.ts";
import { takeProxyHeader } from "./proxy-protocol.ts";
import { DISCONNECT, tellGreeted } from "./refusal.ts";

/** Opens the door. @throws Error when nothing can listen there */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { log, limits } = options;
  const sockets = new Set<Socket>();
  const containment = contain(log);
  const gate = new Gate(limits, options);

  const server = createServer((socket) => {
    socket.on("error", () => {}); // Who speaks on it tells; a port scanner's is nobody's business.
    const address = plainAddress(socket.remoteAddress);
    // It was reset before it was accepted: nobody is there.
    if (address === undefined) return void socket.destroy();
    socket.setNoDelay(true);
    socket.setMaxListeners(64); // Each channel listens to its connection's socket.
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (sockets.size - gate.leaving > limits.connections) {
      return gate.refuse("too_many_connections", socket, address, {
        reason: DISCONNECT.tooManyConnections,
        sentence:
          `Not now: ${limits.connections} connections are open, which is the most. Try again later.`,
      });
    }
    const receive = receiver(gate, containment, options, socket);
    if (limits.trustedProxies.has(address)) {
      behindProxy(gate, options, { socket, address, receive });
    } else receive(address);
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
    get figures() {
      return {
        connections: sockets.size,
        strangers: gate.strangers.count,
        waiting: gate.waiting,
        bans: gate.bans.list().length,
        turnedAway: { ...gate.turnedAway },
      };
    },
    bans: () => gate.bans.list(),
    liftBan(source) {
      const lifted = gate.bans.lift(source);
      if (lifted) log("sftp.ban_lifted", { source });
      return lifted;
    },
    sendStrangersAway() {
      for (const socket of sockets) if (!gate.isInside(socket)) socket.destroy();
    },
    close: () => new Promise((resolve) => server.close(() => (containment.release(), resolve()))),
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Takes a connection in when its address is known. */
function receiver(
  gate: Gate,
  containment: Containment,
  options: ListenerOptions,
  socket: Socket,
): (address: string) => void {
  return (address) => {
    const guest = gate.receive(socket, address);
    if (!guest) return;
    const greet = ({ failed, held }: Holding) => {
      guest.tell = tellGreeted(socket);
      options.serve({
        ...{ socket, address, failed },
        greeted(tell) {
          guest.stage = "speaking";
          guest.tell = tell;
        },
        exchanging: (go) => gate.awaitExchange(guest, () => held(go)),
        exchangedKeys: () => void (guest.stage = "keys exchanged"),
        refused: () => void (guest.refused = true),
        triedTooOften: () => gate.count("too_many_tries", address),
        admitted: (tooOften) => gate.admit(guest, tooOften),
      });
    };
    gate.awaitGreeting(guest, () => containment.hold(socket, address, greet));
  };
}

/** A trusted proxy says first who comes. */
function behindProxy(
  gate: Gate,
  { limits, after }: ListenerOptions,
  { socket, address, receive }: {
    socket: Socket;
    address: string;
    receive(address: string): void;
  },
): void {
  const wrong = (why: string) =>
    gate.refuse("no_proxy_header", socket, address, {
      reason: DISCONNECT.protocolError,
      sentence:
        "The proxy between you and this service has to say first who you are (PROXY protocol), " +
        `and did not: ${why}. Nothing you can do helps; tell the service's operator.`,
    }, { why });
  const late = after(limits.graceMs, () => wrong("it said nothing"));
  socket.once("close", late);
  takeProxyHeader(socket, (told) => {
    late();
    if (!socket.destroyed) receive(told ?? address);
  }, (why) => {
    late();
    wrong(why);
  });
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
