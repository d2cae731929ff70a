/** SSH keys. A fingerprint is one school's for ever: a revoked key stays, so that none brings it back. */
import type { Client, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import { auditEntry, type Author } from "./audit.ts";
import { tell, tellIfChanged } from "../school/occurrences.ts";
import { bumpDirectory } from "./directory.ts";
import { isConstraint } from "../errors.ts";

export interface StoredKey {
  schoolId: SchoolId;
  fingerprint: string;
  /** The algorithm's name, the first word of an OpenSSH public-key line. */
  type: string;
  bits: number;
  /** The wire form, base64. */
  publicKey: string;
  label: string;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** When somebody last logged in with it, and from which address; `null`: nobody did. */
  lastUsedAt: string | null;
  lastUsedFrom: string | null;
  /** Networks that logins with it may come from; none: from anywhere. */
  allowedAddresses: string[];
}

const columns = `school_id, fingerprint, type, bits, public_key, label, created_at, expires_at,
  revoked_at, allowed_addresses`;

export type NewKey = Omit<
  StoredKey,
  "createdAt" | "revokedAt" | "lastUsedAt" | "lastUsedFrom"
>;

/** False: the key is somebody's already, or the school is gone; nothing was changed. */
export async function addKey(database: Client, key: NewKey, by: Author): Promise<boolean> {
  const { schoolId, fingerprint, type, bits, publicKey, label, expiresAt, allowedAddresses } = key;
  const allowed = JSON.stringify(allowedAddresses);
  try {
    await database.batch([
      {
        // NULL, and so a failure, when the school is gone.
        sql: `INSERT INTO ssh_keys (${columns})
              VALUES ((SELECT id FROM schools WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, NULL, ?)`,
        args: [schoolId, fingerprint, type, bits, publicKey, label, by.at, expiresAt, allowed],
      },
      tell({ kind: "key.added", schoolId, subject: fingerprint, at: by.at }),
      bumpDirectory,
      auditEntry(by, schoolId, "key.added", {
        ...{ fingerprint, type, bits, label, expiresAt },
        ...(allowedAddresses.length > 0 ? { allowedAddresses } : {}),
      }),
    ], "write");
    return true;
  } catch (error) {
    if (isConstraint(error)) return false;
    throw error;
  }
}

/** Whosever it is. */
export async function keyByFingerprint(
  database: Client,
  fingerprint: string,
): Promise<StoredKey | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns}, last_used_at, last_used_from FROM ssh_keys WHERE fingerprint = ?`,
    args: [fingerprint],
  });
  return rows[0] && readKey(rows[0]);
}

/** Newest first, revoked ones too; one row more than the page has. */
export async function listKeys(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, string]>,
): Promise<StoredKey[]> {
  // Later than any instant there is.
  const [createdAt, fingerprint] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `SELECT ${columns}, last_used_at, last_used_from FROM ssh_keys
          WHERE school_id = ? AND (created_at, fingerprint) < (?, ?)
          ORDER BY created_at DESC, fingerprint DESC LIMIT ?`,
    args: [schoolId, createdAt, fingerprint, limit + 1],
  });
  return rows.map(readKey);
}

/** Its label and where logins with it may come from; open sessions from elsewhere are closed. */
export async function changeKey(
  database: Client,
  { schoolId, fingerprint }: StoredKey,
  change: { label?: string | undefined; allowedAddresses?: string[] | undefined },
  by: Author,
): Promise<StoredKey | undefined> {
  const { label, allowedAddresses } = change;
  const results = await database.batch([
    {
      sql: `UPDATE ssh_keys SET label = coalesce(?, label),
              allowed_addresses = coalesce(?, allowed_addresses)
            WHERE school_id = ? AND fingerprint = ?`,
      args: [
        label ?? null,
        allowedAddresses === undefined ? null : JSON.stringify(allowedAddresses),
        schoolId,
        fingerprint,
      ],
    },
    bumpDirectory,
    auditEntry(by, schoolId, "key.changed", { fingerprint, ...change }),
    {
      sql: `SELECT ${columns}, last_used_at, last_used_from FROM ssh_keys
            WHERE school_id = ? AND fingerprint = ?`,
      args: [schoolId, fingerprint],
    },
  ], "write");
  const row = results.at(-1)!.rows[0];
  return row && readKey(row);
}

/** A key that was revoked before stays as it is. */
export async function revokeKey(database: Client, key: StoredKey, by: Author): Promise<void> {
  const { schoolId, fingerprint, label } = key;
  await database.batch([
    {
      sql: `UPDATE ssh_keys SET revoked_at = ?
            WHERE school_id = ? AND fingerprint = ? AND revoked_at IS NULL`,
      args: [by.at, schoolId, fingerprint],
    },
    tellIfChanged({ kind: "key.revoked", schoolId, subject: fingerprint, at: by.at }),
    bumpDirectory,
    auditEntry(by, schoolId, "key.revoked", { fingerprint, label }),
  ], "write");
}

function readKey(row: Row): StoredKey {
  return {
    schoolId: Number(row["school_id"]) as SchoolId,
    fingerprint: row["fingerprint"] as string,
    type: row["type"] as string,
    bits: Number(row["bits"]),
    publicKey: row["public_key"] as string,
    label: row["label"] as string,
    createdAt: row["created_at"] as string,
    expiresAt: row["expires_at"] as string | null,
    revokedAt: row["revoked_at"] as string | null,
    lastUsedAt: row["last_used_at"] as string | null,
    lastUsedFrom: row["last_used_from"] as string | null,
    allowedAddresses: JSON.parse((row["allowed_addresses"] as string | null) ?? "[]"),
  };
}
