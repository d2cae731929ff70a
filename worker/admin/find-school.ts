import type { Client } from "@libsql/client";
import { type School, schoolBySlug } from "../database/control/schools.ts";
import type { SchoolId } from "../../shared/protocol.ts";
import { bridgesOf } from "../database/control/bridges.ts";
import { HttpProblem } from "../http/problem.ts";

/** The school of a slug. @throws HttpProblem 404 when there is none, 410 while it is being purged */
export async function findSchool(database: Client, slug: string): Promise<School> {
  const school = await findAnySchool(database, slug);
  if (school.deletedAt === null) return school;
  throw new HttpProblem(
    410,
    "school_purging",
    `${slug} is being deleted since ${school.deletedAt}: nothing of it can be used any more, and its ` +
      "name is free when its bridge has removed its files.",
  );
}

/** The school of a slug, also while it is being purged. @throws HttpProblem 404 */
export async function findAnySchool(database: Client, slug: string): Promise<School> {
  const school = await schoolBySlug(database, slug);
  if (!school) throw noSuchSchool(slug);
  return school;
}

/** The bridge of a school that has an upload or an export. @throws HttpProblem 404 when it is gone */
export async function bridgeOf(database: Client, id: SchoolId): Promise<string> {
  const bridge = (await bridgesOf(database, [id])).get(id);
  if (bridge !== undefined) return bridge;
  throw new HttpProblem(404, "school_unknown", "The school of this is gone. Nothing was changed.");
}

export function noSuchSchool(slug: string): HttpProblem {
  return new HttpProblem(
    404,
    "school_unknown",
    `There is no school ${JSON.stringify(slug)}. GET /admin/schools lists them.`,
  );
}
