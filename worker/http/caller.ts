/** Where a request really comes from. */

/** Who sent a request, as far as it is told. */
export interface Caller {
  address?: string;
}

/**
 * The caller's address: the connection's, or what a proxy that is trusted says of it in
 * `X-Forwarded-For`. Each proxy writes who came to it at the end, so the last address that is no proxy
 * of ours is the caller's; what stands before it is the caller's own word.
 *
 * @param connection the address of the connection's other end
 * @param trusted the addresses of our own proxies
 */
export function callerOf(
  connection: string | undefined,
  forwarded: string | null,
  trusted: readonly string[],
): Caller {
  const told = forwarded?.split(",").map((part) => part.trim()).filter(Boolean) ?? [];
  let address = plain(connection);
  while (address !== undefined && trusted.includes(address) && told.length > 0) {
    address = plain(told.pop());
  }
  return address === undefined ? {} : { address };
}

/** `::ffff:192.0.2.1` is 192.0.2.1. */
function plain(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "");
}
