/** The worker's two doors: each opens to its own tokens (RFC 6750). */
import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./problem.ts";

/** @param setting the setting that holds the tokens, to say which one is wanted */
export function bearer(tokens: readonly string[], setting: string): MiddlewareHandler {
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

/** Digests have one length, and an attacker cannot steer where two of them differ. */
async function digest(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
