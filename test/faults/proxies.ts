/** Proxies that make a network bad: one speaks HTTP and can send a call twice, one is plain TCP. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { Random } from "./random.ts";

export interface Proxy {
  port: number;
  /** While false everything passes as it is. */
  isBad: boolean;
  /** How often each fault was made. */
  faults: Record<string, number>;
  close(): Promise<void>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Call {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Between bridge and worker: drops, delays, cuts off and duplicates calls, and replays old slices. */
export async function httpProxy(target: number, random: Random): Promise<Proxy> {
  const agent = new Agent({ keepAlive: false });
  const slices: Call[] = [];
  const proxy: Proxy = {
    port: 0,
    isBad: false,
    faults: {},
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  const count = (fault: string) => proxy.faults[fault] = (proxy.faults[fault] ?? 0) + 1;

  const server = createServer(async (incoming, outgoing) => {
    try {
      const call = {
        method: incoming.method!,
        path: incoming.url!,
        headers: incoming.headers,
        body: await readAll(incoming),
      };
      await handle(call, outgoing);
    } catch {
      outgoing.destroy();
    }
  });

  async function handle(call: Call, outgoing: ServerResponse): Promise<void> {
    const isSlice = call.method === "PUT";
    const fault = proxy.isBad && random.chance(0.25)
      ? random.pick(["drop call", "drop answer", "delay", "cut off", "send twice", "replay"])
      : "none";
    if (fault !== "none") count(fault);
    if (fault === "drop call") return void outgoing.destroy();
    if (fault === "delay") await pause(random.below(150));
    if (fault === "send twice") await Promise.allSettled([forward(call), forward(call)]);
    if (fault === "replay" && slices.length > 0) {
      const old = random.pick(slices);
      await forward({
        ...old,
        headers: { ...old.headers, authorization: call.headers.authorization },
      })
        .catch(() => {});
    }
    const answer = await forward(call);
    if (isSlice && slices.push(call) > 50) slices.shift();
    if (fault === "drop answer") return void outgoing.destroy();
    const headers = { ...answer.headers };
    delete headers["transfer-encoding"];
    outgoing.writeHead(answer.status, { ...headers, "content-length": answer.body.length });
    if (fault === "cut off") {
      outgoing.write(answer.body.subarray(0, answer.body.length / 2));
      await pause(5);
      return void outgoing.destroy();
    }
    outgoing.end(answer.body);
  }

  function forward(call: Call) {
    return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>(
      (resolve, reject) => {
        const { method, path, body } = call;
        const headers: Record<string, unknown> = { ...call.headers, "content-length": body.length };
        delete headers["transfer-encoding"];
        const out = request(
          { host: "127.0.0.1", port: target, method, path, headers: headers as never, agent },
          (answer) => {
            readAll(answer).then(
              (body) => resolve({ status: answer.statusCode!, headers: answer.headers, body }),
              reject,
            );
          },
        );
        out.on("error", reject);
        out.end(body);
      },
    );
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

export interface TcpProxyOptions {
  random?: Random;
  /** Milliseconds every piece waits, each way. */
  delayMs?: number;
}

/** Between worker and database: breaks connections off in the middle, or adds a round trip. */
export async function tcpProxy(target: number, options: TcpProxyOptions = {}): Promise<Proxy> {
  const { random, delayMs = 0 } = options;
  const sockets = new Set<Socket>();
  const proxy: Proxy = {
    port: 0,
    isBad: false,
    faults: {},
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  const server: Server = createTcpServer((near) => {
    const far = connect(target, "127.0.0.1");
    near.setNoDelay(true);
    far.setNoDelay(true);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      let queue = Promise.resolve();
      from.on("data", (piece) => {
        if (proxy.isBad && random?.chance(0.03)) {
          proxy.faults["break off"] = (proxy.faults["break off"] ?? 0) + 1;
          if (random.chance(0.5)) to.write(piece.subarray(0, piece.length / 2));
          return end();
        }
        if (delayMs === 0) return void to.write(piece);
        const due = performance.now() + delayMs;
        queue = queue.then(async () => {
          const wait = due - performance.now();
          if (wait > 0) await pause(wait);
          if (!to.destroyed) to.write(piece);
        });
      });
      from.on("end", () => queue.then(() => to.end()));
      from.on("error", end);
      from.on("close", () => {
        sockets.delete(from);
        queue.then(() => to.destroy());
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}
