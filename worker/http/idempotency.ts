/**
 * `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): who does not know whether a
 * request arrived sends it again with the same key, and it is done once. Answers are kept for a day,
 * encrypted with the key itself, as some show a secret this once.
 */
import type { Client } from "@libsql/client";
import type { MiddlewareHandler } from "hono";
import { instant } from "../context.ts";
import { claimRepeat, keepAnswer, releaseRepeat } from "../database/control/repeats.ts";
import { digest, hexDigest } from "./digest.ts";
import { principalOf } from "./principal.ts";
import { HttpProblem } from "./problem.ts";

const KEPT_MS = 24 * 3_600_000;
/** Larger answers are not kept, in bytes: a repeat of theirs is refused. */
const MOST_BYTES = 1024 * 1024;

interface Kept {
  status: number;
  headers: [string, string][];
  body: string;
}

/** Stands behind the door and the limit of bodies. */
export function idempotent(
  { database, now }: { database: Client; now(): number },
): MiddlewareHandler {
  return async (c, next) => {
    const key = c.req.header("idempotency-key");
    if (c.req.method !== "POST" || key === undefined) return await next();
    if (!/^[\x21-\x7e]{16,200}$/.test(key)) throw keyInvalid();
    const id = await hexDigest(JSON.stringify([principalOf(c).name, key]));
    const { pathname, search } = new URL(c.req.url);
    const request = await hexDigest(
      JSON.stringify([pathname + search, await c.req.raw.clone().text()]),
    );
    const moment = now();
    const known = await claimRepeat(database, {
      ...{ id, request, at: instant(moment) },
      oldest: instant(moment - KEPT_MS),
    });
    if (known) {
      if (known.request !== request) throw keyReused();
      if (known.answer === null) throw unfinished();
      return answerAgain(JSON.parse(await open(known.answer, key)) as Kept);
    }
    await next();
    // A refusal and a fault changed nothing: what was wrong is mended, and the key serves again.
    if (!c.res.ok) return await releaseRepeat(database, id);
    const body = await c.res.clone().text();
    if (body.length > MOST_BYTES) return;
    const kept: Kept = { status: c.res.status, headers: [...c.res.headers], body };
    await keepAnswer(database, id, await seal(JSON.stringify(kept), key));
  };
}

function answerAgain({ status, headers, body }: Kept): Response {
  const hasBody = status !== 204;
  return new Response(hasBody ? body : null, {
    status,
    headers: [...headers, ["idempotency-replayed", "true"]],
  });
}

async function cipherKey(key: string): Promise<CryptoKey> {
  const bytes = await digest(`answer ${key}`);
  return await crypto.subtle.importKey("raw", bytes.buffer as ArrayBuffer, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

const NONCE_BYTES = 12;

async function seal(text: string, key: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await cipherKey(key), bytes);
  return [...iv, ...new Uint8Array(sealed)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function open(sealed: string, key: string): Promise<string> {
  const bytes = Uint8Array.from(sealed.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const iv = bytes.slice(0, NONCE_BYTES);
  const sealedBytes = bytes.slice(NONCE_BYTES);
  const opened = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv },
    await cipherKey(key),
    sealedBytes,
  );
  return new TextDecoder().decode(opened);
}

function keyInvalid(): HttpProblem {
  return new HttpProblem(
    400,
    "idempotency_key_invalid",
    "Idempotency-Key takes 16 to 200 visible characters that nobody guesses, such as a new UUID. " +
      "Nothing was done.",
  );
}

function keyReused(): HttpProblem {
  return new HttpProblem(
    422,
    "idempotency_key_reused",
    "This Idempotency-Key came with another request before; each request takes a new one. Nothing was " +
      "done.",
  );
}

function unfinished(): HttpProblem {
  return new HttpProblem(
    409,
    "idempotency_unfinished",
    "A request with this Idempotency-Key is being answered, or its answer was not kept. Ask again in a " +
      "moment; if this stays so, look whether it was done. Nothing was done now.",
    {},
    { "retry-after": "2" },
  );
}
