/**
 * OPEN: taking a file to read or to write it.
 */
import type { CatalogFile } from "../vault/catalog/catalog.ts";
import { type OpenFile, type OpenMode, Refusal } from "./home.ts";
import type { HomeShare } from "./quota.ts";
import { checkName, cleanPath } from "./paths.ts";
import { Reading } from "./reading.ts";
import { checkNoEvidence, nothingThere, writablePlace } from "./rules.ts";
import type { Visit } from "./visit.ts";
import { Writing } from "./writing.ts";

export function openFile(visit: Visit, path: string, mode: OpenMode): Promise<OpenFile> {
  return mode.write ? startWriting(visit, path, mode) : startReading(visit, path);
}

async function startReading(visit: Visit, path: string): Promise<Reading> {
  const file = visit.file(path);
  const done = visit.keeper.openFiles.take(visit.schoolId);
  try {
    const lease = await visit.keeper.vault.use(file, { mayBeNew: file.state === "partial" });
    return new Reading({ visit, file, lease, done });
  } catch (error) {
    done();
    throw error;
  }
}

/** @throws Refusal, and then the file is what it was */
export async function startWriting(visit: Visit, path: string, mode: OpenMode): Promise<Writing> {
  checkWritable(visit, path, mode);
  const { vault, openFiles, quota } = visit.keeper;
  const share = quota.begin(visit.schoolId, { isNew: !visit.find(path) });
  const letGo = openFiles.take(visit.schoolId);
  const done = () => (letGo(), share.done());
  try {
    await vault.room.look();
    const { version } = await vault.keys.current(visit.schoolId);
    return await acquire(visit, path, mode, { version, share, done });
  } catch (error) {
    done();
    throw error;
  }
}

/** The file that is there now, if the school may write to the path as it wants to. */
function checkWritable(visit: Visit, path: string, mode: OpenMode): CatalogFile | undefined {
  const { name } = writablePlace(path);
  checkNoEvidence(name);
  const before = visit.find(path);
  if (!before && !mode.create) throw nothingThere(path);
  if (before && mode.create && mode.exclusive) {
    throw new Refusal("failure", `${name} exists already and was not changed.`);
  }
  if (!before) checkName(name);
  return before;
}

/**
 * Takes the name. Looking, telling the catalog, and ousting whoever has it are one step, up to the
 * first `await`: two sessions can never both have it, and the catalog names the blob of the one that
 * does.
 */
async function acquire(
  visit: Visit,
  path: string,
  mode: OpenMode,
  { version, share, done }: { version: number; share: HomeShare; done: () => void },
): Promise<Writing> {
  const { keeper, schoolId, sender } = visit;
  const { vault, writers, settling } = keeper;
  // Asked again: another session may have come in between.
  const before = checkWritable(visit, path, mode);
  // What was closed stays whole until the CLOSE of what goes on from it is answered OK.
  const isPromised = before?.state === "closed" || before?.state === "kept";
  const file = !before
    ? vault.catalog.createPartial(schoolId, cleanPath(path), version, sender)
    : mode.truncate || isPromised
    ? vault.catalog.startOver(before.id, version, sender)
    : vault.catalog.markPartial(before.id, sender);
  const { name } = writablePlace(path);
  const from = isPromised && !mode.truncate ? before : undefined;
  const writing = new Writing({ visit, file, name, append: mode.append, from, share, done });
  const letGo = writers.enter(file.id, name, writing);
  settling.forget(file.id);
  const isNew = file.blob !== before?.blob;
  const lease = vault.use(file, { mayBeNew: true });
  try {
    await writing.start(lease, isNew ? letGo.catch(() => undefined) : letGo);
  } catch (error) {
    if (vault.catalog.file(file.id)?.blob === file.blob) {
      putBack(visit, file, before);
      void vault.sweep(file.blob);
    }
    throw error;
  }
  // Of an upload that was never closed.
  if (before && isNew) void vault.sweep(before.blob);
  return writing;
}

/** The file could not be opened: it is as before, unless it was a partial one that was to be emptied. */
function putBack({ keeper, session }: Visit, file: CatalogFile, before?: CatalogFile): void {
  const { catalog } = keeper.vault;
  if (keeper.writers.current(file.id)) return;
  const replaced = catalog.replacedBy(file.id);
  if (!before) catalog.remove(file.id, null);
  else if (replaced) {
    catalog.putBack(replaced, file);
    keeper.settling.touch(file.id, session);
  }
}
