/** The bridges that call: which catalogs, with whose token, and when last; and whose schools are whose. */
import type { Client, InStatement } from "@libsql/client";
import type { FrontDoor, SchoolId } from "../../../shared/protocol.ts";

/** A bridge as it says of itself: `id` is its catalog's, `name` the one of its token. */
export interface Bridge {
  id: string;
  name: string;
  protocol: number;
}

/** Does the bridge speak another protocol than when it was last seen, or is it new? */
export async function speaksAnew(database: Client, { id, protocol }: Bridge): Promise<boolean> {
  const { rows } = await database.execute({
    sql: "SELECT 1 FROM bridges WHERE id = ? AND protocol = ?",
    args: [id, protocol],
  });
  return rows.length === 0;
}

/** A bridge is there. */
export async function bridgeSeen(
  database: Client,
  { id, name, protocol, door }: Bridge & { door?: FrontDoor | undefined },
  now: string,
): Promise<void> {
  await database.execute({
    sql: `INSERT INTO bridges (id, name, protocol, seen_at, door) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET name = excluded.name, protocol = excluded.protocol,
            seen_at = excluded.seen_at, door = excluded.door`,
    args: [id, name, protocol, now, door ? JSON.stringify(door) : null],
  });
}

/** What is known when a bridge tells of events. */
export interface Before {
  /** The last event that was taken of it; number 0 when there is none. */
  head: { number: number; hash: string };
  /** Which of the schools are the bridge's and not being deleted. */
  schools: Set<number>;
}

export async function beforeEvents(
  database: Client,
  { id, name }: Bridge,
  schoolIds: readonly number[],
): Promise<Before> {
  const [heads, schools] = await database.batch([
    { sql: "SELECT number, hash FROM bridges WHERE id = ?", args: [id] },
    {
      sql: `SELECT id FROM schools WHERE bridge = ? AND deleted_at IS NULL
              AND id IN (SELECT value FROM json_each(?))`,
      args: [name, JSON.stringify([...new Set(schoolIds)])],
    },
  ], "read");
  const head = heads!.rows[0];
  return {
    head: { number: Number(head?.["number"] ?? 0), hash: String(head?.["hash"] ?? "") },
    schools: new Set(schools!.rows.map((row) => Number(row["id"]))),
  };
}

/** For the batch that takes events: the last of them, whosever it was. */
export function moveHead(
  { id, name, protocol }: Bridge,
  { first, last }: { first: { number: number }; last: { number: number; hash: string } },
  now: string,
): InStatement {
  // Only the first that was ever taken is the first.
  return {
    sql: `INSERT INTO bridges (id, name, protocol, seen_at, number, hash, first)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash,
            first = CASE WHEN bridges.number = 0 THEN excluded.first ELSE bridges.first END`,
    args: [id, name, protocol, now, last.number, last.hash, first.number],
  };
}

/** Is the school one of this bridge's? */
export async function isOfBridge(
  database: Client,
  schoolId: SchoolId,
  bridge: string,
): Promise<boolean> {
  const { rows } = await database.execute({
    sql: "SELECT 1 FROM schools WHERE id = ? AND bridge = ?",
    args: [schoolId, bridge],
  });
  return rows.length > 0;
}

/** Which bridge each of these schools has; those that are there. */
export async function bridgesOf(
  database: Client,
  schoolIds: readonly SchoolId[],
): Promise<Map<SchoolId, string>> {
  if (schoolIds.length === 0) return new Map();
  const { rows } = await database.execute({
    sql: "SELECT id, bridge FROM schools WHERE id IN (SELECT value FROM json_each(?))",
    args: [JSON.stringify([...new Set(schoolIds)])],
  });
  return new Map(rows.map((row) => [Number(row["id"]) as SchoolId, String(row["bridge"])]));
}

/** Where the schools of a bridge come in, as it said last; `undefined` until it has. */
export async function doorOf(database: Client, bridge: string): Promise<FrontDoor | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT door FROM bridges WHERE name = ? AND door IS NOT NULL
          ORDER BY seen_at DESC LIMIT 1`,
    args: [bridge],
  });
  return rows[0] && JSON.parse(rows[0]["door"] as string);
}

/** The first and the last event that was taken of each bridge that told one. */
export async function bridgeHeads(
  database: Client,
): Promise<{ id: string; first: number | null; number: number; hash: string }[]> {
  const { rows } = await database.execute(
    "SELECT id, first, number, hash FROM bridges WHERE number > 0 ORDER BY id",
  );
  return rows.map((row) => ({
    id: row["id"] as string,
    first: row["first"] === null ? null : Number(row["first"]),
    number: Number(row["number"]),
    hash: row["hash"] as string,
  }));
}
