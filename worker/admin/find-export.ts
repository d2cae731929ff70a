import type { Client } from "@libsql/client";
import { getExport, type StoredExport } from "../database/school/exports.ts";
import { HttpProblem } from "../http/problem.ts";

/** @throws HttpProblem 404 */
export async function findExport(database: Client, id: string): Promise<StoredExport> {
  const stored = await getExport(database, id);
  if (!stored) throw exportUnknown(id);
  return stored;
}

export function exportUnknown(id: string): HttpProblem {
  return new HttpProblem(404, "export_unknown", `There is no export ${id}.`);
}
