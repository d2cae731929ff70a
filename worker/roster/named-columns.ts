/**
 * A header row whose words matter: where a school's `columns` is `header`, columns are found by their
 * names, in any order, and others are ignored (SPEC section 4).
 */
import { type Column, columnPosition, COLUMNS, simplified } from "./columns.ts";
import type { Layout } from "./layout.ts";
import { type Problem, problem } from "./problems.ts";
import type { SchoolSettings } from "./settings.ts";
import { visible } from "./values/shown.ts";

export type NamedColumns =
  | { layout: Layout; warning?: Problem }
  /** No row of the file is applied. */
  | { layout?: undefined; problem: Problem };

type Naming = Pick<SchoolSettings, "columnNames" | "onCampusRequired">;

/**
 * Finds the columns in the words of the header row.
 * @param line the physical line it is on
 */
export function findColumns(
  words: readonly string[],
  line: number,
  { columnNames, onCampusRequired }: Naming,
): NamedColumns {
  const nameOf = columnNamer(columnNames);
  const found = COLUMNS.map((): number[] => []);
  words.forEach((word, place) => {
    const position = nameOf(word);
    if (position !== undefined) found[position]!.push(place);
  });
  const repeated = found.findIndex((places) => places.length > 1);
  if (repeated !== -1) {
    const message = repeatedMessage(COLUMNS[repeated]!, found[repeated]!, words);
    return { problem: problem({ line, column: COLUMNS[repeated] }, "column_repeated", message) };
  }
  const required: Column[] = onCampusRequired ? ["Username", "OnCampus"] : ["Username"];
  const missing = required.filter((column) => found[COLUMNS.indexOf(column)]!.length === 0);
  if (missing.length > 0) {
    const message = missingMessage(missing, words, columnNames);
    return { problem: problem({ line, column: missing[0] }, "column_missing", message) };
  }
  const places = found.map(([place = -1]) => place);
  const layout = { width: words.length, places };
  const alone = halfOfPair(places);
  if (alone === undefined) return { layout };
  const [present, absent] = alone;
  places[COLUMNS.indexOf(present)] = -1;
  const message = `The header row has ${present} and no ${absent}. They go together, so ` +
    `${present} was skipped in all rows.`;
  return { layout, warning: problem({ line, column: absent }, "pair_incomplete", message) };
}

/** The position of the column that a word of the header names: the school's own names come first. */
function columnNamer(own: Naming["columnNames"]): (word: string) => number | undefined {
  const positions = new Map(
    COLUMNS.flatMap((column, position) =>
      (own[column] ?? []).map((name) => [simplified(name), position] as const)
    ),
  );
  return (word) => positions.get(simplified(word)) ?? columnPosition(word);
}

function halfOfPair(places: readonly number[]): [Column, Column] | undefined {
  const hasGroup = places[COLUMNS.indexOf("RequirementGroup")] !== -1;
  const hasTerm = places[COLUMNS.indexOf("Term")] !== -1;
  if (hasGroup === hasTerm) return undefined;
  return hasGroup ? ["RequirementGroup", "Term"] : ["Term", "RequirementGroup"];
}

function repeatedMessage(column: Column, places: readonly number[], words: readonly string[]) {
  const named = places.map((place) => `${visible(words[place]!, 40)} (column ${place + 1})`);
  return `Two columns of the header row are ${column}: ${named.slice(0, 4).join(" and ")}. Only ` +
    "one may be: rename or delete the other. No row was applied.";
}

function missingMessage(
  missing: readonly Column[],
  words: readonly string[],
  own: Naming["columnNames"],
): string {
  const [first] = missing as [Column];
  const names = (own[first] ?? []).map((name) => visible(name, 40)).slice(0, 5);
  const hint = names.length === 0 ? "" : ` ${first} may also be called ${names.join(" or ")}.`;
  return `The header row has no column ${missing.join(" and no column ")}; it has ` +
    `${visible(words.join(","), 120)}. Columns are found by their names here.${hint} No row was ` +
    "applied.";
}
