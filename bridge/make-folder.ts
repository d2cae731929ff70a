/** Making a folder and those above it. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Not with `recursive`: where the system says that a folder is not there although it is, as /proc does,
 * Node's own goes on for ever.
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const error = await make(path, mode);
  if (error === undefined) return;
  const parent = dirname(path);
  const isThere = await stat(parent).then(() => true, () => false);
  if (error.code !== "ENOENT" || isThere || parent === path) throw error;
  await makeFolder(parent, mode);
  const again = await make(path, mode);
  if (again) throw again;
}

/** What kept it from being there. */
async function make(path: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode });
    return undefined;
  } catch (error) {
    const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);
    return isFolder ? undefined : error as NodeJS.ErrnoException;
  }
}
