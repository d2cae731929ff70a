/** What the service made of the demo's roster, against what was planted in it. */
import { parse } from "csv-parse/sync";
import type { DemoRoster } from "./demo-roster.ts";

/** An upload as the admin routes show it. */
export interface Upload {
  state: string;
  rows: Record<string, number>;
}

/** Each difference in a line; none when all is as planted. */
export function compare(
  { expected, bytes }: DemoRoster,
  upload: Upload,
  report: string,
  original: Buffer,
): string[] {
  const differences: string[] = [];
  const check = (what: string, found: unknown, planted: unknown) => {
    if (String(found) !== String(planted)) {
      differences.push(`${what}: found ${found}, expected ${planted}`);
    }
  };
  check("state of the upload", upload.state, "completed");
  for (const [name, count] of Object.entries(expected.rows)) check(name, upload.rows[name], count);
  const problems: Record<string, string>[] = parse(report, { columns: true });
  const errors = problems.filter(({ Severity }) => Severity === "error").map(({ Line }) => Line);
  check("lines with errors", [...new Set(errors)], expected.rejectedLines);
  check("the .original is the roster", original.equals(bytes), true);
  return differences;
}
