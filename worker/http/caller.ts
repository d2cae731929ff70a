/** Where a request really comes from. */

import type { Principal } from "./principal.ts";

/** Who sent a request, as far as it is told. */
export interface Caller {
  address?: string;
  /** A proxy of ours took the request over TLS. */
  isSecure?: boolean;
  /** Who asks, where the worker asks itself for somebody that it has looked at already. */
  principal?: Principal;
}

/**
 * The caller's address: the connection's, or what a proxy that is trusted says of it in
 * `X-Forwarded-For`. Each proxy writes who came to it at the end, so the last address that is no proxy
 * of ours is the caller's; what stands before it is the caller's own word.
 *
 * Whether it came over TLS, such a proxy says in `X-Forwarded-Proto`.
 *
 * @param connection the address of the connection's other end
 * @param trusted the addresses of our own proxies
 */
export function callerOf(
  connection: string | undefined,
  forwarded: string | null,
  trusted: readonly string[],
  protocol: string | null = null,
): Caller {
  const told = forwarded?.split(",").map((part) => part.trim()).filter(Boolean) ?? [];
  let address = plain(connection);
  const isSecure = address !== undefined && trusted.includes(address) &&
    protocol?.split(",").pop()?.trim().toLowerCase() === "https";
  while (address !== undefined && trusted.includes(address) && told.length > 0) {
    address = plain(told.pop());
  }
  return { ...(address === undefined ? {} : { address }), ...(isSecure ? { isSecure } : {}) };
}

/** `::ffff:192.0.2.1` is 192.0.2.1. */
function plain(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "");
}
