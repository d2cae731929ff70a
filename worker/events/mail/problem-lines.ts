import { problemCodes } from "../../roster/problems.ts";
import type { CodeCount } from "../../database/school/uploads.ts";
import { number, plural } from "./sentences.ts";

/** How often a problem comes and where, in words: `3 times`, `lines 4, 9 and 12`; empty: on no line. */
export function linesOf({ count, lines }: CodeCount): { times: string; lines: string } {
  const times = `${number(count)} ${plural(count, "time", "times")}`;
  if (lines.length === 0) return { times, lines: "" };
  const more = count - lines.length;
  // As a spreadsheet shows them, without commas.
  const named = lines.map(String);
  const last = more > 0 ? `${number(more)} more` : named.pop() ?? "";
  const list = named.length > 0 ? `${named.join(", ")} and ${last}` : last;
  return { times, lines: `${lines.length === 1 && more === 0 ? "line" : "lines"} ${list}` };
}

/** What a code means, in words; a code of another version stands for itself. */
export function meaningOf(code: string): string {
  const meaning = (problemCodes as Record<string, { meaning: string } | undefined>)[code]?.meaning;
  if (meaning === undefined) return code;
  const words = meaning.replace(/^whole file: /, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
