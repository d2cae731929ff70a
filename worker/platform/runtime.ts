/**
 * What differs between the platforms that the worker runs on: Deno, Deno Deploy and Node. They are
 * reached through `globalThis`, so that one source type-checks on all of them.
 */

import type { Caller } from "../http/caller.ts";

type Fetch = (request: Request, caller: Caller) => Response | Promise<Response>;

export interface Listening {
  /** `http://127.0.0.1:8787`, or where the platform listens. */
  address: string;
  /** Answers the requests in flight, then takes no more; resolves then. */
  stop(): Promise<void>;
}

export interface Runtime {
  environment(): Record<string, string | undefined>;
  /** @throws when the port is taken or the host is not this machine's */
  listen(fetch: Fetch, host: string, port: number): Promise<Listening>;
  /** Calls once, when the process is asked to end; never where there are no signals. */
  onStop(stop: () => void): void;
  /** Calls once, when whoever holds the other end of standard input is gone. */
  onStdinEnd(ended: () => void): void;
  exit(code: number): void;
  /** What this process makes from here on is its user's only. @throws when that is not permitted */
  keepFilesPrivate(): void;
}

export function currentRuntime(): Runtime {
  const { Deno: deno, process } = globalThis as unknown as {
    Deno?: DenoGlobal;
    process?: NodeProcess;
  };
  if (deno) return onDeno(deno);
  if (process) return onNode(process);
  throw new Error("The worker runs on Deno and on Node; this is neither.");
}

/** The bits of a mode that are taken away: all but the user's. */
const PRIVATE = 0o077;

async function readToEnd(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

interface DenoGlobal {
  env: { toObject(): Record<string, string> };
  serve(
    options: {
      hostname: string;
      port: number;
      onListen(at: { hostname: string; port: number }): void;
    },
    fetch: (
      request: Request,
      at: { remoteAddr: { hostname?: string } },
    ) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
  umask(mask: number): number;
  stdin: { readable: ReadableStream<Uint8Array> };
  addSignalListener(signal: string, listener: () => void): void;
  exit(code: number): void;
}

function onDeno(deno: DenoGlobal): Runtime {
  return {
    environment: () => deno.env.toObject(),
    listen(fetch, hostname, port) {
      let address = url(hostname, port);
      const inFlight = new Set<Promise<Response>>();
      const server = deno.serve({
        hostname,
        port,
        onListen: (at) => address = url(at.hostname, at.port),
      }, (request, { remoteAddr }) => {
        const answer = Promise.resolve(fetch(request, callerAt(remoteAddr.hostname)));
        inFlight.add(answer);
        return answer.finally(() => inFlight.delete(answer));
      });
      return Promise.resolve({
        address,
        async stop() {
          // Deno 2.9 lets nobody read the rest of a request once it shuts down (denoland/deno#36809),
          // also of one that came while others were waited for.
          while (inFlight.size > 0) await Promise.allSettled(inFlight);
          await server.shutdown();
        },
      });
    },
    onStop(stop) {
      try {
        for (const signal of ["SIGTERM", "SIGINT"]) deno.addSignalListener(signal, stop);
      } catch {
        // Deno Deploy has no signals.
      }
    },
    onStdinEnd: (ended) => void readToEnd(deno.stdin.readable).then(ended, ended),
    exit: (code) => deno.exit(code),
    keepFilesPrivate: () => void deno.umask(PRIVATE),
  };
}

/** What keeps connections that say nothing, or say it slowly, from staying, in milliseconds. */
export const NODE_TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
};
/** So long answers that are under way may take when the worker is to end: less than a platform waits. */
const GRACE_MS = 3_000;

interface NodeRequest {
  incoming: { socket: { remoteAddress?: string | undefined } };
}

function callerAt(address: string | undefined): Caller {
  return address === undefined ? {} : { address };
}

interface NodeProcess {
  env: Record<string, string | undefined>;
  umask(mask: number): number;
  stdin: { resume(): void; once(event: "close", listener: () => void): void };
  on(signal: string, listener: () => void): void;
  exit(code: number): void;
}

export function onNode(
  process: NodeProcess,
  timeouts = NODE_TIMEOUTS,
  graceMs = GRACE_MS,
): Runtime {
  return {
    environment: () => process.env,
    async listen(fetch, hostname, port) {
      const { createAdaptorServer } = await import("@hono/node-server");
      const server = createAdaptorServer({
        fetch: (request, env) =>
          fetch(request, callerAt((env as NodeRequest).incoming.socket.remoteAddress)),
        serverOptions: timeouts,
      });
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, hostname, resolve);
      });
      const bound = server.address();
      const at = typeof bound === "object" && bound ? bound.port : port;
      const silent = silentConnections(server as NodeServer);
      const stop = () => stopped(server as NodeServer, silent, graceMs);
      return { address: url(hostname, at), stop };
    },
    onStop(stop) {
      for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
    },
    onStdinEnd(ended) {
      process.stdin.once("close", ended);
      process.stdin.resume();
    },
    exit: (code) => process.exit(code),
    keepFilesPrivate: () => void process.umask(PRIVATE),
  };
}

interface NodeSocket {
  bytesRead: number;
  destroy(): void;
  on(event: "close", listener: () => void): void;
}

interface NodeServer {
  on(event: "connection", listener: (socket: NodeSocket) => void): void;
  close(closed: () => void): void;
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/** Connections that have said nothing yet. Node does not count them as idle. */
function silentConnections(server: NodeServer): () => NodeSocket[] {
  const sockets = new Set<NodeSocket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return () => [...sockets].filter(({ bytesRead }) => bytesRead === 0);
}

/**
 * Lets what is under way come to its end, within the grace. Connections that are kept for a next request
 * would hold the server open, and one that is answered now is kept from then on; a client whose call was
 * aborted opens another connection for its next one, which may never come.
 */
function stopped(
  server: NodeServer,
  silent: () => NodeSocket[],
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      for (const socket of silent()) socket.destroy();
    }, 20);
    const late = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(late);
      resolve();
    });
  });
}

function url(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
