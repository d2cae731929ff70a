/** What is told of an occurrence: ids, names of files, counts, codes and line numbers; no row's values. */
import type { Client } from "@libsql/client";
import { keyByFingerprint } from "../database/control/keys.ts";
import { shownOf } from "../database/school/checks.ts";
import { getExport } from "../database/school/exports.ts";
import type { Occurrence } from "../database/school/occurrences.ts";
import { type CodeCount, codeCounts, type Upload, uploadById } from "../database/school/uploads.ts";

export interface UploadDetails {
  id: string;
  name: string;
  timeCode: string;
  size: number;
  rows?: Upload["rows"];
  problems?: CodeCount[];
  [fact: string]: unknown;
}

export interface ExportDetails {
  id: string;
  name: string;
  students: number;
  [fact: string]: unknown;
}

export interface KeyDetails {
  fingerprint: string;
  label: string;
  expiresAt: string | null;
  [fact: string]: unknown;
}

export interface Details {
  upload?: UploadDetails;
  export?: ExportDetails;
  key?: KeyDetails;
  [fact: string]: unknown;
}

/** Kinds at which the counts of an upload's rows say something. */
const counted = ["upload.completed", "upload.rejected", "upload.held", "upload.reverted"];

/** @returns `undefined` when what it happened to is gone */
export async function detailsOf(
  database: Client,
  occurrence: Occurrence,
): Promise<Details | undefined> {
  const { kind, subject, facts } = occurrence;
  const topic = kind.split(".")[0];
  if (topic === "school") return facts;
  if (topic === "upload") return await uploadDetails(database, occurrence);
  if (topic === "export") {
    const found = await getExport(database, subject);
    if (!found) return undefined;
    const { id, name, students } = found;
    return { export: { id, name, students, ...facts } };
  }
  const key = await keyByFingerprint(database, subject);
  if (!key) return undefined;
  const { fingerprint, label, expiresAt } = key;
  return { key: { fingerprint, label, expiresAt, ...facts } };
}

async function uploadDetails(
  database: Client,
  { kind, subject, facts }: Occurrence,
): Promise<Details | undefined> {
  const found = await uploadById(database, subject);
  if (!found) return undefined;
  const { id, name, timeCode, size, rows, pass } = found;
  const isCompleted = kind === "upload.completed";
  const isCheck = isCompleted && pass === "check";
  const additionsUntil = isCompleted && (await shownOf(database, subject))?.terms.additionsUntil;
  const upload: UploadDetails = {
    ...{ id, name, timeCode, size },
    ...(isCheck ? { checkOnly: true } : {}),
    ...(additionsUntil ? { additionsUntil } : {}),
    ...facts,
  };
  if (!counted.includes(kind)) return { upload };
  const problems = await codeCounts(database, subject);
  return { upload: { ...upload, rows, ...(problems.length > 0 ? { problems } : {}) } };
}
