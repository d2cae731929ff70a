/** Making the file of a blob, and writing to it whole. */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../sync-folder.ts";

/**
 * Makes the file, and the folder it is in. The folder of all blobs is there, or it was moved away: then
 * it is not made again.
 */
export async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx+", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const group = dirname(path);
  await mkdir(group, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await syncFolder(dirname(group));
  return await open(path, "wx+", 0o600);
}

/** Writes all of it, however short the system makes it. */
export async function writeAt(
  handle: FileHandle,
  buffers: Uint8Array[],
  position: number,
): Promise<void> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  let { bytesWritten: written } = await handle.writev(buffers, position);
  if (written === total) return;
  // A short write: what stopped it (no room) is thrown by the next one.
  const bytes = Buffer.concat(buffers);
  while (written < total) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      total - written,
      position + written,
    );
    written += bytesWritten;
  }
}
