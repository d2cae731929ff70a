/** Everything a bridge calls, behind its token: a file a call. */
import { Hono } from "hono";
import { bearer } from "../http/bearer.ts";
import { limitedBody } from "../http/body.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import type { WorkerContext } from "../context.ts";
import { identifyBridge } from "./caller.ts";
import { eventRoutes } from "./events.ts";
import { exportFileRoutes } from "./exports.ts";
import { listenRoutes } from "./listen.ts";
import { uploadRoutes } from "./uploads.ts";

export function bridgeRoutes(context: WorkerContext, failed: FailedTokens): Hono {
  const routes = new Hono();
  const { bridges } = context;
  const tokens = bridges.map(({ token }) => token);
  const door = { setting: "BRIDGE_TOKEN", wanted: "the worker's BRIDGE_TOKEN", failed };
  routes.use(bearer(door, tokens));
  routes.use(identifyBridge(bridges));
  routes.use(limitedBody());
  routes.route("/", listenRoutes(context));
  routes.route("/", eventRoutes(context));
  routes.route("/", uploadRoutes(context));
  routes.route("/", exportFileRoutes(context));
  return routes;
}
