/**
 * A lane: what a file is, and so what becomes of its bytes. Which names go which way comes with the
 * directory; claim, position, holding and results are the same for all.
 */
import type { Client } from "@libsql/client";
import type { Result } from "../../shared/protocol.ts";
import type { StoredPosition } from "../database/school/arrivals.ts";

/** What a lane is given to work with. */
export interface LaneOptions {
  database: Client;
  /** The most records taken at a time. */
  sliceRows: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A slice of an upload: bytes of it from `offset`, in a pass over it. */
export interface Slice {
  id: string;
  /** Who sends it; the upload must be of one of its schools. */
  bridge: string;
  /** Whose upload it is, as the bridge says; a bridge of an older version does not. */
  school?: number;
  pass: string;
  offset: number;
  bytes: Uint8Array;
}

/** Where a slice left an upload, told without asking the database once more. */
export interface Taken {
  position: StoredPosition;
  /** Bytes of the slice that were used; the rest has to be sent again. */
  consumed: number;
}

export interface Lane {
  /**
   * Takes whole records from the bytes at `offset` and writes what they come to, with the next offset,
   * in one batch: two round trips to the database.
   *
   * @throws {WrongOffset} when these bytes are not the next ones
   */
  take(slice: Slice, options: LaneOptions): Promise<Taken>;
  /** The files that come of an upload that is done. */
  results(upload: StoredPosition): Result[];
}

/** The slice is not the one that is due. */
export class WrongOffset extends Error {}
