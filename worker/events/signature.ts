/**
 * Secrets and signatures of webhooks, as Standard Webhooks has them (symmetric, `v1`):
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const PREFIX = "whsec_";

/** A new secret from 32 random bytes; the standard takes 24 to 64. */
export function newSecret(random: Uint8Array): string {
  return PREFIX + btoa(String.fromCharCode(...random));
}

export interface SignedMessage {
  id: string;
  /** Milliseconds since the epoch: when it is sent. */
  at: number;
  body: string;
}

/**
 * The headers of a message.
 *
 * @param secrets one, or two while one replaces the other: then there are two signatures, and the
 *   receiver is content with either
 */
export async function signedHeaders(
  { id, at, body }: SignedMessage,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, content)));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

async function sign(secret: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = Uint8Array.from(
    atob(secret.slice(PREFIX.length)),
    (character) => character.charCodeAt(0),
  );
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
  return `v1,${btoa(String.fromCharCode(...signature))}`;
}
