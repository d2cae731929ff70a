/**
 * Re-checks everything stored: the catalog by itself, each of its rows against its blob, chunk by chunk,
 * and each blob against the catalog. It changes nothing that was ever answered OK, and needs memory for
 * a chunk and a page of rows.
 */
import type { SchoolId } from "../../shared/protocol.ts";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { BlobDamaged, BlobMissing, listBlobs } from "./blob/blob.ts";
import { blobPath } from "./blob/files.ts";
import { decodePreamble, PREAMBLE_BYTES } from "./blob/format.ts";
import { readAt } from "./blob/replay.ts";
import type { OpenBlob } from "./blob/small.ts";
import type { CatalogFile } from "./catalog/catalog.ts";
import { KeyringError } from "./keys/keyring.ts";
import type { Vault } from "./vault.ts";

/**
 * What is wrong with a file:
 *
 * - `missing`: its bytes are not there
 * - `damaged`: they are not what was written, or no key opens them
 * - `cut_back`: they are sound, and an earlier state of the file than its row's
 * - `ahead`: they are sound, and more than its row says: the catalog is older than they are
 * - `swapped`: they are another file's
 */
export type FileFault = "missing" | "damaged" | "cut_back" | "ahead" | "swapped";

export type Finding =
  | { kind: FileFault; schoolId: SchoolId; path: string; blob: string; why: string }
  /** Bytes of no file: its row was removed, or they were sent when the power went. */
  | { kind: "orphaned"; blob: string; why: string }
  /** The catalog contradicts itself. */
  | { kind: "catalog"; why: string };

export type Verified =
  & { files: number; bytes: number }
  & Record<FileFault | "orphaned" | "catalog", number>;

const FILES_AT_ONCE = 500;
const PIECE_BYTES = 256 * 1024;
/** Whose bytes a file has instead of its own is looked for so often: each time it takes all rows. */
const SEARCHES = 100;

/** Checks all of it; `found` is told each finding as it is made. */
export async function verify(vault: Vault, found: (finding: Finding) => void): Promise<Verified> {
  const verified: Verified = {
    ...{ files: 0, bytes: 0, missing: 0, damaged: 0, cut_back: 0, ahead: 0, swapped: 0 },
    ...{ orphaned: 0, catalog: 0 },
  };
  const tell = (finding: Finding) => {
    verified[finding.kind]++;
    found(finding);
  };
  for (const why of vault.catalog.faults()) tell({ kind: "catalog", why });
  const checking = new Checking(vault);
  for (const file of allFiles(vault)) {
    const fault = await checking.faultOf(file);
    const { schoolId, path, blob } = file;
    if (fault) tell({ ...fault, schoolId, path, blob });
    verified.files++;
    verified.bytes += file.size;
  }
  for await (const blob of orphans(vault)) tell(blob);
  return verified;
}

/** All of them, a page in memory. */
function* allFiles({ catalog }: Vault): Iterable<CatalogFile> {
  for (let after = 0;;) {
    const files = catalog.filesAfter(after, FILES_AT_ONCE);
    if (files.length === 0) return;
    yield* files;
    after = files.at(-1)!.id;
  }
}

async function* orphans(vault: Vault): AsyncIterable<Finding> {
  const orphaned = (blob: string, why: string): Finding => ({ kind: "orphaned", blob, why });
  for await (const blob of listBlobs(vault.folder)) {
    if (vault.catalog.knowsBlob(blob)) continue;
    yield orphaned(blob, `${blobPath(vault.folder, blob)} is of no file`);
  }
  for (const blob of vault.catalog.orphanedSmallBlobs()) {
    yield orphaned(blob, "its row in small_blobs is of no file");
  }
}

type Fault = { kind: FileFault; why: string };

class Checking {
  readonly #vault: Vault;
  /** Files whose writer was there when the bridge ended: their rows are behind their bytes. */
  readonly #beingWritten: Set<number>;
  #searches = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
    this.#beingWritten = new Set(vault.catalog.filesBeingWritten().map(({ id }) => id));
  }

  async faultOf(file: CatalogFile): Promise<Fault | undefined> {
    const isBehind = this.#beingWritten.has(file.id);
    try {
      // As if it were partial: its size is compared here.
      const lease = await this.#vault.use({ ...file, state: "partial" });
      try {
        const sha256 = await hashOf(lease.blob);
        return isBehind ? undefined : this.#difference(file, lease.blob, sha256);
      } finally {
        await lease.release();
      }
    } catch (error) {
      // What was never promised may be missing.
      if (error instanceof BlobMissing && (isBehind || file.size === 0)) return undefined;
      if (error instanceof BlobMissing) return { kind: "missing", why: "its bytes are not there" };
      if (error instanceof BlobDamaged) return await this.#damage(file, error);
      if (error instanceof KeyringError) return { kind: "damaged", why: error.message };
      throw error;
    }
  }

  /** The bytes are this blob's own; whether they are the state that the row tells of. */
  #difference(
    file: CatalogFile,
    { size, chain }: OpenBlob,
    sha256: string,
  ): Fault | undefined {
    const isSameHash = file.sha256 === null || file.sha256 === sha256;
    const isSameState = !file.chain || file.chain === chain;
    if (size === file.size && isSameHash && isSameState) return undefined;
    const other = isSameHash ? undefined : this.#vault.catalog.fileOfHash(file, sha256);
    if (other) return { kind: "swapped", why: `it has the bytes of ${other}` };
    const sizes = `it has ${size} bytes, and its row says ${file.size}`;
    if (size > file.size) return { kind: "ahead", why: `${sizes}: the catalog is an older one` };
    return size < file.size
      ? { kind: "cut_back", why: `${sizes}: an earlier state of it` }
      : { kind: "cut_back", why: "it has the bytes of another state of it" };
  }

  async #damage(file: CatalogFile, { message }: BlobDamaged): Promise<Fault> {
    const owner = await this.#ownerOf(file);
    return owner
      ? { kind: "swapped", why: `it has the bytes of ${owner}` }
      : { kind: "damaged", why: message };
  }

  /** Whose bytes are where this file's should be? */
  async #ownerOf(file: CatalogFile): Promise<string | undefined> {
    if (this.#searches++ >= SEARCHES) return undefined;
    const preamble = await this.#preambleOf(file.blob);
    if (preamble.length < PREAMBLE_BYTES) return undefined;
    for (const { blob, schoolId, keyVersion, path } of allFiles(this.#vault)) {
      const key = await this.#vault.keys.version(schoolId, keyVersion).catch(() => undefined);
      if (!key || "problem" in decodePreamble(preamble, blob, key)) continue;
      return blob === file.blob ? undefined : `school ${schoolId}, ${path}`;
    }
    return undefined;
  }

  async #preambleOf(blob: string): Promise<Buffer> {
    const sealed = this.#vault.catalog.smallBlobs.get(blob);
    if (sealed) return sealed.subarray(0, PREAMBLE_BYTES);
    await using handle = await open(blobPath(this.#vault.folder, blob), "r");
    return await readAt(handle, 0, PREAMBLE_BYTES);
  }
}

/** Of all bytes; reading them authenticates every chunk. */
async function hashOf(blob: OpenBlob): Promise<string> {
  const hash = createHash("sha256");
  for (let offset = 0; offset < blob.size;) {
    const bytes = await blob.read(offset, PIECE_BYTES);
    hash.update(bytes);
    offset += bytes.length;
  }
  return hash.digest("hex");
}
