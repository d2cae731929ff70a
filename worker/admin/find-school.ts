import type { Client } from "@libsql/client";
import { type School, schoolBySlug } from "../database/control/schools.ts";
import { HttpProblem } from "../http/problem.ts";

/** The school of a slug. @throws HttpProblem 404 when there is none */
export async function findSchool(database: Client, slug: string): Promise<School> {
  const school = await schoolBySlug(database, slug);
  if (!school) throw noSuchSchool(slug);
  return school;
}

export function noSuchSchool(slug: string): HttpProblem {
  return new HttpProblem(
    404,
    "school_unknown",
    `There is no school ${JSON.stringify(slug)}. GET /admin/schools lists them.`,
  );
}
