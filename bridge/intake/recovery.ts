/**
 * After a crash: what an interrupted upload left on disk is more than its row says.
 */
import type { Log } from "../../shared/log.ts";
import type { Vault } from "../vault/vault.ts";

/**
 * Gives each file that was being written when the bridge ended the size its blob really has, so that
 * clients resume where it ends. It opens only those, at most what the schools may have open at once,
 * however many partial files are kept. One that cannot be read stays as it is, and is told to the log.
 */
export async function recoverPartialSizes(vault: Vault, log: Log): Promise<void> {
  for (const file of vault.catalog.filesBeingWritten()) {
    try {
      const { blob, release } = await vault.use(file, { mayBeNew: true });
      const { size } = blob;
      await release();
      vault.catalog.settleSize(file, "partial", { size, modifiedAt: file.modifiedAt });
    } catch (error) {
      const { schoolId, blob } = file;
      log("partial.unreadable", { schoolId, blob, reason: (error as Error).message });
    }
  }
}
