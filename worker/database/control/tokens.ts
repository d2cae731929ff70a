/** Administrators' tokens. The token itself is nowhere: only its SHA-256 is kept. */
import type { Client, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import { isConstraint } from "../errors.ts";
import type { Page } from "../page.ts";
import type { Author } from "./audit.ts";

/** From the one that may least to the one that may most; each may what those before it may. */
export const roles = ["viewer", "reviewer", "admin"] as const;
export type Role = (typeof roles)[number];

export interface StoredToken {
  id: string;
  name: string;
  role: Role;
  /** Those it is limited to, but those that are gone; `null`: all schools. */
  schools: { id: SchoolId; slug: string }[] | null;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}

const columns =
  `id, name, role, schools, created_at, created_by, expires_at, last_used_at, revoked_at,
  (SELECT json_group_array(json_object('id', s.id, 'slug', s.slug)) FROM schools AS s
    WHERE s.id IN (SELECT value FROM json_each(tokens.schools))) AS slugs`;

export interface NewToken {
  id: string;
  name: string;
  role: Role;
  schools: { id: SchoolId; slug: string }[] | null;
  /** SHA-256, 64 hexadecimal digits. */
  hash: string;
  expiresAt: string | null;
}

/** False: another token that is in use has the name; nothing was changed. */
export async function addToken(database: Client, token: NewToken, by: Author): Promise<boolean> {
  const { id, name, role, schools, hash, expiresAt } = token;
  const ids = schools && JSON.stringify(schools.map(({ id }) => id));
  const slugs = schools && schools.map(({ slug }) => slug);
  try {
    await database.batch([
      {
        sql: `INSERT INTO tokens (id, name, role, schools, hash, created_at, created_by, expires_at)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        args: [id, name, role, ids, hash, by.at, by.actor, expiresAt],
      },
      auditToken(by, "token.created", { id, name, role, schools: slugs, expiresAt }),
    ], "write");
    return true;
  } catch (error) {
    if (isConstraint(error)) return false;
    throw error;
  }
}

export async function tokenByHash(
  database: Client,
  hash: string,
): Promise<StoredToken | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM tokens WHERE hash = ?`,
    args: [hash],
  });
  return rows[0] && readToken(rows[0]);
}

export async function tokenById(database: Client, id: string): Promise<StoredToken | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM tokens WHERE id = ?`,
    args: [id],
  });
  return rows[0] && readToken(rows[0]);
}

/** Newest first, revoked ones too; one row more than the page has. */
export async function listTokens(
  database: Client,
  { limit, after }: Page<[string, string]>,
): Promise<StoredToken[]> {
  // Later than any instant there is.
  const [createdAt, id] = after ?? ["~", ""];
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM tokens WHERE (created_at, id) < (?, ?)
          ORDER BY created_at DESC, id DESC LIMIT ?`,
    args: [createdAt, id, limit + 1],
  });
  return rows.map(readToken);
}

/** One that was revoked before stays as it is. */
export async function revokeToken(
  database: Client,
  { id, name }: { id: string; name: string },
  by: Author,
): Promise<void> {
  await database.batch([
    auditToken(by, "token.revoked", { id, name }, {
      sql: "WHERE EXISTS (SELECT 1 FROM tokens WHERE id = ? AND revoked_at IS NULL)",
      args: [id],
    }),
    {
      sql: "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
      args: [by.at, id],
    },
  ], "write");
}

/** @param at ISO 8601 UTC */
export async function markUsed(database: Client, id: string, at: string): Promise<void> {
  await database.execute({
    sql: "UPDATE tokens SET last_used_at = ? WHERE id = ?",
    args: [at, id],
  });
}

function auditToken(
  by: Author,
  action: string,
  detail: Record<string, unknown>,
  where: { sql: string; args: string[] } = { sql: "", args: [] },
) {
  return {
    sql: `INSERT INTO audit (at, school_id, actor, action, detail) SELECT ?, NULL, ?, ?, ?
          ${where.sql}`,
    args: [by.at, by.actor, action, JSON.stringify(detail), ...where.args],
  };
}

function readToken(row: Row): StoredToken {
  const slugs = JSON.parse(row["slugs"] as string) as { id: SchoolId; slug: string }[];
  return {
    id: row["id"] as string,
    name: row["name"] as string,
    role: row["role"] as Role,
    schools: row["schools"] === null ? null : slugs.toSorted((a, b) => a.slug < b.slug ? -1 : 1),
    createdAt: row["created_at"] as string,
    createdBy: row["created_by"] as string,
    expiresAt: row["expires_at"] as string | null,
    lastUsedAt: row["last_used_at"] as string | null,
    revokedAt: row["revoked_at"] as string | null,
  };
}
