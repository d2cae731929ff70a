/** Everything the bridge calls, behind `BRIDGE_TOKEN`. */
import { Hono } from "hono";
import { bearer } from "../http/bearer.ts";
import type { WorkerContext } from "../context.ts";
import { exportFileRoutes } from "./exports.ts";
import { syncRoutes } from "./sync.ts";
import { uploadRoutes } from "./uploads.ts";

export function bridgeRoutes(context: WorkerContext): Hono {
  const routes = new Hono();
  routes.use(bearer(context.bridgeTokens, "BRIDGE_TOKEN"));
  routes.route("/", syncRoutes(context));
  routes.route("/", uploadRoutes(context));
  routes.route("/", exportFileRoutes(context));
  return routes;
}
