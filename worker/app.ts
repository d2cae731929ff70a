/** The worker as one function from request to answer. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { methodNotAllowed } from "hono/method-not-allowed";
import { routePath } from "hono/route";
import { adminRoutes } from "./admin/index.ts";
import { descriptionRoutes } from "./admin/description.ts";
import { metricsRoutes } from "./admin/metrics.ts";
import { signInRoutes } from "./admin/sign-in.ts";
import type { Bell } from "./bridge/bell.ts";
import { bridgeRoutes } from "./bridge/index.ts";
import * as v from "valibot";
import { consoleRoutes } from "./console/index.tsx";
import { describeFault } from "../shared/fault.ts";
import type { WorkerContext } from "./context.ts";
import { isDiskFull, isUnavailable } from "./database/errors.ts";
import type { Caller } from "./http/caller.ts";
import { describes } from "./http/describe.ts";
import { FailedTokens } from "./http/failed-tokens.ts";
import { DISK_FULL, watchHealth } from "./http/health.ts";
import { databaseUnavailable, HttpProblem, problemResponse } from "./http/problem.ts";
import { RequestRate } from "./http/request-rate.ts";

export function createApp(context: WorkerContext): Hono<{ Bindings: Caller }> {
  const app = new Hono<{ Bindings: Caller }>();
  const failed = new FailedTokens(context);
  const rate = new RequestRate(context);
  const health = watchHealth(context);
  const problem = (error: Error, c: Context) => {
    health.failed(error);
    return problemOf(error, c, context);
  };
  app.onError((error, c) => problemResponse(problem(error, c)));
  app.notFound((c) => problemResponse(notFound(c)));
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => problemResponse(wrongMethod(c, methods)),
  }));
  app.use(async (c, next) => {
    await next();
    // Rosters and reports are nobody's to keep on the way.
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
    c.res.headers.set("x-content-type-options", "nosniff");
  });
  app.use(async (c, next) => {
    await next();
    if (c.req.method !== "GET" && c.res.ok) context.tell?.();
  });
  app.get("/healthz", sayingWell, async (c) => {
    await health.check();
    return c.json({ status: "ok" });
  });
  app.route("/bridge", bridgeRoutes(context, failed));
  app.use("/admin/*", ringAfterChanges(context.bell));
  app.route("/admin", adminRoutes(context, failed, rate));
  app.route("/metrics", metricsRoutes(context, failed, rate));
  app.route("/", signInRoutes(context));
  app.route("/", descriptionRoutes(() => app as unknown as Hono));
  app.get("/", (c) => {
    if (isForPerson(c)) return c.redirect("/console", 303);
    return problemResponse(notFound(c));
  });
  app.get("/console/", (c) => c.redirect("/console", 303));
  app.route(
    "/console",
    consoleRoutes(
      context,
      { failed, rate, problem },
      (request, caller) => app.fetch(request, caller),
    ),
  );
  return app;
}

const sayingWell = describes({
  summary: "Says whether the worker can serve",
  answers: { 200: v.object({ status: v.literal("ok") }) },
  refuses: { 503: ["database_unavailable"] },
});

/** What an administrator changed a listening bridge hears at once. */
function ringAfterChanges(bell: Bell): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.req.method !== "GET" && c.res.ok) bell.ring();
  };
}

function problemOf(error: Error, c: Context, { log }: WorkerContext): HttpProblem {
  if (error instanceof HttpProblem) return error;
  // The route's pattern, as the path itself may hold a Username.
  const request = { method: c.req.method, route: routePath(c, -1) };
  if (isUnavailable(error)) {
    log("database.unavailable", { ...request, reason: error.message });
    return databaseUnavailable(isDiskFull(error) ? DISK_FULL : "it is away or busy");
  }
  // The message of anything else than the database's own errors may quote values.
  const reason = /^SQLITE_/.test((error as { code?: string }).code ?? "")
    ? error.message
    : undefined;
  log("request.failed", { ...request, ...describeFault(error), ...(reason ? { reason } : {}) });
  return new HttpProblem(
    500,
    "internal",
    "Something went wrong in the worker; its log says what, under request.failed.",
  );
}

/** Browsers say that they would rather have a page; programs do not. */
function isForPerson(c: Context): boolean {
  const supports = ["application/json", "text/html"];
  return accepts(c, { header: "Accept", supports, default: "application/json" }) === "text/html";
}

function notFound(c: Context): HttpProblem {
  return new HttpProblem(404, "no_such_route", `There is nothing at ${c.req.path}.`);
}

function wrongMethod(c: Context, methods: string[]): HttpProblem {
  const allow = methods.join(", ");
  return new HttpProblem(
    405,
    "method_not_allowed",
    `${c.req.method} is not possible at ${c.req.path}; possible: ${allow}.`,
    {},
    { allow },
  );
}
