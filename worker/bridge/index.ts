/** Everything the bridge calls, behind `BRIDGE_TOKEN`. */
import { Hono } from "hono";
import { bearer } from "../http/bearer.ts";
import { limitedBody } from "../http/body.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import type { WorkerContext } from "../context.ts";
import { exportFileRoutes } from "./exports.ts";
import { syncRoutes } from "./sync.ts";
import { uploadRoutes } from "./uploads.ts";

export function bridgeRoutes(context: WorkerContext, failed: FailedTokens): Hono {
  const routes = new Hono();
  routes.use(bearer({ tokens: context.bridgeTokens, setting: "BRIDGE_TOKEN", failed }));
  routes.use(limitedBody());
  routes.route("/", syncRoutes(context));
  routes.route("/", uploadRoutes(context));
  routes.route("/", exportFileRoutes(context));
  return routes;
}
