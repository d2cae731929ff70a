/** Bearer tokens (RFC 6750): the bridges' door, and what both doors say to a wrong one. */
import type { Context, MiddlewareHandler } from "hono";
import type { Caller } from "./caller.ts";
import { digest, isSame } from "./digest.ts";
import type { FailedTokens } from "./failed-tokens.ts";
import { HttpProblem } from "./problem.ts";

export interface Door {
  /** The setting that holds its tokens: the door's name. */
  setting: string;
  /** What has to be sent: "the worker's BRIDGE_TOKEN". */
  wanted: string;
  failed: FailedTokens;
}

/** Opens to the tokens of a setting, before anything of a body is read. */
export function bearer(
  door: Door,
  tokens: readonly string[],
): MiddlewareHandler<{ Bindings: Caller }> {
  const wanted = Promise.all(tokens.map(digest));
  return async (c, next) => {
    const found = await digest(givenToken(c, door));
    // All of them, so that the time does not tell which one it was.
    const matches = (await wanted).filter((token) => isSame(token, found)).length;
    if (matches === 0) await refuseToken(c, door, "The bearer token is not one of this door's.");
    await next();
  };
}

/** @throws HttpProblem 401 when the request has none */
export function givenToken(c: Context, door: Door): string {
  const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given !== undefined) return given;
  const challenge = `Bearer realm="${door.setting}"`;
  throw unauthorized(door, "The request has no bearer token.", challenge);
}

/** Counts a wrong token and keeps its sender waiting. @throws HttpProblem 401, or 429 to a flood */
export async function refuseToken(c: Context, door: Door, why: string): Promise<never> {
  const { setting, failed } = door;
  const address = (c.env as Caller | undefined)?.address ?? "unknown";
  if (!await failed.slowDown(address, setting)) throw tooMany(door);
  throw unauthorized(door, why, `Bearer realm="${setting}", error="invalid_token"`);
}

function unauthorized({ wanted }: Door, why: string, challenge: string): HttpProblem {
  return new HttpProblem(
    401,
    "unauthorized",
    `${why} Send "Authorization: Bearer …" with ${wanted}.`,
    {},
    { "www-authenticate": challenge },
  );
}

function tooMany({ wanted }: Door): HttpProblem {
  return new HttpProblem(
    429,
    "too_many_wrong_tokens",
    `Too many wrong tokens come from your address at once. Look at what sends them: it takes ` +
      `${wanted}. The right one is let in at any time.`,
    {},
    { "retry-after": "2" },
  );
}
