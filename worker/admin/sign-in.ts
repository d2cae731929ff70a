/** Signing in with the organisation's provider: there, and back with a session (SPEC section 11). */
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as v from "valibot";
import { instant, type WorkerContext } from "../context.ts";
import { auditOfAll } from "../database/control/audit.ts";
import { schoolBySlug } from "../database/control/schools.ts";
import type { Caller } from "../http/caller.ts";
import { Provider } from "../http/oidc.ts";
import { CALLBACK, grantOf, type OidcSettings } from "../http/oidc-settings.ts";
import { pageHeaders } from "../http/page-headers.ts";
import { HttpProblem } from "../http/problem.ts";
import { beginSession } from "../http/session.ts";

/** Who does not come back within so many seconds begins again. */
const LEAVING_S = 600;
const COOKIE = "rosterbridge-sign-in";

const Leaving = v.object({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  to: v.string(),
});

/** Nothing without `OIDC_ISSUER`. */
export function signInRoutes(context: WorkerContext): Hono {
  const routes = new Hono();
  const { database, now, oidc } = context;
  if (!oidc) return routes;
  const provider = new Provider(oidc);
  routes.use("/sign-in/*", pageHeaders());

  routes.get("/sign-in", async (c) => {
    const { url, leaving } = await provider.leave(pageOf(c.req.query("to")));
    // Lax: the way back begins at the provider, and a strict cookie would stay behind.
    setCookie(c, COOKIE, btoa(encodeURIComponent(JSON.stringify(leaving))), {
      ...{ path: "/", httpOnly: true, sameSite: "Lax", maxAge: LEAVING_S },
      ...hostOnly(c),
    });
    return c.redirect(url.href, 303);
  });

  routes.get(CALLBACK, async (c) => {
    const leaving = readLeaving(c);
    deleteCookie(c, COOKIE, { path: "/", ...hostOnly(c) });
    const person = await provider.arrive(new URL(c.req.url).searchParams, leaving, now());
    const by = { actor: person.name, at: instant(now()) };
    const grant = grantOf(person.groups, oidc.grants);
    if (!grant) {
      await database.batch([auditOfAll(by, "session.refused", { why: "no group" })], "write");
      throw inNoGroup(person.name, oidc);
    }
    const schools = grant.schools && await schoolsOf(grant.schools);
    const principal = { name: person.name, role: grant.role, schools, expiresAt: null };
    await beginSession(c, context, principal, { tokenId: null, at: person.signedInAt }, by);
    return c.html(onwards(leaving.to));
  });

  routes.onError((error, c) => {
    if (!(error instanceof HttpProblem)) throw error;
    return c.html(refused(error.detail), error.status as ContentfulStatusCode, error.headers);
  });

  /** Those that are there. */
  async function schoolsOf(slugs: readonly string[]) {
    const found = await Promise.all(slugs.map((slug) => schoolBySlug(database, slug)));
    return found.flatMap((school) => school ? [{ id: school.id, slug: school.slug }] : []);
  }

  return routes;
}

/**
 * A page that goes on by itself: a redirect would still count as the provider's, and the session's
 * strict cookie would not be sent with it.
 */
function onwards(to: string) {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="refresh" content="0; url=${to}">
        <title>Signed in</title>
      </head>
      <body>
        <p>You are signed in. <a href="${to}">Go on</a></p>
      </body>
    </html>
  `;
}

function refused(detail: string) {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Not signed in</title>
      </head>
      <body>
        <h1>Not signed in</h1>
        <p>${detail}</p>
        <p><a href="/console/sign-in">To the sign-in page</a></p>
      </body>
    </html>
  `;
}

/** Only pages of ours: nobody is sent elsewhere from here. */
function pageOf(to: string | undefined): string {
  return to !== undefined && /^\/console(?:[/?]|$)/.test(to) ? to : "/console";
}

function readLeaving(c: Context) {
  const { prefix } = { prefix: undefined, ...hostOnly(c) };
  const text = prefix ? getCookie(c, COOKIE, prefix) : getCookie(c, COOKIE);
  try {
    return v.parse(Leaving, JSON.parse(decodeURIComponent(atob(text ?? ""))));
  } catch {
    throw new HttpProblem(
      401,
      "sign_in_unknown",
      `This browser did not begin to sign in within the last ${
        LEAVING_S / 60
      } minutes. Begin again ` +
        "from the sign-in page.",
    );
  }
}

/** Only over TLS does a browser keep a cookie for one host alone (`__Host-`). */
function hostOnly(c: Context): { secure: true; prefix: "host" } | Record<never, never> {
  const isSecure = new URL(c.req.url).protocol === "https:" ||
    (c.env as Caller | undefined)?.isSecure === true;
  return isSecure ? { secure: true, prefix: "host" } : {};
}

function inNoGroup(name: string, { claim }: OidcSettings): HttpProblem {
  return new HttpProblem(
    403,
    "no_group",
    `The provider knows you as ${name}, and none of the groups that it tells (claim ${claim}) may come ` +
      "in here. Ask an administrator, who has OIDC_GROUPS say which groups may. You were not signed in.",
  );
}
