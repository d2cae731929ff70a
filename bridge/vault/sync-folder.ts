import { open } from "node:fs/promises";

/** Returns when the names in a folder survive power loss: fsync of a file does not promise that. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
