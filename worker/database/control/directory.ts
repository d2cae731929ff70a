/** The directory: the schools and keys that a bridge lets in, and the version it compares. */
import type { InStatement, Row } from "@libsql/client";
import type {
  Directory,
  DirectoryLane,
  DirectorySchool,
  SchoolId,
} from "../../../shared/protocol.ts";

/** For the batch of every change to schools or keys. */
export const bumpDirectory: InStatement = "UPDATE directory SET version = version + 1";

export const directoryVersion: InStatement = "SELECT version FROM directory";

/**
 * The bridge's schools and their keys, a row a key; nothing when the bridge has this version. Keys that
 * were revoked come too, so that the bridge can say why a login was refused.
 */
export function directoryQuery(bridge: string, known: number | null): InStatement {
  return {
    sql: `SELECT s.id, s.slug, s.suspended_at, k.fingerprint, k.public_key, k.expires_at,
            k.revoked_at, k.allowed_addresses, s.settings ->> '$.allowedAddresses' AS allowed
          FROM schools s LEFT JOIN ssh_keys k ON k.school_id = s.id
          WHERE s.bridge = ? AND s.deleted_at IS NULL AND (SELECT version FROM directory) IS NOT ?
          ORDER BY s.id, k.created_at, k.fingerprint`,
    args: [bridge, known],
  };
}

/** What a school's files are: today every .csv is a roster, also a packed one. */
export const rosterLane: DirectoryLane = {
  lane: "roster",
  patterns: ["*.csv"],
  packed: [
    { pattern: "*.csv.gz", as: "gzip", entry: "*" },
    { pattern: "*.zip", as: "zip", entry: "*.csv" },
  ],
};
const lanes = [rosterLane];

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
    if (schools.at(-1)?.id !== id) {
      const suspended = row["suspended_at"] !== null;
      const slug = row["slug"] as string;
      const places = placesOf(row["allowed"]);
      schools.push({ id, slug, keys: [], revoked: [], suspended, lanes, ...places });
    }
    if (row["fingerprint"] !== null) addKey(schools.at(-1)!, row);
  }
  return { version, schools };
}

/** An older bridge knows neither suspension nor revoked keys: in `keys` is what opens a session. */
function addKey(school: DirectorySchool, row: Row): void {
  const key = {
    fingerprint: row["fingerprint"] as string,
    publicKey: row["public_key"] as string,
  };
  if (row["revoked_at"] !== null) school.revoked.push(key);
  else if (!school.suspended) {
    const expiresAt = row["expires_at"] as string | null;
    school.keys.push({ ...key, expiresAt, ...placesOf(row["allowed_addresses"]) });
  }
}

/** From anywhere is not said. */
function placesOf(stored: unknown): { allowedAddresses?: string[] } {
  const allowed: string[] = typeof stored === "string" ? JSON.parse(stored) : [];
  return allowed.length > 0 ? { allowedAddresses: allowed } : {};
}
