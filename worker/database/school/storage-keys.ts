/** A school's storage key on its bridge: asked to be rotated, being rotated, or as it is. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";

/** What the bridge told last. */
export interface ToldKey {
  at: string;
  version: number;
  /** As the bridge calls it: `rotating`, `current`. */
  state: string;
  filesLeft: number;
}

/** What was asked for last. */
export interface AskedRotation {
  at: string;
  /** `null`: the bridge has not said yet. */
  outcome: string | null;
  why: string | null;
}

export interface StorageKey {
  told: ToldKey | undefined;
  asked: AskedRotation | undefined;
}

export async function storageKeyOf(database: Client, schoolId: SchoolId): Promise<StorageKey> {
  const [events, commands] = await database.batch([
    {
      sql: `SELECT at, event ->> '$.version' AS version, event ->> '$.state' AS state,
              event ->> '$.filesLeft' AS filesLeft FROM ledger
            WHERE school_id = ? AND type = 'storage_key' ORDER BY at DESC, number DESC LIMIT 1`,
      args: [schoolId],
    },
    {
      sql: `SELECT created_at, outcome, why FROM commands
            WHERE school_id = ? AND type = 'rotate_key' ORDER BY created_at DESC, id DESC LIMIT 1`,
      args: [schoolId],
    },
  ], "read");
  const [event] = events!.rows;
  const [command] = commands!.rows;
  return {
    told: event && {
      at: event["at"] as string,
      version: Number(event["version"]),
      state: event["state"] as string,
      filesLeft: Number(event["filesLeft"]),
    },
    asked: command && {
      at: command["created_at"] as string,
      outcome: command["outcome"] as string | null,
      why: command["why"] as string | null,
    },
  };
}
