/** Taking a file out of a home from outside of any session, as an administrator asks for. */
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import type { HomeKeeper } from "./keeper.ts";

/**
 * Whoever is writing the file hears it at the next request. A file that is gone already stays so. `why` is for
 * the ledger.
 */
export async function removeFile(
  { vault, settling, writers }: HomeKeeper,
  file: CatalogFile,
  why?: string,
): Promise<void> {
  await writers.oust(file.id, file.path, "removed");
  settling.forget(file.id);
  if (!vault.catalog.file(file.id)) return;
  const replaced = vault.catalog.replacedBy(file.id);
  vault.catalog.remove(file.id, null, why);
  await vault.sweep(file.blob);
  if (replaced) await vault.sweep(replaced.blob);
}
