/**
 * Health on loopback: is the bridge up, when did the worker last answer, how much waits.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Health {
  /** Milliseconds since the epoch; `undefined` when the worker has not answered yet. */
  workerAnsweredAt: number | undefined;
  uploadsWaiting: number;
}

/** Serves `GET /healthz` on 127.0.0.1; `port` 0 takes a free one. */
export async function startHealth(
  port: number,
  health: () => Health,
): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    if (request.url !== "/healthz") {
      response.writeHead(404, { "content-type": "text/plain" }).end("Try /healthz.\n");
      return;
    }
    const { workerAnsweredAt, uploadsWaiting } = health();
    const answeredAt = workerAnsweredAt === undefined
      ? null
      : new Date(workerAnsweredAt).toISOString();
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ status: "ok", workerAnsweredAt: answeredAt, uploadsWaiting }) + "\n",
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}
