/**
 * Fresh keys after a GiB or an hour (RFC 4253 section 9), whichever comes first; ssh2 never asks for
 * them by itself.
 */
import type { Socket } from "node:net";
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
