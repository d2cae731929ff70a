/** The word `verify`: what is stored is checked, and what is wrong is said. */
import { openStored } from "./open.ts";
import type { StorageSettings } from "./settings.ts";
import { type Finding, type Verified, verify } from "./vault/verify.ts";

/**
 * Checks what is stored, while no bridge runs on it. What it finds is written line by line, as text or as
 * JSON (`{"finding":{…}}`, and at the end `{"verified":{…}}`).
 *
 * @returns whether nothing is missing or damaged
 */
export async function verifyStored(
  settings: StorageSettings,
  { json, now, write }: { json: boolean; now(): number; write(line: string): void },
): Promise<boolean> {
  const stored = await openStored(settings, { now }, { mayBeNew: false });
  try {
    const verified = await verify(stored.vault, (finding) => {
      write(json ? JSON.stringify({ finding }) : sentence(finding));
    });
    write(json ? JSON.stringify({ verified }) : summary(verified));
    return verified.missing + verified.damaged === 0;
  } finally {
    stored.close();
  }
}

function sentence(finding: Finding): string {
  if (finding.kind === "orphaned") return `orphaned: blob ${finding.blob} is of no file`;
  const { kind, schoolId, path, blob, why } = finding;
  return `${kind}: school ${schoolId}, ${path} (blob ${blob}): ${why}`;
}

function summary({ files, bytes, missing, damaged, orphaned }: Verified): string {
  return `${files} files with ${bytes} bytes: ${missing} missing, ${damaged} damaged; ${orphaned} orphaned blobs`;
}
