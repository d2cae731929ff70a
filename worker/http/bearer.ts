/** The worker's two doors: each opens to its own tokens (RFC 6750), before anything of a body is read. */
import type { MiddlewareHandler } from "hono";
import type { Caller } from "./caller.ts";
import type { FailedTokens } from "./failed-tokens.ts";
import { HttpProblem } from "./problem.ts";

export interface Door {
  tokens: readonly string[];
  /** The setting that holds the tokens, to say which one is wanted. */
  setting: string;
  failed: FailedTokens;
}

export function bearer({ tokens, setting, failed }: Door): MiddlewareHandler<{ Bindings: Caller }> {
  const wanted = Promise.all(tokens.map(digest));
  return async (c, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given === undefined) {
      throw refusal(setting, "The request has no bearer token.", `Bearer realm="${setting}"`);
    }
    const found = await digest(given);
    // All of them, so that the time does not tell which one it was.
    const matches = (await wanted).filter((token) => isSame(token, found)).length;
    if (matches === 0) {
      if (!await failed.slowDown(c.env?.address ?? "unknown", setting)) throw tooMany(setting);
      throw refusal(
        setting,
        "The bearer token is not one of this door's.",
        `Bearer realm="${setting}", error="invalid_token"`,
      );
    }
    await next();
  };
}

function refusal(setting: string, found: string, challenge: string): HttpProblem {
  return new HttpProblem(
    401,
    "unauthorized",
    `${found} Send "Authorization: Bearer …" with the worker's ${setting}.`,
    {},
    { "www-authenticate": challenge },
  );
}

function tooMany(setting: string): HttpProblem {
  return new HttpProblem(
    429,
    "too_many_wrong_tokens",
    `Too many wrong tokens come from your address at once. Look at what sends them: it takes the ` +
      `worker's ${setting}. The right one is let in at any time.`,
    {},
    { "retry-after": "2" },
  );
}

/** Digests have one length, and an attacker cannot steer where two of them differ. */
async function digest(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
