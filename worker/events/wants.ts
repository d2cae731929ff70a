/** What a contact can want to be told of by mail (SPEC section 10). */
import type { Kind } from "../database/school/occurrences.ts";
import type { Details } from "./details.ts";

export const wants = {
  held: "a file is held, or a fault keeps it from going on",
  rejected: "a whole file was rejected",
  problems: "a file was processed, and some of its rows were rejected or have warnings",
  completed: "a file was processed, with or without problems",
  exported: "a file of verified students is in /outbound",
  key_expiring: "an SSH key ends in 30, 7 or 1 days",
  silent: "no roster came although one was expected, and when one came again",
  not_downloaded: "a file in /outbound was not fetched, and when it was",
} as const;
export type Want = keyof typeof wants;

/** Any of these tells a contact of the occurrence. */
export function wantsFor(kind: Kind, details: Details): Want[] {
  switch (kind) {
    case "upload.held":
    case "upload.parked":
    case "upload.discarded":
      return ["held"];
    case "upload.rejected":
      return ["rejected"];
    case "upload.completed":
      return hasProblems(details) ? ["problems", "completed"] : ["completed"];
    case "upload.reverted":
      return ["completed"];
    case "export.delivered":
      return ["exported"];
    case "export.not_downloaded":
      return ["not_downloaded"];
    case "export.downloaded":
      return details.export?.["late"] ? ["not_downloaded"] : [];
    case "key.expiring":
      return ["key_expiring"];
    case "school.silent":
    case "school.heard":
      return ["silent"];
    default:
      return [];
  }
}

export function hasProblems({ upload }: Details): boolean {
  const rows = upload?.rows;
  if (!rows) return false;
  return rows.rejected > 0 || rows.warnings > 0 || rows.unprocessed > 0;
}
