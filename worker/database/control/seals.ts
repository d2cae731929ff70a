/** Seals of the audit: each covers the entries since the one before, in order, by their hashes. */
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Client, Row } from "@libsql/client";
import { isConstraint } from "../errors.ts";

/** An entry as it is sealed: exactly what is stored of it. */
export interface SealedEntry {
  id: number;
  at: string;
  schoolId: SchoolId | null;
  actor: string;
  action: string;
  /** The JSON as it is stored. */
  detail: string;
  /** `null`: no seal covers it yet. */
  hash: string | null;
}

export interface Seal {
  number: number;
  /** The id of the last entry that it covers. */
  entry: number;
  /** How many it covers. */
  entries: number;
  /** Of the last entry. */
  hash: string;
  at: string;
}

export async function lastSeal(database: Client): Promise<Seal | undefined> {
  const { rows } = await database.execute("SELECT * FROM seals ORDER BY number DESC LIMIT 1");
  return rows[0] && readSeal(rows[0]);
}

/** The first entry that no seal covers, where there is one. */
export async function oldestUnsealed(database: Client): Promise<SealedEntry | undefined> {
  const seal = await lastSeal(database);
  const [entry] = await entriesAfter(database, seal?.entry ?? 0, 1);
  return entry;
}

/** In their order. */
export async function sealsAfter(database: Client, number: number, limit: number): Promise<Seal[]> {
  const { rows } = await database.execute({
    sql: "SELECT * FROM seals WHERE number > ? ORDER BY number LIMIT ?",
    args: [number, limit],
  });
  return rows.map(readSeal);
}

/** In their order. */
export async function entriesAfter(
  database: Client,
  id: number,
  limit: number,
): Promise<SealedEntry[]> {
  const { rows } = await database.execute({
    sql: `SELECT id, at, school_id, actor, action, detail, hash FROM audit
          WHERE id > ? ORDER BY id LIMIT ?`,
    args: [id, limit],
  });
  return rows.map((row) => ({
    id: Number(row["id"]),
    at: row["at"] as string,
    schoolId: row["school_id"] === null ? null : Number(row["school_id"]) as SchoolId,
    actor: row["actor"] as string,
    action: row["action"] as string,
    detail: row["detail"] as string,
    hash: row["hash"] as string | null,
  }));
}

/** False: another worker made this seal meanwhile; nothing was changed. */
export async function addSeal(
  database: Client,
  seal: Seal,
  hashes: readonly [id: number, hash: string][],
): Promise<boolean> {
  const { number, entry, entries, hash, at } = seal;
  try {
    await database.batch([
      {
        sql: "INSERT INTO seals (number, entry, entries, hash, at) VALUES (?, ?, ?, ?, ?)",
        args: [number, entry, entries, hash, at],
      },
      {
        sql: `UPDATE audit SET hash = sealed.value ->> 1 FROM json_each(?) AS sealed
              WHERE audit.id = sealed.value ->> 0`,
        args: [JSON.stringify(hashes)],
      },
    ], "write");
    return true;
  } catch (error) {
    if (isConstraint(error)) return false;
    throw error;
  }
}

function readSeal(row: Row): Seal {
  return {
    number: Number(row["number"]),
    entry: Number(row["entry"]),
    entries: Number(row["entries"]),
    hash: row["hash"] as string,
    at: row["at"] as string,
  };
}
