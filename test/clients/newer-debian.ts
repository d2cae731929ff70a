/**
 * Programs of Debian 13, unpacked beside the system's: kept among what is installed, so that they are
 * fetched once, or in CLIENTS_FOLDER.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = process.env.CLIENTS_FOLDER ?? at("../../node_modules/.cache/newer-debian");
const packages = ["openssh-client", "ssh-audit", "curl", "libjsch-java"];

/** Starts a program: the first argument is its name, the others its own. */
export const newer = join(folder, "run");
/** OpenSSH 10's `ssh`, as one word for `sftp -S`. */
export const ssh10 = join(folder, "ssh");

/** @throws Error where Debian's packages cannot be had */
export function fetchNewer(): void {
  const last = ["usr/bin/curl", "usr/share/java/jsch.jar"].map((file) =>
    join(folder, "root", file)
  );
  if (!existsSync(newer) || !last.every((file) => existsSync(file))) {
    execFileSync(at("../../scripts/newer-openssh.sh"), ["trixie", folder, ...packages], {
      stdio: "inherit",
    });
  }
  writeFileSync(ssh10, `#!/bin/sh\nexec ${newer} ssh "$@"\n`);
  chmodSync(ssh10, 0o755);
}
