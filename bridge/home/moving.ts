/**
 * REMOVE and RENAME: what takes a file away from its path, and from whoever is writing it.
 */
import { isStageName } from "../../shared/file-names.ts";
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import { Refusal } from "./home.ts";
import { checkName, cleanPath } from "./paths.ts";
import {
  checkNoEvidence,
  denied,
  isEvidence,
  movablePlace,
  nothingThere,
  writablePlace,
} from "./rules.ts";
import type { Visit } from "./visit.ts";
import type { Ousting } from "./writers.ts";

export async function removeFile(visit: Visit, path: string): Promise<void> {
  const { catalog } = visit.keeper.vault;
  movablePlace(path);
  const file = visit.find(path);
  if (!file) throw nothingThere(path);
  const replaced = catalog.replacedBy(file.id);
  catalog.remove(file.id, visit.sender);
  letGo(visit, [file, replaced], "removed");
  await catalog.durable();
}

export async function renameFile(
  visit: Visit,
  from: string,
  to: string,
  { replace }: { replace: boolean },
): Promise<void> {
  const { catalog } = visit.keeper.vault;
  const source = movablePlace(from);
  const file = visit.find(from);
  if (!file) throw nothingThere(from);
  if (source.folder !== "inbound") throw denied("Files in /outbound keep their names.");
  const place = writablePlace(to);
  checkName(place.name);
  const path = cleanPath(to);
  if (path === file.path) return;
  const before = visit.find(path);
  // What was written as something else does not become evidence by its name.
  if (before || !isEvidence(source.name)) checkNoEvidence(place.name);
  if (before && !replace) {
    throw new Refusal(
      "failure",
      `${place.name} exists already. Delete it first or choose another name; both files were kept.`,
    );
  }
  // What the service wrote or took is sent anew by whoever gives it a name of its own.
  const given = before ? [before, catalog.replacedBy(before.id)] : [];
  const isTheServices = file.sender === null || isStageName(file.path);
  const by = visit.sender;
  catalog.rename(file.id, path, { by, sender: isTheServices ? by : file.sender });
  visit.remember(path, file.id);
  visit.keeper.settling.touch(file.id, visit.session);
  letGo(visit, given, "replaced");
  await catalog.durable();
}

/** The files are gone from the catalog: nobody writes them any more, and their bytes go too. */
function letGo({ keeper }: Visit, files: (CatalogFile | undefined)[], how: Ousting): void {
  for (const file of files) {
    if (!file) continue;
    keeper.settling.forget(file.id);
    // Not waited for: a blob that is still in use is swept by who lets go of it last.
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    void keeper.writers.oust(file.id, name, how).catch(() => {/* said to who opened it */});
    void keeper.vault.sweep(file.blob);
  }
}
