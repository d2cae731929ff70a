/** The word `verify`: what is stored is checked, and what is wrong is said. */
import { openStored } from "./open.ts";
import type { StorageSettings } from "./settings.ts";
import { type Finding, type Verified, verify } from "./vault/verify.ts";

/**
 * Checks what is stored, while no bridge runs on it. What it finds is written line by line, as text or as
 * JSON (`{"finding":{…}}`, and at the end `{"verified":{…}}`).
 *
 * @returns whether nothing was found
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
    return Object.entries(verified).every(([kind, count]) =>
      count === 0 || kind === "files" || kind === "bytes"
    );
  } finally {
    stored.close();
  }
}

function sentence(finding: Finding): string {
  if (finding.kind === "catalog") return `catalog: ${finding.why}`;
  if (finding.kind === "orphaned") return `orphaned: blob ${finding.blob}: ${finding.why}`;
  const { kind, schoolId, path, blob, why } = finding;
  return `${kind}: school ${schoolId}, ${path} (blob ${blob}): ${why}`;
}

function summary({ files, bytes, ...found }: Verified): string {
  const counts = Object.entries(found).map(([kind, count]) => `${count} ${kind}`);
  return `${files} files with ${bytes} bytes: ${counts.join(", ")}`;
}
