/**
 * The indexes of the Usernames of an upload's slices before. They are the database's; what a process
 * has read of them it does not ask for again, as with the last slices of a large roster they are
 * megabytes. With each slice the database says whether they still are what it has.
 */
import type { InStatement, ResultSet } from "@libsql/client";

/** What was read of an upload: of the slices up to and with the one that starts at `last`. */
interface Known {
  last: number;
  indexes: readonly Uint8Array[];
  bytes: number;
}

const NOTHING: Known = { last: -1, indexes: [], bytes: 0 };

/** The indexes of two rosters of the largest row limit; beyond that who was asked for longest ago goes. */
const MOST_BYTES = 12 * 1024 * 1024;

const remembered = new Map<string, Known>();

export interface SeenQuestion {
  /** To be asked in one transaction. */
  statements: InStatement[];
  /** The indexes of all slices before, in the order of the file. */
  read(answers: readonly ResultSet[]): Uint8Array[];
}

/** Asks for the indexes that are not known here, and for all where others are known. */
export function askSeen(upload: string): SeenQuestion {
  const known = remembered.get(upload) ?? NOTHING;
  const isKnown = `(SELECT count(*) = ?3 AND coalesce(sum(length(seen)), 0) = ?4 FROM slices
    WHERE upload_id = ?1 AND seen IS NOT NULL AND offset <= ?2)`;
  const args = [upload, known.last, known.indexes.length, known.bytes];
  return {
    statements: [
      { sql: `SELECT ${isKnown}`, args },
      {
        sql: `SELECT seen, offset FROM slices
              WHERE upload_id = ?1 AND seen IS NOT NULL AND (offset > ?2 OR NOT ${isKnown})
              ORDER BY offset`,
        args,
      },
    ],
    read([is, later]) {
      const before = is!.rows[0]![0] ? known : NOTHING;
      const more = later!.rows.map((slice) => new Uint8Array(slice[0] as ArrayBuffer));
      const indexes = [...before.indexes, ...more];
      remember(upload, {
        last: Number(later!.rows.at(-1)?.[1] ?? before.last),
        indexes,
        bytes: more.reduce((sum, { length }) => sum + length, before.bytes),
      });
      return indexes;
    },
  };
}

function remember(upload: string, known: Known): void {
  // Anew, so that the map has them in the order in which they were asked for.
  remembered.delete(upload);
  remembered.set(upload, known);
  let bytes = 0;
  for (const { bytes: its } of remembered.values()) bytes += its;
  for (const [longest, { bytes: its }] of remembered) {
    if (bytes <= MOST_BYTES) break;
    remembered.delete(longest);
    bytes -= its;
  }
}

/** No slice of it comes any more. */
export function forgetSeen(upload: string): void {
  remembered.delete(upload);
}
