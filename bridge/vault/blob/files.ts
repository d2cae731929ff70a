/** Where blobs are in the vault's folder: `<folder>/<first two digits of the id>/<id>`. */
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A blob's id: 128 random bits, in hexadecimal. */
export function newBlobId(random: (bytes: number) => Uint8Array = randomBytes): string {
  return Buffer.from(random(16)).toString("hex");
}

const idForm = /^[0-9a-f]{32}$/;

export function blobPath(folder: string, id: string): string {
  if (!idForm.test(id)) throw new TypeError("A blob's id has 32 hexadecimal digits.");
  return join(folder, id.slice(0, 2), id);
}

/** Where a blob is written anew before it takes its place. */
export function asidePath(path: string): string {
  return `${path}.tmp`;
}

/** Removes the blob; it is no error when there is none. */
export async function removeBlob(folder: string, id: string): Promise<void> {
  const path = blobPath(folder, id);
  await rm(path, { force: true });
  await rm(asidePath(path), { force: true });
}

/** The ids of all blobs in the folder, in no order. */
export async function* listBlobs(folder: string): AsyncIterable<string> {
  for (const group of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(group)) continue;
    for (const name of await namesIn(join(folder, group))) {
      if (idForm.test(name) && name.startsWith(group)) yield name;
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
