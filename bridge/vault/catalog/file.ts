/**
 * A file as the catalog keeps it: what its row says, and where its bytes are.
 */
import type { SchoolId, Sender, UploadId } from "../../../shared/protocol.ts";

/** Where the bytes of a file are, and the version of the school's key they are encrypted with. */
export interface BlobReference {
  schoolId: SchoolId;
  blob: string;
  keyVersion: number;
}

/**
 * Where a file is in its life:
 *
 * - `partial`: being written, or left before its CLOSE
 * - `closed`: closed by its writer, or renamed, and not yet settled
 * - `processing`: accepted, on its way to the worker
 * - `kept`: nothing is to be done with it: results, exports, evidence, names that no lane takes
 * - `replaced`: another upload has its path and is not closed yet; until then this one is no loss
 */
export type FileState = "partial" | "closed" | "processing" | "kept" | "replaced";

/** A file of a home. Times are seconds since the epoch. */
export interface CatalogFile extends BlobReference {
  id: number;
  path: string;
  state: FileState;
  size: number;
  /** Of a partial file: from this byte on not all were sent; what lies behind it may be none of its. */
  gapAt: number | null;
  /** Of all its bytes, lower-case hexadecimal; `null` while it is partial or where it is yet unknown. */
  sha256: string | null;
  /** The chain of its blob when it was closed, hexadecimal; `null` where none was kept. */
  chain: string | null;
  modifiedAt: number;
  accessedAt: number;
  /** Who sent it; `null` for what the service wrote. */
  sender: Sender | null;
  exportId: string | null;
  /** The upload it is, or is a result of. */
  uploadId: UploadId | null;
}

/** What a folder shows of a file. */
export type ListedFile = Pick<CatalogFile, "id" | "path" | "size" | "modifiedAt" | "accessedAt">;

/** A row of `files`. */
export interface FileRow {
  id: number;
  school_id: SchoolId;
  path: string;
  blob: string;
  key_version: number;
  state: FileState;
  size: number;
  gap_at: number | null;
  sha256: string | null;
  chain: string | null;
  modified_at: number;
  accessed_at: number;
  sender: string | null;
  export_id: string | null;
  upload_id: UploadId | null;
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
    gapAt: row.gap_at,
    sha256: row.sha256,
    chain: row.chain,
    modifiedAt: row.modified_at,
    accessedAt: row.accessed_at,
    sender: row.sender === null ? null : JSON.parse(row.sender),
    exportId: row.export_id,
    uploadId: row.upload_id,
  };
}

/** `/inbound/roster.csv` → `/inbound` and `roster.csv`. */
export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}
