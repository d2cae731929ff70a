/**
 * Writes docs/problems.md's table of problem codes from the code's own list:
 *
 *     node --import tsx scripts/problem-codes.ts [--check]
 *
 * With `--check` nothing is written, and a table that is not up to date ends it with exit code 1.
 * Without the two marks in the file the table goes to standard output.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { problemCodes } from "../worker/roster/problems.ts";

export const START = "<!-- problem codes -->";
export const END = "<!-- /problem codes -->";

export function problemCodesTable(): string {
  const rows = Object.entries(problemCodes).map(([code, { severity, meaning }]) =>
    `| \`${code}\` | ${severity} | ${meaning} |`
  );
  return ["| code | severity | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The text with the table between its marks; undefined when it has no marks. */
export function withTable(text: string): string | undefined {
  const start = text.indexOf(START);
  const end = text.indexOf(END, start);
  if (start === -1 || end === -1) return undefined;
  return `${text.slice(0, start)}${START}\n\n${problemCodesTable()}\n\n${text.slice(end)}`;
}

function main(check: boolean): number {
  const file = new URL("../docs/problems.md", import.meta.url);
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const updated = withTable(text);
  if (updated === undefined) {
    console.error(
      `docs/problems.md has no ${START} and ${END}; here is what belongs between them:`,
    );
    console.log(problemCodesTable());
    return check ? 1 : 0;
  }
  if (updated === text) return 0;
  if (check) {
    console.error(
      "docs/problems.md: the table of problem codes is not up to date; run scripts/problem-codes.ts",
    );
    return 1;
  }
  writeFileSync(file, updated);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = main(process.argv.includes("--check"));
}
