/**
 * The role that each route needs, said at the route, and whose schools. A route that says none is closed
 * to everybody, and a test finds it.
 */
import type { Client } from "@libsql/client";
import type { Context, Handler, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { SchoolId } from "../../shared/protocol.ts";
import type { Role } from "../database/control/tokens.ts";
import { getExport } from "../database/school/exports.ts";
import { uploadById } from "../database/school/uploads.ts";
import { hasRole, type Principal, principalOf } from "../http/principal.ts";
import { checkFresh } from "../http/session.ts";
import { HttpProblem } from "../http/problem.ts";
import { exportUnknown } from "./find-export.ts";
import { noSuchSchool } from "./find-school.ts";
import { uploadUnknown } from "./find-upload.ts";

/**
 * Which school has to be open to the principal: the one of the address' `:slug`, or that of `:id`'s
 * upload or export. `all`: only who is limited to no school; `own`: everybody, as the route itself
 * answers with what is theirs.
 */
export type Of = "school" | "upload" | "export" | "all" | "own";

export interface Need {
  role: Role;
  of: Of;
  /** It cannot be taken back: who asks as a person signed in a short while ago. */
  anew: boolean;
}

const needed = new WeakMap<Handler | MiddlewareHandler, Need>();

/**
 * Put first behind the path of a route: who may call it; `anew`: and it cannot be taken back.
 * @throws HttpProblem 403, or 404 of a school
 */
export function needs(role: Role, of: Of = "school", anew?: "anew"): MiddlewareHandler {
  const need: Need = { role, of, anew: anew !== undefined };
  const middleware: MiddlewareHandler = async (c, next) => {
    const principal = principalOf(c);
    if (!hasRole(principal, role)) throw roleTooLow(principal, need);
    if (principal.schools !== null) await checkSchools(c, principal, of);
    if (need.anew) checkFresh(principal, c.get("now")());
    await next();
  };
  needed.set(middleware, need);
  return middleware;
}

/** What a route asks for, by its handlers; `undefined`: it does not say. */
export function needOf(handlers: (Handler | MiddlewareHandler)[]): Need | undefined {
  return handlers.map((handler) => needed.get(handler)).find((need) => need !== undefined);
}

/** Put behind the door and before all routes: closes those that do not say what they need. */
export function sayWhatTheyNeed(
  { database, now }: { database: Client; now(): number },
): MiddlewareHandler {
  return async (c, next) => {
    const handlers = matchedRoutes(c).filter(({ method }) => method !== "ALL")
      .map(({ handler }) => handler);
    // No handler, no route: the answer is 404 or 405.
    if (handlers.length > 0 && !needOf(handlers)) {
      throw new Error("a route does not say which role it needs");
    }
    c.set("database", database);
    c.set("now", now);
    await next();
  };
}

/** What is another school's is answered as if it were not there: who asks learns nothing of it. */
async function checkSchools(c: Context, principal: Principal, of: Of): Promise<void> {
  const database: Client = c.get("database");
  const schools = principal.schools!;
  const isOpen = (stored: { schoolId: SchoolId } | undefined) =>
    schools.some(({ id }) => id === stored?.schoolId);
  const id = c.req.param("id") ?? "";
  if (of === "all") throw allSchoolsOnly(principal);
  if (of === "school") {
    const slug = c.req.param("slug") ?? "";
    if (!schools.some((school) => school.slug === slug)) throw noSuchSchool(slug);
  } else if (of === "upload") {
    if (!isOpen(await uploadById(database, id))) throw uploadUnknown(id);
  } else if (of === "export") {
    if (!isOpen(await getExport(database, id))) throw exportUnknown(id);
  }
}

function roleTooLow({ name, role }: Principal, need: Need): HttpProblem {
  return new HttpProblem(
    403,
    "role_too_low",
    `This takes the role ${need.role}, and ${name} has the role ${role}. Nothing was changed.`,
  );
}

function allSchoolsOnly({ name, schools }: Principal): HttpProblem {
  const slugs = schools!.map(({ slug }) => slug).join(", ") || "none that is left";
  return new HttpProblem(
    403,
    "not_for_all_schools",
    `This is for who may see all schools, and ${name} is limited to some (${slugs}). Nothing was ` +
      "changed.",
  );
}
