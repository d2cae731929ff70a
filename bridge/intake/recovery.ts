/**
 * After a crash: what an interrupted upload left on disk is more than its row says.
 */
import type { Log } from "../../shared/log.ts";
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import type { Vault } from "../vault/vault.ts";

/**
 * Gives each file that was being written when the bridge ended the size its blob really has, up to the
 * first gap between what was sent, so that clients resume there. It opens only those, at most what the
 * schools may have open at once, however many partial files are kept. One that cannot be read stays as
 * it is, and is told to the log.
 */
export async function recoverPartialSizes(vault: Vault, log: Log): Promise<void> {
  for (const file of vault.catalog.filesBeingWritten()) {
    try {
      const { modifiedAt } = file;
      vault.catalog.settleSize(file, "partial", {
        ...(await whatIsThere(vault, file)),
        modifiedAt,
      });
    } catch (error) {
      const { schoolId, blob } = file;
      log("partial.unreadable", { schoolId, blob, reason: (error as Error).message });
    }
  }
}

async function whatIsThere(
  vault: Vault,
  file: CatalogFile,
): Promise<{ size: number; gapAt?: number }> {
  const { blob, release } = await vault.use(file, { mayBeNew: true });
  try {
    const { gapAt } = file;
    if (gapAt === null || blob.size <= gapAt) return { size: blob.size };
    // Where it cannot be cut off (disk full), it is when somebody resumes.
    const isCut = await blob.truncate(gapAt).then(() => blob.sync()).then(() => true, () => false);
    return isCut ? { size: gapAt } : { size: gapAt, gapAt };
  } finally {
    await release();
  }
}
