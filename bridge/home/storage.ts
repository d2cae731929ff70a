/**
 * A disk that is full, or a folder that is gone, in words for the person at the client. The log has a
 * line when it begins and one when it is over.
 */
import type { Log } from "../../shared/log.ts";
import { Trouble } from "../trouble.ts";
import { isDiskFull } from "../vault/blob/disk-room.ts";
import { FolderGone, NotDurable } from "../vault/catalog/catalog.ts";
import { KeyringAway } from "../vault/keys/keyring.ts";
import { type Home, Refusal } from "./home.ts";

const PARTIAL = "What arrived before is kept as a partial file; try again later or resume.";
const NOTHING =
  "so this could not be done and nothing was changed. Try again later; deleting files makes room.";

export class Storage {
  readonly fullDisk: Trouble;
  readonly folderGone: Trouble;
  /** It is over only with the next start. */
  readonly notDurable: Trouble;
  /** The watch of the keyring ends it. */
  readonly keyringAway: Trouble;

  constructor(log: Log) {
    this.fullDisk = new Trouble("the disk is full", log);
    this.notDurable = new Trouble("the catalog could not be synced; restart the bridge", log);
    this.folderGone = new Trouble("DATA_DIR is not where it was", log);
    this.keyringAway = new Trouble("the token with the master key does not answer", log);
  }

  /** The refusal of something that the storage prevented; anything else stays what it is. */
  refusal(error: unknown, what: "upload" | "other"): unknown {
    if (isDiskFull(error)) {
      this.fullDisk.seen((error as Error).message);
      const sentence = what === "upload" ? `. ${PARTIAL}` : `, ${NOTHING}`;
      return new Refusal("failure", `The service's disk is full${sentence}`);
    }
    if (error instanceof FolderGone) {
      this.folderGone.seen(error.message);
      return new Refusal(
        "failure",
        "The service cannot reach its storage, so this could not be done. Send it again later; if it stays so, tell the service's operator.",
      );
    }
    if (error instanceof NotDurable) {
      this.notDurable.seen(error.message);
      return new Refusal(
        "failure",
        "The service's storage failed, so it cannot promise that this lasts. Look whether it was done, and send it again later; if it stays so, tell the service's operator.",
      );
    }
    if (error instanceof KeyringAway) {
      this.keyringAway.seen(error.message);
      return new Refusal(
        "failure",
        "The service cannot open your storage key just now, so this could not be done and nothing was changed. Send it again later; if it stays so, tell the service's operator.",
      );
    }
    return error;
  }

  /** Something was stored for good. */
  stored(): void {
    this.fullDisk.over();
    this.folderGone.over();
  }
}

/** The same home, which says so when the storage prevents something. */
export function sayingStorage(storage: Storage, home: Home): Home {
  const saying =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      try {
        return await work(...args);
      } catch (error) {
        throw storage.refusal(error, "other");
      }
    };
  return {
    ...home,
    open: saying(home.open),
    change: saying(home.change),
    remove: saying(home.remove),
    rename: saying(home.rename),
  };
}
