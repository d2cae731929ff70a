/**
 * What may stand behind the `?` of an address. A route names what it takes; anything else is refused,
 * as an answer that ignores half of the question looks right and is not.
 */
import type { Context, Handler, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { HttpProblem } from "./problem.ts";

const taken = new WeakMap<Handler | MiddlewareHandler, readonly string[]>();

/** Put before a route's handler: the names of its query parameters. */
export function takes(...names: string[]): MiddlewareHandler {
  const middleware: MiddlewareHandler = (_c, next) => next();
  taken.set(middleware, names);
  return middleware;
}

/** The same of a middleware that says more than that. */
export function takenBy(middleware: MiddlewareHandler, names: readonly string[]): void {
  taken.set(middleware, names);
}

/** Put before all routes: refuses what the route that is called did not name, or names twice. */
export const knownQuery: MiddlewareHandler = async (c, next) => {
  const allowed = matchedRoutes(c).flatMap(({ handler }) => [...taken.get(handler) ?? []]);
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (!allowed.includes(name)) throw unknown(c, name, allowed);
    if (values.length > 1) {
      throw new HttpProblem(
        400,
        "query_repeated",
        `${name} is given ${values.length} times; it takes one value. Nothing was done.`,
      );
    }
  }
  await next();
};

function unknown(c: Context, name: string, allowed: string[]): HttpProblem {
  const shown = JSON.stringify(name.slice(0, 80));
  const takes = allowed.length === 0
    ? "it takes no query parameters"
    : `it takes ${allowed.join(", ")}`;
  return new HttpProblem(
    400,
    "query_unknown",
    `${c.req.method} ${c.req.path} has the query parameter ${shown}; ${takes}. Nothing was done.`,
  );
}
