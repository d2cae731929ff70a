/**
 * Logging in on one connection: its tries are counted and judged, and each that is refused is told to who
 * runs the service, with the reason that the client never learns.
 */
import { isSlug } from "../../shared/slug.ts";
import type { SchoolId } from "../../shared/protocol.ts";
import type { AuthContext, Connection } from "ssh2";
import type { Caller } from "../door/caller.ts";
import { DISCONNECT } from "../door/refusal.ts";
import {
  type AuthenticationOptions,
  judge,
  refusalSentences,
  type Refused,
} from "./authentication.ts";
import { neededSoftware } from "./needed-software.ts";
import { acceptKey, disconnect } from "./ssh2-internals.ts";
import type { RefusedLogin } from "../logins.ts";

export interface LoginOptions extends AuthenticationOptions {
  /** Tries on one connection. */
  tries: number;
  /** Logs what strangers do over and over in few lines. */
  say(event: string, about: string, fields: Record<string, unknown>): void;
  /** Keeps it for the administrator. */
  refusedLogin?(refused: RefusedLogin): void;
}

/** Who has proven to be whom. */
export interface Proof {
  slug: string;
  schoolId: SchoolId;
  fingerprint: string;
}

/**
 * Answers the attempts of a connection.
 *
 * @param guarded a fault in a handler costs this connection only
 * @param proven says why the school cannot come in now, or lets it in
 */
export function watchLogin(
  client: Connection,
  { address, ...caller }: Caller,
  options: LoginOptions & { software: string },
  guarded: <A extends unknown[]>(handler: (...args: A) => void) => (...args: A) => void,
  proven: (proof: Proof) => string | undefined,
): void {
  const { tries, say, software } = options;
  const needed = neededSoftware(software);
  /** How far it came, for the operator who is asked why a login fails. */
  let reached = "nothing but a greeting";
  let hasBegun = false;
  let attempts = 0;
  let isIn = false;
  let last: RefusedLogin | undefined;

  client.on("handshake", () => {
    reached = "the key exchange, no login";
    caller.exchangedKeys();
  });
  client.on("close", () => {
    if (isIn) return;
    const told = { address, client: software, needed, reached };
    say("sftp.left", `${address} ${needed} ${reached}`, told);
    if (last?.reason === "unfinished") options.refusedLogin?.(last);
  });
  client.on("authentication", guarded(attempted));

  function attempted(attempt: AuthContext): void {
    // Every client begins with "none" to learn which ways in there are.
    if (hasBegun || attempt.method !== "none") attempts++;
    hasBegun = true;
    const verdict = judge(attempt, address, options);
    if (verdict.type === "refused") return refuse(attempt, verdict);
    const slug = attempt.username;
    if (verdict.type === "acceptable") {
      reached = `a key of ${slug} that would do; no signature by it came`;
      const { fingerprint } = verdict;
      last = { address, client: software, reason: "unfinished", slug, fingerprint };
      return acceptKey(attempt);
    }
    const full = proven({ slug, schoolId: verdict.schoolId, fingerprint: verdict.fingerprint });
    if (full) {
      say("sftp.full", slug, { slug, address, why: full });
      last = undefined;
      return disconnect(client, DISCONNECT.tooManyConnections, `Not now: ${full}.`);
    }
    isIn = true;
    attempt.accept();
  }

  function refuse(attempt: AuthContext, verdict: Refused): void {
    if (attempts >= tries) {
      caller.triedTooOften();
      disconnect(client, DISCONNECT.noMoreMethods, `${attempts} tries to log in were refused.`);
    } else attempt.reject(["publickey"]);
    if (attempts > 0) note(attempt, verdict);
  }

  function note(attempt: AuthContext, { method, fingerprint, why }: Refused): void {
    caller.refused();
    reached = "a refused login";
    // What is no slug may be a password in the wrong field.
    const slug = isSlug(attempt.username) ? attempt.username : undefined;
    const reason = why();
    const words = reason === "method"
      ? `${method} is not a way in, ${refusalSentences[reason]}`
      : refusalSentences[reason];
    const about = `${address} ${slug} ${reason}`;
    const told = { slug, address, fingerprint, client: software, needed, reason, why: words };
    say("sftp.refused", about, told);
    last = { address, client: software, reason, slug, fingerprint };
    options.refusedLogin?.(last);
  }
}

/** Text of a stranger, safe in a log line and on a page. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim().slice(0, 128);
}
