/**
 * Which SSH algorithms the server speaks: nothing with SHA-1, no curves of NIST, no group below 4096
 * bits, no MAC without encrypt-then-MAC, no CBC, no compression (it would let a client inflate each
 * packet a thousandfold). OpenSSH 7.4, WinSCP, PuTTY 0.75, paramiko 2.9, libssh2 1.11 and lftp find
 * something in each list; libssh2 before 1.11 (curl of Debian 12) and JSch 0.1.55 do not: they sign
 * with SHA-1 only.
 */
import { createPrivateKey, sign } from "node:crypto";
import ssh2 from "ssh2";
import type { Algorithms, ParsedKey, PrivateKeys } from "ssh2";
import type { KeyFamily } from "../../shared/ssh-keys.ts";
import type { HostKey } from "./host-keys.ts";
import { HYBRID_KEX } from "./hybrid-kem.ts";
import type { KexMode } from "./kex-names.ts";

// ssh2's server offers `diffie-hellman-group-exchange-sha256` but cannot do it.
const kex: Record<KexMode, string[]> = {
  compatible: [
    HYBRID_KEX,
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
  ],
  "post-quantum": [HYBRID_KEX],
};

export function algorithms(mode: KexMode): Algorithms {
  return {
    // ssh2's types know the names that ssh2 knows by itself.
    kex: kex[mode] as unknown as Algorithms["kex"],
    cipher: [
      "aes128-gcm@openssh.com",
      "aes256-gcm@openssh.com",
      "chacha20-poly1305@openssh.com",
      "aes128-ctr",
      "aes192-ctr",
      "aes256-ctr",
    ],
    hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"],
    compress: ["none"],
  };
}

const signatureNames: Record<KeyFamily, string[]> = {
  rsa: ["rsa-sha2-512", "rsa-sha2-256"],
  ed25519: ["ssh-ed25519"],
  ecdsa: ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
};

/** The signatures that a login may have, as `server-sig-algs` names them. */
export function signatures(families: Iterable<KeyFamily>): string[] {
  return [...families].flatMap((family) => signatureNames[family]);
}

/**
 * Host keys as ssh2 takes them. An RSA key is given once under each of its two SHA-2 names: under its
 * own name, `ssh-rsa`, ssh2 would always offer SHA-1 signatures too, whatever `serverHostKey` says.
 */
export function hostKeys(keys: readonly Pick<HostKey, "key">[]): PrivateKeys {
  return keys.flatMap(({ key: text }) => {
    const key = ssh2.utils.parseKey(text);
    if (key instanceof Error || Array.isArray(key) || !key.isPrivateKey()) {
      throw new Error("A host key is not a private key without a passphrase (PEM or OpenSSH).");
    }
    return key.type === "ssh-rsa"
      ? [named(key, "rsa-sha2-512"), named(key, "rsa-sha2-256")]
      : [named(key, key.type)];
  });
}

/** Signs with a key that was read once: ssh2 would read it anew, which takes as long as the signature. */
function named(key: ParsedKey, type: string): { key: string } {
  const privateKey = createPrivateKey(key.getPrivatePEM());
  const view = Object.create(key, {
    type: { value: type },
    sign: {
      value: (bytes: Buffer, hash?: string) => sign(hash ?? hashes[type], bytes, privateKey),
    },
  });
  // Typed as text; ssh2 takes a parsed key here too, as its documentation says.
  return { key: view };
}

/** The hash of what is signed; Ed25519 has its own. */
const hashes: Record<string, string | undefined> = {
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};
