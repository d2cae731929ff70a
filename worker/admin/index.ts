/** Everything administrators call, behind `ADMIN_TOKEN`. */
import { Hono } from "hono";
import { bearer } from "../http/bearer.ts";
import { limitedBody } from "../http/body.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import { knownQuery } from "../http/query.ts";
import type { WorkerContext } from "../context.ts";
import { auditRoutes } from "./audit.ts";
import { contactRoutes } from "./contacts.ts";
import { exportRoutes } from "./exports.ts";
import { fileRoutes } from "./files.ts";
import { keyRoutes } from "./keys.ts";
import { mailRoutes } from "./mails.ts";
import { placementRoutes } from "./placements.ts";
import { scheduleRoutes } from "./schedules.ts";
import { schoolRoutes } from "./schools.ts";
import { studentRoutes } from "./students.ts";
import { suspensionRoutes } from "./suspensions.ts";
import { uploadDecisionRoutes } from "./upload-decisions.ts";
import { uploadFileRoutes } from "./upload-files.ts";
import { uploadRoutes } from "./uploads.ts";
import { verificationRoutes } from "./verifications.ts";
import { webhookRoutes } from "./webhooks.ts";

export function adminRoutes(context: WorkerContext, failed: FailedTokens): Hono {
  const routes = new Hono();
  routes.use(bearer({ tokens: [context.adminToken], setting: "ADMIN_TOKEN", failed }));
  routes.use(limitedBody());
  routes.use(knownQuery);
  routes.route("/", schoolRoutes(context));
  routes.route("/", keyRoutes(context));
  routes.route("/", placementRoutes(context));
  routes.route("/", uploadRoutes(context));
  routes.route("/", uploadFileRoutes(context));
  routes.route("/", uploadDecisionRoutes(context));
  routes.route("/", suspensionRoutes(context));
  routes.route("/", studentRoutes(context));
  routes.route("/", verificationRoutes(context));
  routes.route("/", scheduleRoutes(context));
  routes.route("/", exportRoutes(context));
  routes.route("/", fileRoutes(context));
  routes.route("/", contactRoutes(context));
  routes.route("/", mailRoutes(context));
  routes.route("/", webhookRoutes(context));
  routes.route("/", auditRoutes(context));
  return routes;
}
