/** A file with a secret in it: mode 0600, whole or not there, never in the place of another. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { syncFolderNow } from "./sync-folder.ts";

/**
 * Makes the file, durably, and its folder where there is none. Made aside and linked into place: no
 * crash leaves half a secret, and of two starts at once one wins.
 *
 * @returns false when there is such a file already; it stays as it is
 */
export function makeSecretFile(file: string, secret: Uint8Array | string): boolean {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    const descriptor = openSync(aside, "wx", 0o600);
    try {
      writeFileSync(descriptor, secret);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    // A link, unlike a rename, never replaces what another process has made just now.
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
  syncFolderNow(folder);
  return true;
}
