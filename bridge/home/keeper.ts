/**
 * What all homes of the bridge share.
 */
import type { Log } from "../../shared/log.ts";
import type { SessionToken, Settling } from "../intake/settling.ts";
import type { Vault } from "../vault/vault.ts";
import { refusedByDisk } from "./full-disk.ts";
import type { Changes } from "./home.ts";
import type { Writers } from "./writers.ts";

export interface HomeKeeper {
  vault: Vault;
  settling: Settling;
  writers: Writers;
  /** The most bytes a file may have. */
  maxUploadBytes: number;
  /** Milliseconds since the epoch. */
  now(): number;
  log: Log;
}

/** Keeps times a client sets, and lets the file settle anew. */
export function setTimes(
  keeper: HomeKeeper,
  fileId: number,
  changes: Changes,
  session: SessionToken,
): void {
  if (changes.modifiedAt === undefined && changes.accessedAt === undefined) return;
  try {
    keeper.vault.catalog.setTimes(fileId, changes);
  } catch (error) {
    throw refusedByDisk(error, "other");
  }
  keeper.settling.touch(fileId, session);
}
