/**
 * Who may come in: public keys only, of an allowed type, proven by a SHA-2 signature. Everything
 * refused looks the same to the client, so nobody learns which schools exist.
 */
import type { AuthContext, PublicKeyAuthContext } from "ssh2";
import type { LoginRefusal, SchoolId } from "../../shared/protocol.ts";
import { type KeyFamily, keyFamilyOf, RSA_LEAST_BITS } from "../../shared/ssh-keys.ts";
import { fingerprint, readPublicKey, rsaBits, verifies } from "./public-key.ts";
import type { Showing } from "../logins.ts";

export interface AuthenticationOptions {
  keyTypes: ReadonlySet<KeyFamily>;
  /** Called at each attempt; what it does is the same work whoever asks. */
  authenticate(showing: Showing): { schoolId: SchoolId; fingerprint: string } | undefined;
  /** Why it found nobody, for who runs the service; called after the client has its answer. */
  refusal?(showing: Showing): LoginRefusal;
  now(): number;
}

/** Why a login was refused; never for the client. */
export interface Refused {
  type: "refused";
  /** A name that the attempt gave to its way in. */
  method: string;
  fingerprint?: string;
  /** Asked for when the client has its answer. */
  why(): LoginRefusal;
}

export type Verdict =
  /** The key would do; the client has yet to sign with it. */
  | { type: "acceptable"; schoolId: SchoolId; fingerprint: string }
  | { type: "proven"; schoolId: SchoolId; fingerprint: string }
  | Refused;

/** The reasons in words, for the log. */
export const refusalSentences: Record<LoginRefusal, string> = {
  school_unknown: "there is no such school",
  school_suspended: "the school is suspended",
  key_unknown: "the key is none of the school's",
  key_revoked: "the key was revoked",
  key_expired: "the key has expired",
  address_foreign: "the school, or the key, is limited to other addresses",
  key_type: "this type of key is not allowed",
  key_malformed: "the key is malformed",
  key_short: `an RSA key of fewer than ${RSA_LEAST_BITS} bits`,
  sha1: "an RSA signature with SHA-1",
  signature: "the signature does not verify",
  method: "only publickey is",
  unfinished: "it went away before it had logged in",
};

/** Looks at one attempt to log in. */
export function judge(
  attempt: AuthContext,
  address: string,
  options: AuthenticationOptions,
): Verdict {
  const { method } = attempt;
  if (method === "publickey") return judgeKey(attempt, address, options);
  return { type: "refused", method, why: () => "method" };
}

function judgeKey(
  attempt: PublicKeyAuthContext,
  address: string,
  options: AuthenticationOptions,
): Verdict {
  const { algo, data } = attempt.key;
  const { method } = attempt;
  if (!algo || !data) return { type: "refused", method, why: () => "key_malformed" };
  const offered = fingerprint(data);
  const refused = (reason: LoginRefusal): Verdict => ({
    ...{ type: "refused", method, fingerprint: offered, why: () => reason },
  });

  const type = keyFamilyOf(algo);
  if (!type || !options.keyTypes.has(type)) return refused("key_type");
  // ssh2 names the hash only for rsa-sha2-256 and rsa-sha2-512; plain `ssh-rsa` means SHA-1.
  if (type === "rsa" && !attempt.hashAlgo) return refused("sha1");

  const showing = { slug: attempt.username, publicKey: data, address, at: options.now() };
  const found = options.authenticate(showing);
  if (!found) {
    const why = () => options.refusal?.(showing) ?? "key_unknown";
    return { type: "refused", method, fingerprint: offered, why };
  }

  // Only now, so that strangers cannot make the server parse what they like.
  const key = readPublicKey(algo, data);
  if (!key) return refused("key_malformed");
  if (type === "rsa" && rsaBits(key) < RSA_LEAST_BITS) return refused("key_short");
  if (!attempt.signature || !attempt.blob) return { type: "acceptable", ...found };
  if (!verifies(key, attempt.blob, attempt.signature, attempt.hashAlgo)) {
    return refused("signature");
  }
  return { type: "proven", ...found };
}
