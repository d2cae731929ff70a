/** Secrets are compared and stored by their SHA-256: it has one length, and tells nothing of them. */

export async function digest(secret: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
}

/** The same as 64 hexadecimal digits. For secrets of 128 random bits and more, as it is quick to make. */
export async function hexDigest(secret: string): Promise<string> {
  return Array.from(await digest(secret), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Takes the same time wherever two digests differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
