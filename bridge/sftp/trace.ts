/**
 * The packets of sessions in the log (`TRACE=sftp`), to see what a client does: kinds, sizes, names
 * and results, never what is in a file.
 */
import type { Log } from "../../shared/log.ts";
import type { RequestPacket, Unclear } from "./packets.ts";

export interface Trace {
  /** @param length of the packet, in bytes */
  request(packet: RequestPacket | Unclear, length: number): void;
  /** @param bytes how many of a file it carries */
  answer(type: string, id: number, code?: number, bytes?: number): void;
}

/** Each line says which session it belongs to. */
export function traceTo(log: Log, session: number): Trace {
  return {
    request(packet, length) {
      log("sftp.request", { session, ...described(packet), length });
    },
    answer(type, id, code, bytes) {
      log("sftp.answer", { session, type, id, code, bytes });
    },
  };
}

function described(packet: RequestPacket | Unclear): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(packet)) {
    if (name === "bytes" || name === "body") shown[name] = value.length;
    else if (name === "handle") shown[name] = value.toString("hex").slice(0, 16);
    else if (Buffer.isBuffer(value)) shown[name] = value.toString("utf8").slice(0, 200);
    else if (typeof value === "bigint") shown[name] = String(value);
    else if (name === "attributes") shown[name] = Object.keys(value);
    else shown[name] = value;
  }
  return shown;
}
