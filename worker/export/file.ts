/**
 * An export as a file (SPEC section 6): RFC 4180, UTF-8, CRLF, the same bytes every time it is read,
 * as it is written from the rows that were kept when the export was made.
 *
 * Cells are not guarded against spreadsheet formulas, as the report's are: a program of the school
 * reads this file, and a Username with a `'` before it would be another Username.
 */
import type { Client } from "@libsql/client";
import { writeRecord } from "../../shared/csv/write.ts";
import { type ExportRow, exportRows, type StoredExport } from "../database/school/exports.ts";

/** So many rows are in memory at once. */
const PAGE_ROWS = 5_000;

/**
 * The file's bytes, page by page as they are wanted. Fails, rather than ends early, when rows are
 * missing.
 */
export function exportFile(
  database: Client,
  stored: Pick<StoredExport, "id" | "students">,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let written = 0;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(writeRecord(["Username", "StudentId", "VerifyDate"])));
    },
    async pull(controller) {
      const rows = await exportRows(database, stored.id, written, PAGE_ROWS);
      written += rows.length;
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map(writeRow).join("")));
      if (rows.length === PAGE_ROWS) return;
      if (written !== stored.students) {
        throw new Error(`export ${stored.id} has ${written} rows of ${stored.students}`);
      }
      controller.close();
    },
  });
}

function writeRow({ username, studentId, verifiedAt }: ExportRow): string {
  return writeRecord([username, studentId ?? "", formatVerifyDate(verifiedAt)]);
}

/** `2026-11-21T…Z` → `11/21/2026`, in UTC as it is stored. */
export function formatVerifyDate(instant: string): string {
  return `${instant.slice(5, 7)}/${instant.slice(8, 10)}/${instant.slice(0, 4)}`;
}
