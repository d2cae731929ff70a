/** Copying blobs from folder to folder: each whole or not there, and only those that are not there yet. */
import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { blobPath } from "../vault/blob/files.ts";

/**
 * Copies the blob, durably, unless the same one is there already, as its length and its time say.
 *
 * @returns `missing` when there is nothing to copy
 */
export async function copyBlob(
  from: string,
  to: string,
  blob: string,
): Promise<"copied" | "there" | "missing"> {
  const [source, target] = [blobPath(from, blob), blobPath(to, blob)];
  const found = await statOf(source);
  if (!found) return "missing";
  const there = await statOf(target);
  const isSame = there?.size === found.size && Math.abs(there.mtimeMs - found.mtimeMs) < 1;
  if (isSame) return "there";
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    await copyDurably(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "missing";
    throw error;
  }
  // Its time from before the copying: what was written meanwhile is copied the next time.
  await utimes(target, found.atimeMs / 1000, found.mtimeMs / 1000);
  return "copied";
}

/** Puts a copy in the place of what is there. */
export async function copyDurably(source: string, target: string): Promise<void> {
  const aside = `${target}.tmp`;
  await rm(aside, { force: true });
  await copyFile(source, aside, constants.COPYFILE_FICLONE);
  await using handle = await open(aside, "r+");
  await handle.chmod(0o600);
  await handle.sync();
  await rename(aside, target);
  await syncFolder(dirname(target));
}

async function statOf(
  path: string,
): Promise<{ size: number; mtimeMs: number; atimeMs: number } | undefined> {
  return await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
