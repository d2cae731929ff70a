/** Placements: the pairs of RequirementGroup and Term that a school's rosters may name. */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import { auditEntry, type Author } from "../control/audit.ts";

export interface Placement {
  requirementGroup: string;
  term: string;
}

/** The new list instead of the old one; a pair that comes twice is there once. */
export async function replacePlacements(
  database: Client,
  schoolId: SchoolId,
  placements: Placement[],
  by: Author,
): Promise<void> {
  await database.batch([
    { sql: "DELETE FROM placements WHERE school_id = ?", args: [schoolId] },
    {
      sql: `INSERT OR IGNORE INTO placements (school_id, requirement_group, term)
            SELECT ?, json_extract(value, '$.requirementGroup'), json_extract(value, '$.term')
            FROM json_each(?)`,
      args: [schoolId, JSON.stringify(placements)],
    },
    auditEntry(by, schoolId, "placements.replaced", { placements: placements.length }),
  ], "write");
}

/** In order of their words; one row more than the page has. */
export async function listPlacements(
  database: Client,
  schoolId: SchoolId,
  { limit, after }: Page<[string, string]>,
): Promise<Placement[]> {
  const { rows } = await database.execute({
    // Nothing sorts before a pair of empty words, and there is none.
    sql: `SELECT requirement_group, term FROM placements
          WHERE school_id = ? AND (requirement_group, term) > (?, ?)
          ORDER BY requirement_group, term LIMIT ?`,
    args: [schoolId, after?.[0] ?? "", after?.[1] ?? "", limit + 1],
  });
  return rows.map((row) => ({
    requirementGroup: row["requirement_group"] as string,
    term: row["term"] as string,
  }));
}
