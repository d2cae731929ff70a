/** The administrators' door: finds out who asks, before anything of a body is read. */
import type { Client } from "@libsql/client";
import type { MiddlewareHandler } from "hono";
import { markUsed, type StoredToken, tokenByHash } from "../database/control/tokens.ts";
import { givenToken, refuseToken } from "./bearer.ts";
import { digest, hexDigest, isSame } from "./digest.ts";
import type { FailedTokens } from "./failed-tokens.ts";
import { type Principal, setPrincipal } from "./principal.ts";

export interface AdminDoorOptions {
  adminToken: string;
  database: Client;
  /** Milliseconds since the epoch. */
  now(): number;
  failed: FailedTokens;
}

/** A token's last use is written at most so often, in milliseconds: most requests only read. */
const USE_MS = 60_000;

/** Every token that is made here begins so: searches for leaked secrets find it by that. */
export const TOKEN_PREFIX = "rba_";

export function adminDoor(options: AdminDoorOptions): MiddlewareHandler {
  const { adminToken, database, now, failed } = options;
  const bootstrap = digest(adminToken);
  const wanted = "the worker's ADMIN_TOKEN, or with a token that an administrator made";
  const door = { setting: "ADMIN_TOKEN", wanted, failed };
  return async (c, next) => {
    const given = givenToken(c, door);
    if (isSame(await digest(given), await bootstrap)) {
      setPrincipal(c, { name: "admin", role: "admin", schools: null, expiresAt: null });
      return await next();
    }
    const token = given.startsWith(TOKEN_PREFIX)
      ? await tokenByHash(database, await hexDigest(given))
      : undefined;
    const at = new Date(now()).toISOString();
    const why = token ? whyNot(token, at) : "The bearer token is not one of this door's.";
    if (!token || why) return await refuseToken(c, door, why!);
    setPrincipal(c, principalOfToken(token));
    const used = token.lastUsedAt === null ? 0 : Date.parse(token.lastUsedAt);
    if (now() - used >= USE_MS) await markUsed(database, token.id, at);
    await next();
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
