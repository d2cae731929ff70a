/** What stands between the bridge and the worker and may be anything: slow, broken, or something else's page. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Answers a call; `pass` hands it to the worker and answers what that answers. */
export type Behaviour = (
  call: Call,
  response: ServerResponse,
  pass: () => Promise<void>,
) => unknown;

export interface Front extends AsyncDisposable {
  port: number;
  behave: Behaviour;
}

export const passOn: Behaviour = (_call, _response, pass) => pass();

export async function startFront(workerPort: number): Promise<Front> {
  const server = createServer(async (incoming, response) => {
    try {
      const pieces: Buffer[] = [];
      for await (const piece of incoming) pieces.push(piece);
      const { method, url, headers } = incoming;
      const call = { method: method!, path: url!, headers, body: Buffer.concat(pieces) };
      await front.behave(call, response, () => forward(workerPort, call, response));
    } catch {
      response.destroy(); // The worker is away, or the bridge.
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const front: Front = {
    port: (server.address() as AddressInfo).port,
    behave: passOn,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return front;
}

function forward(port: number, call: Call, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = call;
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
        answer.on("error", reject);
        response.on("close", resolve);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
