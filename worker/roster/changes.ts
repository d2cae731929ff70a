/**
 * What reading a roster starts from and what one slice of it comes to, as plain data: the database
 * loads the one and writes the other.
 */
import type { SchoolId, UploadId, UploadState } from "../../shared/protocol.ts";
import type { Layout } from "./layout.ts";
import type { Problem } from "./problems.ts";
import type { Row } from "./row.ts";
import type { SchoolSettings } from "./settings.ts";
import type { Student } from "./student.ts";
import type { Terms } from "./terms.ts";

/** An upload as the next slice needs it. */
export interface UploadProgress {
  id: UploadId;
  schoolId: SchoolId;
  state: UploadState;
  /** Bytes. */
  size: number;
  nextOffset: number;
  /** The physical line that starts at `nextOffset`. */
  nextLine: number;
  /** `nextOffset` is in the middle of a line that is too long. */
  insideLine: boolean;
  /** The header row is in an earlier slice. */
  hasHeader: boolean;
  /** Where the columns stand, as the header row said. */
  layout: Layout;
  read: number;
  rejected: number;
  unprocessed: number;
  /** Rows that wait for the end of the file. */
  deferred: number;
  settings: SchoolSettings;
  /** `group\nterm` of each pair on the school's list; `undefined` when it has none. */
  placements: Set<string> | undefined;
  /** Problems found so far; of more than {@link LISTED_PROBLEMS} the rest is only counted. */
  problems: number;
  /** On which terms it is checked first; `undefined`: it is not. */
  terms: Terms | undefined;
  /** Students whom it does not name are to be made inactive at its end. */
  isLeaving: boolean;
  /** The indexes of the Usernames of the slices before, in the order of the file: 12 bytes a row. */
  seen: Uint8Array[];
}

/**
 * So many problems of an upload are listed, one for each row of the default limit; a file that is wrong
 * in every value would come back forty times its size. All are counted.
 */
export const LISTED_PROBLEMS = 50_000;

/** Where a record that is kept byte for byte stands in the slice's bytes. */
export interface KeptRecord {
  start: number;
  end: number;
}

/** Whom a rejected record names; both blank: nobody can tell whose row it is. */
export interface RejectedName {
  usernameKey: string;
  studentId: string;
}

/** What a slice does. Everything is in one batch; counts are what it adds to the upload's. */
export interface SliceChanges {
  upload: UploadProgress;
  /** Where the slice starts; the batch fails when the upload is elsewhere. */
  offset: number;
  nextOffset: number;
  nextLine: number;
  insideLine: boolean;
  state: UploadState;
  /** When this is, ISO 8601 UTC. */
  at: string;
  /** ISO 8601 UTC, when the upload is done with this slice. */
  completedAt: string | null;
  /** The header's bytes, in the slice that has it. */
  header: Uint8Array | null;
  /** Where the columns stand. */
  layout: Layout;
  /** Is a Username twice in the slice itself? */
  isRepeatedHere: boolean;
  /** The index of its Usernames for the slices to come; `null` when there is none to keep. */
  seen: Uint8Array | null;
  /**
   * Students as the rows give them: a blank leaves what is stored, and the database counts who is added
   * and updated. Of a check they are whole.
   */
  students: readonly Student[];
  /** Usernames of the rows that take effect: an inactive one is active again. `null`: those of `students`. */
  named: readonly string[] | null;
  /** A StudentId that one student lets go another may get. */
  passOn: boolean;
  /** Counted beyond what the database counts: rows whose Username comes twice in the slice. */
  counted: { added: number; updated: number };
  read: number;
  unprocessed: number;
  problems: readonly Problem[];
  /** How many further ones there are that are not listed, and how many of them are warnings. */
  more: { problems: number; warnings: number };
  bytes: Uint8Array;
  rejected: number;
  /** Whom the rejected records name. */
  rejectedNames: readonly RejectedName[];
  /** Where the rejected records stand that a person can correct. */
  rejectedRecords: readonly KeptRecord[];
  /** Rows that wait for the end of the file from here on. */
  deferred: readonly { record: KeptRecord; row: Row }[];
}

/** What the rows that waited come to: one batch after the last slice's, which completes the
 * upload unless students are to be made inactive. */
export interface SettledRows {
  upload: UploadProgress;
  /** ISO 8601 UTC. */
  completedAt: string;
  /** Lines of the rows that fail; the others take effect. */
  failedLines: readonly number[];
  problems: readonly Problem[];
  /** A row's student may be new. */
  mayAdd: boolean;
  /** How many students reverts had taken back when it was read who is there. */
  removed: number;
  /** Usernames whose rows were taken together: `students` has what they give. */
  severalRows: readonly string[];
  students: readonly Student[];
  /** Counted beyond what the database counts. */
  counted: { added: number; updated: number };
}
