/** The directory: the schools and keys that the bridge lets in, and the version it compares. */
import type { InStatement, Row } from "@libsql/client";
import type { Directory, DirectorySchool, SchoolId } from "../../../shared/protocol.ts";

/** For the batch of every change to schools or keys. */
export const bumpDirectory: InStatement = "UPDATE directory SET version = version + 1";

/** For a batch that reads the directory if it is not the one the bridge has. */
export function directoryQueries(known: number | null): [InStatement, InStatement] {
  return ["SELECT version FROM directory", {
    sql: `SELECT s.id, s.slug, k.fingerprint, k.public_key, k.expires_at
          FROM schools s LEFT JOIN ssh_keys k ON k.school_id = s.id AND k.revoked_at IS NULL
          WHERE (SELECT version FROM directory) IS NOT ?
          ORDER BY s.id, k.created_at, k.fingerprint`,
    args: [known],
  }];
}

/** The directory from what the two queries found; `undefined` when the bridge has it. */
export function readDirectory(
  known: number | null,
  versions: Row[],
  rows: Row[],
): Directory | undefined {
  const version = Number(versions[0]!["version"]);
  if (version === known) return undefined;
  const schools: DirectorySchool[] = [];
  for (const row of rows) {
    const id = Number(row["id"]) as SchoolId;
    if (schools.at(-1)?.id !== id) schools.push({ id, slug: row["slug"] as string, keys: [] });
    if (row["fingerprint"] === null) continue;
    schools.at(-1)!.keys.push({
      fingerprint: row["fingerprint"] as string,
      publicKey: row["public_key"] as string,
      expiresAt: row["expires_at"] as string | null,
    });
  }
  return { version, schools };
}
