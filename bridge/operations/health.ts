/**
 * Health and metrics on loopback. `GET /healthz`: 200 while all is well, 503 with the reasons while it
 * is not; the bridge goes on serving schools as far as it can. `GET /metrics`: Prometheus's text format.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { EXPOSITION_TYPE } from "../../shared/exposition.ts";
import type { BridgeState } from "./state.ts";
import { metricsText } from "./metrics.ts";

/** Serves on 127.0.0.1; `port` 0 takes a free one. */
export async function startHealth(
  port: number,
  health: () => BridgeState,
): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    // Monitors add a query to get around caches.
    const path = request.url?.replace(/\?.*$/, "");
    if (path === "/healthz") {
      const { status, body } = healthAnswer(health());
      response.writeHead(status, { "content-type": "application/json" });
      response.end(`${JSON.stringify(body)}\n`);
    } else if (path === "/metrics") {
      response.writeHead(200, { "content-type": EXPOSITION_TYPE });
      response.end(metricsText(health()));
    } else {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("Try /healthz or /metrics.\n");
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** What is answered to `GET /healthz`, and with which status. */
export function healthAnswer(
  health: BridgeState,
): { status: number; body: Record<string, unknown> } {
  const { workerAnsweredAt, uploadsWaiting, uploadsHeld, uploadsParked } = health;
  const reasons = [...health.troubles];
  if (uploadsParked > 0) {
    const reason = uploadsParked === 1
      ? "1 upload cannot go on until an administrator looks at it"
      : `${uploadsParked} uploads cannot go on until an administrator looks at them`;
    reasons.push({ trouble: "uploads_parked", reason });
  }
  const isWell = reasons.length === 0;
  return {
    status: isWell ? 200 : 503,
    body: {
      status: isWell ? "ok" : "degraded",
      ...(isWell ? {} : { reasons }),
      workerAnsweredAt: workerAnsweredAt === undefined ? null : instant(workerAnsweredAt),
      uploadsWaiting,
      uploadsHeld,
      uploadsParked,
      commandsWaiting: health.commandsWaiting,
      eventsAside: health.eventsAside,
      sessions: health.sessions,
    },
  };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
