/**
 * Who may come in: public keys only, of an allowed type, proven by a SHA-2 signature. Everything
 * refused looks the same to the client, so nobody learns which schools exist.
 */
import type { AuthContext, PublicKeyAuthContext } from "ssh2";
import { type KeyFamily, keyFamilyOf, RSA_LEAST_BITS } from "../../shared/ssh-keys.ts";
import { fingerprint, readPublicKey, rsaBits, verifies } from "./public-key.ts";

export interface AuthenticationOptions {
  keyTypes: ReadonlySet<KeyFamily>;
  authenticate(
    slug: string,
    publicKey: Buffer,
    at: number,
  ): { schoolId: number; fingerprint: string } | undefined;
  /** Why it found nobody, for the log. */
  refusal?(slug: string, publicKey: Buffer, at: number): string;
  now(): number;
}

export type Verdict =
  /** The key would do; the client has yet to sign with it. */
  | { type: "acceptable" }
  | { type: "proven"; schoolId: number; fingerprint: string }
  /** `why` is for the log, never for the client. */
  | { type: "refused"; why: string; fingerprint?: string };

/** Looks at one attempt to log in. */
export function judge(attempt: AuthContext, options: AuthenticationOptions): Verdict {
  if (attempt.method !== "publickey") {
    return { type: "refused", why: `${attempt.method} is not a way in, only publickey is` };
  }
  return judgeKey(attempt, options);
}

function judgeKey(attempt: PublicKeyAuthContext, options: AuthenticationOptions): Verdict {
  const { algo, data } = attempt.key;
  if (!algo || !data) return { type: "refused", why: "the key is malformed" };
  const offered = fingerprint(data);
  const refused = (why: string): Verdict => ({ type: "refused", why, fingerprint: offered });

  const type = keyFamilyOf(algo);
  if (!type || !options.keyTypes.has(type)) return refused("this type of key is not allowed");
  // ssh2 names the hash only for rsa-sha2-256 and rsa-sha2-512; plain `ssh-rsa` means SHA-1.
  if (type === "rsa" && !attempt.hashAlgo) return refused("an RSA signature with SHA-1");

  const at = options.now();
  const found = options.authenticate(attempt.username, data, at);
  if (!found) {
    return refused(options.refusal?.(attempt.username, data, at) ?? "unknown school or key");
  }

  // Only now, so that strangers cannot make the server parse what they like.
  const key = readPublicKey(algo, data);
  if (!key) return refused("the key is malformed");
  if (type === "rsa" && rsaBits(key) < RSA_LEAST_BITS) {
    return refused(`an RSA key of fewer than ${RSA_LEAST_BITS} bits`);
  }
  if (!attempt.signature || !attempt.blob) return { type: "acceptable" };
  if (!verifies(key, attempt.blob, attempt.signature, attempt.hashAlgo)) {
    return refused("the signature does not verify");
  }
  return { type: "proven", schoolId: found.schoolId, fingerprint: found.fingerprint };
}
