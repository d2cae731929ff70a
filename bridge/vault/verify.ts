/**
 * Re-checks everything stored: each row of the catalog against its blob, chunk by chunk, and each blob
 * against the catalog. It changes nothing that was ever answered OK, and needs memory for one chunk.
 */
import { createHash } from "node:crypto";
import { BlobDamaged, BlobMissing, listBlobs } from "./blob/blob.ts";
import type { OpenBlob } from "./blob/small.ts";
import type { CatalogFile } from "./catalog/catalog.ts";
import { KeyringError } from "./keys/keyring.ts";
import type { Vault } from "./vault.ts";

/**
 * What is wrong:
 *
 * - `missing`: a file's bytes are not there
 * - `damaged`: they are not what was written, or not so many, or no key opens them
 * - `orphaned`: bytes of no file. No harm, but room; such as of what was sent when the power went
 */
export type Finding =
  | { kind: "missing" | "damaged"; schoolId: number; path: string; blob: string; why: string }
  | { kind: "orphaned"; blob: string };

export interface Verified {
  files: number;
  bytes: number;
  missing: number;
  damaged: number;
  orphaned: number;
}

const FILES_AT_ONCE = 500;
const PIECE_BYTES = 256 * 1024;

/** Checks all of it; `found` is told each finding as it is made. */
export async function verify(vault: Vault, found: (finding: Finding) => void): Promise<Verified> {
  const verified: Verified = { files: 0, bytes: 0, missing: 0, damaged: 0, orphaned: 0 };
  const tell = (finding: Finding) => {
    verified[finding.kind]++;
    found(finding);
  };
  for (let after = 0;;) {
    const files = vault.catalog.filesAfter(after, FILES_AT_ONCE);
    if (files.length === 0) break;
    for (const file of files) {
      const finding = await verifyFile(vault, file);
      if (finding) tell(finding);
      verified.files++;
      verified.bytes += file.size;
    }
    after = files.at(-1)!.id;
  }
  for await (const blob of listBlobs(vault.folder)) {
    if (!vault.catalog.knowsBlob(blob)) tell({ kind: "orphaned", blob });
  }
  return verified;
}

async function verifyFile(vault: Vault, file: CatalogFile): Promise<Finding | undefined> {
  const { schoolId, path, blob } = file;
  const finding = (kind: "missing" | "damaged", why: string): Finding => ({
    ...{ kind, schoolId, path, blob, why },
  });
  try {
    const lease = await vault.use(file);
    try {
      const why = await faultOf(lease.blob, file);
      return why === undefined ? undefined : finding("damaged", why);
    } finally {
      await lease.release();
    }
  } catch (error) {
    // What was never promised may be missing.
    if (error instanceof BlobMissing && file.state === "partial") return undefined;
    if (error instanceof BlobMissing) return finding("missing", "its bytes are not there");
    if (error instanceof BlobDamaged || error instanceof KeyringError) {
      return finding("damaged", error.message);
    }
    throw error;
  }
}

/** Reads all of it, which authenticates it, and compares what the catalog knows. */
async function faultOf(blob: OpenBlob, file: CatalogFile): Promise<string | undefined> {
  const hash = createHash("sha256");
  for (let offset = 0; offset < blob.size;) {
    const bytes = await blob.read(offset, PIECE_BYTES);
    hash.update(bytes);
    offset += bytes.length;
  }
  const { sha256 } = file;
  if (sha256 === null || hash.digest("hex") === sha256) return undefined;
  return "its SHA-256 is not the one that was stored with it";
}
