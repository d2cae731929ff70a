/** Who is signed in to the console. The cookie's value is nowhere: only a hash that it is part of. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { auditOfAll, type Author } from "./audit.ts";
import type { Role } from "./tokens.ts";

export interface StoredSession {
  /** What the audit calls who signed in. */
  name: string;
  role: Role;
  /** Those it is limited to, but those that are gone; `null`: all schools. */
  schools: { id: SchoolId; slug: string }[] | null;
  signedInAt: string;
  seenAt: string;
  expiresAt: string;
}

export interface NewSession {
  /** SHA-256, 64 hexadecimal digits. */
  hash: string;
  name: string;
  role: Role;
  schools: readonly { id: SchoolId }[] | null;
  /** The token it was signed in with, if it is one that an administrator made. */
  tokenId: string | null;
  signedInAt: string;
  expiresAt: string;
}

/** Signs in; sessions that have ended go. */
export async function addSession(
  database: Client,
  { hash, name, role, schools, tokenId, signedInAt, expiresAt }: NewSession,
  by: Author,
): Promise<void> {
  const ids = schools && JSON.stringify(schools.map(({ id }) => id));
  await database.batch([
    { sql: "DELETE FROM sessions WHERE expires_at <= ?", args: [by.at] },
    {
      sql: `INSERT INTO sessions
              (hash, name, role, schools, token_id, signed_in_at, seen_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [hash, name, role, ids, tokenId, signedInAt, by.at, expiresAt],
    },
    auditOfAll(by, "session.begun", { name, role }),
  ], "write");
}

/** A session that goes on, and whose token, if it has one, is still good. */
export async function sessionByHash(
  database: Client,
  hash: string,
  now: string,
): Promise<StoredSession | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT name, role, schools, signed_in_at, seen_at, expires_at,
            (SELECT json_group_array(json_object('id', s.id, 'slug', s.slug)) FROM schools AS s
              WHERE s.id IN (SELECT value FROM json_each(sessions.schools))) AS slugs
          FROM sessions WHERE hash = ?1 AND expires_at > ?2
            AND (token_id IS NULL OR EXISTS (SELECT 1 FROM tokens AS t WHERE t.id = token_id
              AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?2)))`,
    args: [hash, now],
  });
  const row = rows[0];
  return row && {
    name: row["name"] as string,
    role: row["role"] as Role,
    schools: row["schools"] === null ? null : JSON.parse(row["slugs"] as string),
    signedInAt: row["signed_in_at"] as string,
    seenAt: row["seen_at"] as string,
    expiresAt: row["expires_at"] as string,
  };
}

/** It was used: it ends later. */
export async function prolongSession(
  database: Client,
  hash: string,
  { seenAt, expiresAt }: { seenAt: string; expiresAt: string },
): Promise<void> {
  await database.execute({
    sql: "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE hash = ?",
    args: [seenAt, expiresAt, hash],
  });
}

export async function endSession(database: Client, hash: string, by: Author): Promise<void> {
  await database.batch([
    { sql: "DELETE FROM sessions WHERE hash = ?", args: [hash] },
    auditOfAll(by, "session.ended", {}),
  ], "write");
}
