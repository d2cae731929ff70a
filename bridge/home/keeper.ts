/**
 * What all homes of the bridge share.
 */
import type { Log } from "../../shared/log.ts";
import type { Reached } from "../limits-reached.ts";
import type { Settling } from "../intake/settling.ts";
import type { After } from "../timers.ts";
import type { Vault } from "../vault/vault.ts";
import type { ChangeTurns } from "./change-turns.ts";
import type { LeftNames } from "./left-names.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Quota } from "./quota.ts";
import type { Storage } from "./storage.ts";
import type { Writers } from "./writers.ts";

export interface HomeKeeper {
  vault: Vault;
  settling: Settling;
  writers: Writers;
  openFiles: OpenFiles;
  leftNames: LeftNames;
  quota: Quota;
  changes: ChangeTurns;
  /** The most bytes a file may have. */
  maxUploadBytes: number;
  /** Milliseconds since the epoch. */
  now(): number;
  after: After;
  storage: Storage;
  log: Log;
  reached: Reached;
}
