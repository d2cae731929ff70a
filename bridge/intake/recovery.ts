/**
 * After a crash: what an interrupted upload left on disk is more than its row says.
 */
import type { Log } from "../../shared/log.ts";
import type { Vault } from "../vault/vault.ts";

/**
 * Gives each partial file the size its blob really has, so that clients resume where it ends. One that
 * cannot be read stays as it is, and is told to the log.
 */
export async function recoverPartialSizes(
  vault: Vault,
  log: Log,
): Promise<void> {
  for (const file of vault.catalog.filesInState("partial")) {
    try {
      const { blob, release } = await vault.use(file, { mayBeNew: true });
      const { size } = blob;
      await release();
      if (size !== file.size) {
        vault.catalog.settleSize(file, "partial", { size, modifiedAt: file.modifiedAt });
      }
    } catch (error) {
      const { schoolId, blob } = file;
      log("partial.unreadable", { schoolId, blob, reason: (error as Error).message });
    }
  }
}
