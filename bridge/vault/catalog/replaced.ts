/**
 * Files whose path an upload took that is not closed yet. Their CLOSE was answered OK, so they are there
 * until that of the upload is: then they are gone. When it breaks off instead they go their own way, and
 * what arrived of the upload stays under the path.
 *
 * Such a file is a row like any other, at a path that no home shows.
 */
import type { CatalogDatabase } from "./database.ts";
import type { DoomedBlobs } from "./doomed-blobs.ts";
import { type CatalogFile, fileOfRow, type FileRow, splitPath } from "./file.ts";

/** Where it was, and is when it goes its own way. */
export function pathBefore(replaced: CatalogFile): string {
  return `/inbound/${splitPath(replaced.path).name}`;
}

/** The id of the file that is to take its place. */
export function replacedBy(replaced: CatalogFile): number {
  return Number(replaced.path.split("/")[2]);
}

export class ReplacedFiles {
  readonly #database: CatalogDatabase;
  readonly #doomed: DoomedBlobs;

  constructor(database: CatalogDatabase, doomed: DoomedBlobs) {
    this.#database = database;
    this.#doomed = doomed;
  }

  /** The file as it was before its row became that of the upload; in the transaction that made it so. */
  setAside(file: CatalogFile): void {
    this.#database.run(
      `INSERT INTO files (school_id, path, blob, key_version, state, size, sha256, chain, modified_at,
         accessed_at, sender, export_id, upload_id)
       VALUES (?, ?, ?, ?, 'replaced', ?, ?, ?, ?, ?, ?, ?, ?)`,
      file.schoolId,
      `/replaced/${file.id}/${splitPath(file.path).name}`,
      file.blob,
      file.keyVersion,
      file.size,
      file.sha256,
      file.chain,
      file.modifiedAt,
      file.accessedAt,
      file.sender && JSON.stringify(file.sender),
      file.exportId,
      file.uploadId,
    );
  }

  /** What the upload of this row is to replace, if anything. */
  by(id: number): CatalogFile | undefined {
    // "0" is the character after "/".
    const row = this.#database.first<FileRow>(
      `SELECT * FROM files WHERE school_id = (SELECT school_id FROM files WHERE id = ?)
         AND path > ? AND path < ?`,
      id,
      `/replaced/${id}/`,
      `/replaced/${id}0`,
    );
    return row && fileOfRow(row);
  }

  /** The upload was closed, or its row goes: nobody misses what it replaced. The blob that is doomed. */
  drop(id: number): string | undefined {
    const replaced = this.by(id);
    if (!replaced) return undefined;
    this.#doomed.add(replaced.blob);
    this.#database.run("DELETE FROM files WHERE id = ?", replaced.id);
    return replaced.blob;
  }

  putBack(replaced: CatalogFile, id: number): void {
    this.#database.run("DELETE FROM files WHERE id = ?", replaced.id);
    this.#database.run(
      `UPDATE files SET blob = ?, key_version = ?, state = 'closed', being_written = 0, size = ?,
         sha256 = ?, chain = ?, modified_at = ?, sender = ?, upload_id = ? WHERE id = ?`,
      replaced.blob,
      replaced.keyVersion,
      replaced.size,
      replaced.sha256,
      replaced.chain,
      replaced.modifiedAt,
      replaced.sender && JSON.stringify(replaced.sender),
      replaced.uploadId,
      id,
    );
  }
}
