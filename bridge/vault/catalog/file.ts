/**
 * A file as the catalog keeps it: what its row says, and where its bytes are.
 */
import type { FileState, Sender } from "../../../shared/protocol.ts";

/** Where the bytes of a file are, and the version of the school's key they are encrypted with. */
export interface BlobReference {
  schoolId: number;
  blob: string;
  keyVersion: number;
}

/** A file of a home. Times are seconds since the epoch. */
export interface CatalogFile extends BlobReference {
  id: number;
  path: string;
  state: Exclude<FileState, "removed">;
  size: number;
  modifiedAt: number;
  accessedAt: number;
  /** Who sent it; `null` for what the service wrote. */
  sender: Sender | null;
  exportId: string | null;
}

/** A row of `files`. */
export interface FileRow {
  id: number;
  school_id: number;
  path: string;
  blob: string;
  key_version: number;
  state: CatalogFile["state"];
  size: number;
  modified_at: number;
  accessed_at: number;
  sender: string | null;
  export_id: string | null;
}

export function fileOfRow(row: FileRow): CatalogFile {
  return {
    id: row.id,
    schoolId: row.school_id,
    path: row.path,
    blob: row.blob,
    keyVersion: row.key_version,
    state: row.state,
    size: row.size,
    modifiedAt: row.modified_at,
    accessedAt: row.accessed_at,
    sender: row.sender === null ? null : JSON.parse(row.sender),
    exportId: row.export_id,
  };
}

/** `/inbound/roster.csv` → `/inbound` and `roster.csv`. */
export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}
