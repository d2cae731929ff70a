/** The administrators' door: finds out who asks, before anything of a body is read. */
import type { Client } from "@libsql/client";
import type { Context, MiddlewareHandler } from "hono";
import { instant } from "../context.ts";
import { markUsed, type StoredToken, tokenByHash } from "../database/control/tokens.ts";
import { givenToken, refuseToken } from "./bearer.ts";
import type { Caller } from "./caller.ts";
import { digest, hexDigest, isSame } from "./digest.ts";
import type { FailedTokens } from "./failed-tokens.ts";
import { type Principal, setPrincipal } from "./principal.ts";
import type { RequestRate } from "./request-rate.ts";
import { sessionOf } from "./session.ts";

export interface AdminDoorOptions {
  adminToken: string;
  database: Client;
  /** Milliseconds since the epoch. */
  now(): number;
  failed: FailedTokens;
  rate: RequestRate;
}

/** A token's last use is written at most so often, in milliseconds: most requests only read. */
const USE_MS = 60_000;

/** Every token that is made here begins so: searches for leaked secrets find it by that. */
export const TOKEN_PREFIX = "rba_";

export function adminDoor(options: AdminDoorOptions): MiddlewareHandler {
  const { now, failed, rate } = options;
  const door = { setting: "ADMIN_TOKEN", wanted, failed };
  const readToken = tokenReader(options);
  return async (c, next) => {
    const asked = (c.env as Caller | undefined)?.principal;
    if (asked) {
      // The worker itself: the page it makes was counted at the console's door.
      setPrincipal(c, asked);
      return await next();
    }
    const known = await signedIn(c);
    if (known) return await rate.pass(c, known, next);
    const found = await readToken(givenToken(c, door));
    if ("why" in found) return await refuseToken(c, door, found.why);
    await rate.pass(c, found.principal, next);
  };

  /** Browsers follow links from the console to reports; what changes something shows a token. */
  async function signedIn(c: Context): Promise<Principal | undefined> {
    if (c.req.method !== "GET" || c.req.header("authorization") !== undefined) return undefined;
    return (await sessionOf(c, options, now()))?.principal;
  }
}

const wanted = "the worker's ADMIN_TOKEN, or with a token that an administrator made";

export type TokenReading = { principal: Principal; tokenId: string | null } | { why: string };

/** Whose a token is: the worker's own, or one that an administrator made. */
export function tokenReader(
  { adminToken, database, now }: Omit<AdminDoorOptions, "failed" | "rate">,
): (given: string) => Promise<TokenReading> {
  const bootstrap = digest(adminToken);
  return async (given) => {
    if (isSame(await digest(given), await bootstrap)) {
      const principal: Principal = { name: "admin", role: "admin", schools: null, expiresAt: null };
      return { principal, tokenId: null };
    }
    const token = given.startsWith(TOKEN_PREFIX)
      ? await tokenByHash(database, await hexDigest(given))
      : undefined;
    if (!token) return { why: "The bearer token is not one of this door's." };
    const at = instant(now());
    const why = whyNot(token, at);
    if (why) return { why };
    const used = token.lastUsedAt === null ? 0 : Date.parse(token.lastUsedAt);
    if (now() - used >= USE_MS) await markUsed(database, token.id, at);
    return { principal: principalOfToken(token), tokenId: token.id };
  };
}

function principalOfToken({ name, role, schools, expiresAt }: StoredToken): Principal {
  return { name: `token ${name}`, role, schools, expiresAt };
}

/** Only who has the token is told so. */
function whyNot({ revokedAt, expiresAt }: StoredToken, now: string): string | undefined {
  if (revokedAt !== null) return `The token was revoked at ${revokedAt}.`;
  if (expiresAt !== null && expiresAt <= now) return `The token expired at ${expiresAt}.`;
  return undefined;
}
