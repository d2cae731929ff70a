/** SSH keys as both sides see them: which may come in, and what a key is called. */

/** The families that an operator can allow (`SSH_KEY_TYPES`). */
export const keyFamilies = ["rsa", "ed25519", "ecdsa"] as const;
export type KeyFamily = (typeof keyFamilies)[number];

/** RSA keys of fewer bits are refused at registration and at each login (SPEC section 1). */
export const RSA_LEAST_BITS = 2048;

const families: Record<string, KeyFamily> = {
  "ssh-rsa": "rsa",
  "ssh-ed25519": "ed25519",
  "ecdsa-sha2-nistp256": "ecdsa",
  "ecdsa-sha2-nistp384": "ecdsa",
  "ecdsa-sha2-nistp521": "ecdsa",
};

/** The family of a key algorithm's name; `undefined` for DSA, certificates and security keys. */
export function keyFamilyOf(algorithm: string): KeyFamily | undefined {
  return Object.hasOwn(families, algorithm) ? families[algorithm] : undefined;
}

/**
 * A key's fingerprint as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
 *
 * @param sha256 the digest of the key's wire form (RFC 4253 section 6.6), 32 bytes
 */
export function writeFingerprint(sha256: Uint8Array): string {
  const binary = Array.from(sha256, (byte) => String.fromCharCode(byte)).join("");
  return `SHA256:${btoa(binary).replace(/=+$/, "")}`;
}
