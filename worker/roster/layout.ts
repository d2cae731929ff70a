/**
 * Where the nine columns stand in a file: by position, or where its header row names them (SPEC
 * section 4, a school's `columns`). It is kept with the upload, so that a setting that changes while a
 * file is under way does not change how the rest of it is read.
 */
import { type Column, COLUMNS } from "./columns.ts";

export interface Layout {
  /** Each row of the file has so many values. */
  width: number;
  /** For each of the nine columns the value that is its own, from 0; -1: the file does not have it. */
  places: readonly number[];
}

/** What holds where a school says nothing else: exactly nine values, in the order of the columns. */
export const byPosition: Layout = {
  width: COLUMNS.length,
  places: COLUMNS.map((_column, position) => position),
};

/** The values of the nine columns; a column that the file does not have is blank. */
export function arranged(fields: readonly string[], layout: Layout): readonly string[] {
  if (layout === byPosition) return fields;
  return layout.places.map((place) => fields[place] ?? "");
}

/** The column that a value of a row belongs to, from 0; `undefined`: none. */
export function columnAt(place: number, { places }: Layout): Column | undefined {
  return place < 0 ? undefined : COLUMNS[places.indexOf(place)];
}

/** The layout as text, to be stored; `null` is by position. */
export function layoutText(layout: Layout): string | null {
  return layout === byPosition ? null : JSON.stringify([layout.width, ...layout.places]);
}

/** Reads what {@link layoutText} wrote. */
export function layoutOf(text: string | null): Layout {
  if (text === null) return byPosition;
  const [width = 0, ...places] = JSON.parse(text) as number[];
  return { width, places };
}
