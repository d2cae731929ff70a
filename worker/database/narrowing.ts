/** What lists are narrowed by, where each may be left out. */
import type { SchoolId } from "../../shared/protocol.ts";

/** A condition with one parameter, and its value; `undefined`: nothing is narrowed by it. */
export type Narrowing = [sql: string, value: string | number | undefined];

/** To go on with after another condition: those that are given, all of which must hold. */
export function andAll(narrowings: readonly Narrowing[]): {
  sql: string;
  args: (string | number)[];
} {
  const given = narrowings.filter(([, value]) => value !== undefined);
  return {
    sql: given.map(([sql]) => ` AND ${sql}`).join(""),
    args: given.map(([, value]) => value!),
  };
}

/** Of some schools; `undefined`: of all. Of one, what an index has of it lies in its order. */
export function ofSchools(column: string, ids: readonly SchoolId[] | undefined): Narrowing {
  return ids?.length === 1
    ? [`${column} = ?`, ids[0]]
    : [`${column} IN (SELECT value FROM json_each(?))`, ids && JSON.stringify(ids)];
}
