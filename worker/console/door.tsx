/** @jsxImportSource hono/jsx */
/** The console's door: signing in with a token, and out; who has not is sent here. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import { matchedRoutes } from "hono/route";
import { instant, type WorkerContext } from "../context.ts";
import { tokenReader } from "../http/admin-door.ts";
import type { Caller } from "../http/caller.ts";
import type { FailedTokens } from "../http/failed-tokens.ts";
import type { Principal } from "../http/principal.ts";
import { HttpProblem } from "../http/problem.ts";
import type { RequestRate } from "../http/request-rate.ts";
import { beginSession, leaveSession, sessionOf } from "../http/session.ts";
import { Document, type Reader } from "./parts/page.tsx";
import { Note } from "./parts/show.tsx";

/** Who is signed in, for the pages behind the door. */
export interface Visit {
  reader: Reader;
  principal: Principal;
}

const SIGN_IN = "/console/sign-in";

export function signInPage(context: WorkerContext, failed: FailedTokens): Hono {
  const { now } = context;
  const readToken = tokenReader(context);
  const routes = new Hono();
  // A form of another site signs nobody in.
  routes.use(csrf());

  const oidc = context.oidc !== undefined;
  routes.get("/sign-in", (c) => c.html(<SignIn to={c.req.query("to")} oidc={oidc} />));

  routes.post("/sign-in", async (c) => {
    const form = await c.req.parseBody();
    const to = typeof form["to"] === "string" ? form["to"] : undefined;
    const given = typeof form["token"] === "string" ? form["token"].trim() : "";
    const found = given === "" ? { why: "No token was given." } : await readToken(given);
    if ("why" in found) {
      const address = (c.env as Caller | undefined)?.address ?? "unknown";
      const isFlood = !await failed.slowDown(address, "ADMIN_TOKEN");
      return c.html(<SignIn to={to} oidc={oidc} why={found.why} />, isFlood ? 429 : 401);
    }
    const { principal, tokenId } = found;
    const by = { actor: principal.name, at: instant(now()) };
    await beginSession(c, context, principal, { tokenId, at: by.at }, by);
    return c.redirect(pageOf(to), 303);
  });

  return routes;
}

/** Put before the pages: who is signed in, or the way to the door. */
export function door(
  context: WorkerContext,
  rate: RequestRate,
  enter: (c: Context, visit: Visit) => void,
): MiddlewareHandler {
  const { now } = context;
  return async (c, next) => {
    const session = await sessionOf(c, context, now());
    if (!session) {
      if (!isThere(c)) throw noSuchPage();
      return c.redirect(`${SIGN_IN}${asked(c)}`, 303);
    }
    const { principal, formToken } = session;
    if (c.req.method !== "GET") await checkForm(c, formToken);
    if (c.req.path === "/console/sign-out" && c.req.method === "POST") {
      await leaveSession(c, context, { actor: principal.name, at: instant(now()) });
      return c.redirect(SIGN_IN, 303);
    }
    enter(c, { principal, reader: { name: principal.name, role: principal.role, formToken } });
    await rate.pass(c, principal, next);
  };
}

/** Nobody is to sign in for a page that there is not. */
function isThere(c: Context): boolean {
  return c.req.method !== "GET" || matchedRoutes(c).some(({ method }) => method === "GET");
}

export function noSuchPage(): HttpProblem {
  return new HttpProblem(404, "no_such_route", "The console has no page at this address.");
}

/** The page that was asked for, to be shown after signing in. */
function asked(c: Context): string {
  if (c.req.method !== "GET" || c.req.path === "/console") return "";
  const { pathname, search } = new URL(c.req.url);
  return `?to=${encodeURIComponent(pathname + search)}`;
}

/** Only pages of ours: nobody is sent elsewhere from here. */
function pageOf(to: string | undefined): string {
  return to !== undefined && /^\/console(?:[/?]|$)/.test(to) ? to : "/console";
}

async function checkForm(c: Context, formToken: string): Promise<void> {
  const { "form-token": given } = await c.req.parseBody();
  if (given === formToken) return;
  throw new HttpProblem(
    403,
    "form_foreign",
    "This form is not one of your session: it was opened before you signed in, or by another site. " +
      "Open its page anew and send it again. Nothing was changed.",
  );
}

function SignIn({ to, oidc, why }: { to: string | undefined; oidc: boolean; why?: string }) {
  return (
    <Document title="Sign in">
      <main id="main" class="door">
        <section class="card" aria-labelledby="title">
          <h1 id="title">
            Sign in to roster<span class="accent">bridge</span>
          </h1>
          {why && <Note tone="bad" title="Not signed in.">{why}</Note>}
          {oidc && (
            <p>
              <a class="button" href={to ? `/sign-in?to=${encodeURIComponent(to)}` : "/sign-in"}>
                Sign in with your organisation
              </a>
            </p>
          )}
          <form method="post" action={SIGN_IN}>
            {to && <input type="hidden" name="to" value={to} />}
            <div class="field">
              <label for="token">Token</label>
              <span class="hint" id="token-hint">
                One that an administrator made for you, or the worker's own (npm start says where it
                is).
              </span>
              <input
                id="token"
                name="token"
                type="password"
                autocomplete="current-password"
                aria-describedby="token-hint"
                required
              />
            </div>
            <button type="submit">Sign in</button>
          </form>
        </section>
      </main>
    </Document>
  );
}
