import type { Client } from "@libsql/client";
import { type Upload, uploadById } from "../database/school/uploads.ts";
import { HttpProblem } from "../http/problem.ts";

/** @throws HttpProblem 404 */
export async function findUpload(database: Client, id: string): Promise<Upload> {
  const upload = await uploadById(database, id);
  if (!upload) throw uploadUnknown(id);
  return upload;
}

export function uploadUnknown(id: string): HttpProblem {
  return new HttpProblem(404, "upload_unknown", `There is no upload ${id}.`);
}
