/** The bridge as health and metrics tell of it. */

/** Something that is wrong now. */
export interface CurrentTrouble {
  trouble:
    | "worker_away"
    | "disk_full"
    | "data_dir_gone"
    | "catalog_not_synced"
    | "keyring_away"
    | "uploads_parked";
  reason: string;
}

/** The bridge as it is now. Instants are milliseconds since the epoch. */
export interface BridgeState {
  /** `undefined` when the worker has not answered yet. */
  workerAnsweredAt: number | undefined;
  uploadsWaiting: number;
  uploadsHeld: number;
  /** Uploads that a fault stopped: somebody has to look. */
  uploadsParked: number;
  commandsWaiting: number;
  sessions: number;
  troubles: CurrentTrouble[];
}
