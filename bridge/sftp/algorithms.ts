/**
 * Which SSH algorithms the server speaks: nothing with SHA-1, no CBC, no compression (it would let a
 * client inflate each packet a thousandfold). OpenSSH 7.4, WinSCP, PuTTY, paramiko 2.9 and lftp find
 * something in each list; libssh2 before 1.11 (curl) and JSch 0.1.55 do not, they sign with SHA-1 only.
 */
import ssh2 from "ssh2";
import type { Algorithms, ParsedKey, PrivateKeys } from "ssh2";

export const algorithms: Algorithms = {
  // ssh2's server offers `diffie-hellman-group-exchange-sha256` but cannot do it, and groups above
  // 4096 bits would let a stranger keep the processor busy.
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  hmac: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
  ],
  compress: ["none"],
};

/**
 * Host keys as ssh2 takes them. An RSA key is given once under each of its two SHA-2 names: under its
 * own name, `ssh-rsa`, ssh2 would always offer SHA-1 signatures too, whatever `serverHostKey` says.
 */
export function hostKeys(keys: readonly (string | Buffer)[]): PrivateKeys {
  return keys.flatMap((text) => {
    const key = ssh2.utils.parseKey(text);
    if (key instanceof Error || Array.isArray(key) || !key.isPrivateKey()) {
      throw new Error("A host key is not a private key without a passphrase (PEM or OpenSSH).");
    }
    return key.type === "ssh-rsa"
      ? [named(key, "rsa-sha2-512"), named(key, "rsa-sha2-256")]
      : [named(key, key.type)];
  });
}

function named(key: ParsedKey, type: string): { key: string } {
  const view = Object.create(key, { type: { value: type } });
  // Typed as text; ssh2 takes a parsed key here too, as its documentation says.
  return { key: view };
}
