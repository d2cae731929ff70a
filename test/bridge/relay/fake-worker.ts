/** An HTTP server on this machine that answers as it is told: what a worker, or what stands before one, may do. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeWorker extends AsyncDisposable {
  url: string;
  calls: { method: string; path: string; headers: IncomingMessage["headers"]; body: Buffer }[];
}

type Answer = (response: ServerResponse, call: FakeWorker["calls"][number]) => unknown;

/** Gives the answers one after the other; the last one stays. */
export async function fakeWorker(...answers: Answer[]): Promise<FakeWorker> {
  const calls: FakeWorker["calls"] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // The bridge gave up.
    }
    const { method, url, headers } = request;
    const call = { method: method!, path: url!, headers, body: Buffer.concat(pieces) };
    calls.push(call);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    await answer(response, call);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(body));

export const text =
  (body: string, status = 200, headers: Record<string, string> = {}): Answer => (response) =>
    response.writeHead(status, headers).end(body);
