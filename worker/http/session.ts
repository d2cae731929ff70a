/**
 * Being signed in, as browsers are: by a cookie that no script reads and no other site sends along.
 * Who changes something by a form also sends the form's own token.
 */
import type { Client } from "@libsql/client";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { instant } from "../context.ts";
import type { Author } from "../database/control/audit.ts";
import {
  addSession,
  endSession,
  prolongSession,
  sessionByHash,
} from "../database/control/sessions.ts";
import type { Caller } from "./caller.ts";
import { hexDigest } from "./digest.ts";
import { HttpProblem } from "./problem.ts";
import type { Principal } from "./principal.ts";

/** A session ends when it was not used for so long, and in any case after `LONGEST_MS`. */
const UNUSED_MS = 2 * 3_600_000;
const LONGEST_MS = 12 * 3_600_000;
/** Its last use is written at most so often: most requests only read. */
const USE_MS = 60_000;
/** What cannot be taken back is done only by who signed in so long ago at most. */
export const FRESH_MS = 15 * 60_000;

const NAME = "rosterbridge";

/** Whose sessions they are. */
export interface Signing {
  database: Client;
  adminToken: string;
}

/** How somebody signed in. */
export interface Proof {
  /** The token, if it is one that an administrator made: the session ends with it. */
  tokenId: string | null;
  /** When that was shown, ISO 8601 UTC: a provider may have asked for the password earlier. */
  at: string;
}

export interface Session {
  principal: Principal;
  /** Stands in every form of the session's pages. */
  formToken: string;
  hash: string;
}

/** Signs in on this answer. */
export async function beginSession(
  c: Context,
  signing: Signing,
  { name, role, schools, expiresAt }: Principal,
  { tokenId, at: signedInAt }: Proof,
  by: Author,
): Promise<void> {
  const secret = randomSecret();
  const latest = instant(Date.parse(by.at) + UNUSED_MS);
  const ends = expiresAt !== null && expiresAt < latest ? expiresAt : latest;
  const hash = await hashOf(secret, signing);
  const session = { hash, name, role, schools, tokenId, signedInAt, expiresAt: ends };
  await addSession(signing.database, session, by);
  setCookie(c, NAME, secret, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    maxAge: LONGEST_MS / 1000,
    ...(isSecure(c) ? { secure: true, prefix: "host" } : {}),
  });
}

/** The session whose cookie came with the request. `now` in milliseconds. */
export async function sessionOf(
  c: Context,
  signing: Signing,
  now: number,
): Promise<Session | undefined> {
  const secret = cookieOf(c);
  if (!secret) return undefined;
  const { database } = signing;
  const hash = await hashOf(secret, signing);
  const at = instant(now);
  const stored = await sessionByHash(database, hash, at);
  if (!stored) return undefined;
  const { name, role, schools, signedInAt, seenAt, expiresAt } = stored;
  if (now - Date.parse(seenAt) >= USE_MS) {
    const longest = Date.parse(signedInAt) + LONGEST_MS;
    const ends = instant(Math.min(now + UNUSED_MS, longest));
    await prolongSession(database, hash, { seenAt: at, expiresAt: ends });
  }
  return {
    principal: { name, role, schools, expiresAt, signedInAt },
    formToken: await hexDigest(`form ${secret}`),
    hash,
  };
}

/** Signs out on this answer. */
export async function leaveSession(c: Context, signing: Signing, by: Author): Promise<void> {
  const secret = cookieOf(c);
  if (secret) await endSession(signing.database, await hashOf(secret, signing), by);
  deleteCookie(c, NAME, {
    path: "/",
    ...(isSecure(c) ? { secure: true, prefix: "host" } : {}),
  });
}

/**
 * Put before what cannot be taken back. A person signs in anew for it; a program shows its token with
 * each request anyway. @throws HttpProblem 403 `sign_in_again`
 */
export function checkFresh({ signedInAt }: Principal, now: number): void {
  if (signedInAt === undefined || now - Date.parse(signedInAt) < FRESH_MS) return;
  throw new HttpProblem(
    403,
    "sign_in_again",
    `This cannot be taken back, so it needs a sign-in not older than ${
      FRESH_MS / 60_000
    } minutes; ` +
      `yours is of ${signedInAt}. Sign in again, then do it. Nothing was changed.`,
  );
}

/** Of the cookie's value and ADMIN_TOKEN: who changes that one ends all sessions. */
async function hashOf(secret: string, { adminToken }: Signing): Promise<string> {
  return await hexDigest(`${secret} ${adminToken}`);
}

function cookieOf(c: Context): string | undefined {
  return isSecure(c) ? getCookie(c, NAME, "host") : getCookie(c, NAME);
}

/** Only over TLS does a browser keep a cookie for one host alone (`__Host-`). */
function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:" ||
    (c.env as Caller | undefined)?.isSecure === true;
}

function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
