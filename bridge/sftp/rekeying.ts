/**
 * Fresh keys after a GiB or an hour (RFC 4253 section 9), whichever comes first; ssh2 never asks for
 * them by itself.
 */
import type { Socket } from "node:net";
import type { Bucket, Rate } from "../bucket.ts";
import type { Connection } from "ssh2";

export interface RekeyLimits {
  /** Of both directions together. */
  bytes: number;
  milliseconds: number;
}

export const rekeyLimits: RekeyLimits = { bytes: 1024 ** 3, milliseconds: 60 * 60 * 1000 };

/** Watches a connection that is logged in; the function that it gives is called as bytes come and go. */
export function rekeying(client: Connection, socket: Socket, limits: RekeyLimits): () => void {
  const moved = () => socket.bytesRead + socket.bytesWritten;
  let from = moved();
  const timer = setTimeout(() => client.rekey(() => {}), limits.milliseconds).unref();
  // Also when the client asked for it.
  client.on("rekey", () => {
    from = moved();
    timer.refresh();
  });
  client.once("close", () => clearTimeout(timer));
  return () => {
    if (moved() - from < limits.bytes) return;
    from = moved();
    client.rekey(() => {});
  };
}

/**
 * So often at once may a school exchange keys anew over all its connections, and then once a second, and
 * once for each 32 KiB: OpenSSH does so with its least RekeyLimit.
 */
export const exchangesAnew: Rate = { burst: 30, perSecond: 1 };
const BYTES_FOR_ONE = 32 * 1024;

/**
 * Asked at each exchange that the client begins after the first: whether the school has one to spend.
 *
 * @param ofSchool where it is kept; `undefined` until the client has logged in
 */
export function exchangeAllowance(
  socket: Socket,
  ofSchool: () => Bucket | undefined,
): () => boolean {
  let from = 0;
  return () => {
    const bucket = ofSchool();
    if (!bucket) return false;
    const moved = socket.bytesRead + socket.bytesWritten;
    bucket.giveBack((moved - from) / BYTES_FOR_ONE);
    from = moved;
    return bucket.tryTake(1);
  };
}
