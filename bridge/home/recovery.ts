/**
 * After a crash: what an interrupted upload left on disk is more than its row says.
 */
import type { Vault } from "../vault/vault.ts";

/** Gives each partial file the size its blob really has, so that clients resume where it ends. */
export async function recoverPartialSizes(vault: Vault): Promise<void> {
  for (const file of vault.catalog.filesInState("partial")) {
    const { blob, release } = await vault.use(file, { mayBeNew: true });
    const { size } = blob;
    await release();
    if (size !== file.size) vault.catalog.settleSize(file.id, "partial", size, file.modifiedAt);
  }
}
