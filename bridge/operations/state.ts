/** The bridge as health and metrics tell of it. */

/** Something that is wrong now. */
export interface CurrentTrouble {
  trouble:
    | "worker_away"
    | "disk_full"
    | "data_dir_gone"
    | "catalog_not_synced"
    | "keyring_away"
    | "uploads_parked"
    | "results_delayed"
    | "events_set_aside";
  reason: string;
}

/** The door of the SFTP server. */
export interface DoorState {
  connections: number;
  /** … of which nobody has logged in yet. */
  strangers: number;
  /** … of which wait until their address may exchange keys again. */
  waiting: number;
  /** Addresses that are shut out for a while. */
  bans: number;
  /** Connections that were turned away since the start, by why. */
  turnedAway: Readonly<Record<string, number>>;
  /** Logins that were refused since the start, by why. */
  refusedLogins: Readonly<Record<string, number>>;
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
  /** Events that the worker refused, ever. */
  eventsAside: number;
  sessions: number;
  /** Handles of files and folders that all schools together have open. */
  handles: number;
  /** Bytes of requests that were sent and are not done. */
  waitingBytes: number;
  /** How often schools came up against a limit since the start, by which. */
  limitsReached: Readonly<Record<string, number>>;
  door: DoorState;
  troubles: CurrentTrouble[];
}
