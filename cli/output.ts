/** What a command shows: columns for people, JSON for programs. */
import type { Terminal } from "./terminal.ts";

export type Cell = string | number | boolean | null | undefined;

/** A column of a table: its heading, and its cell of an item. */
export type Column<Item> = [heading: string, cell: (item: Item) => Cell];

/** A list: one line an item, or one JSON array. Numbers stand at the right. */
export function showList<Item>(
  { stdout }: Terminal,
  items: readonly Item[],
  columns: readonly Column<Item>[],
  { json, nothing }: { json?: boolean | undefined; nothing: string },
): void {
  if (json) return void stdout.write(`${JSON.stringify(items, null, 2)}\n`);
  if (items.length === 0) return void stdout.write(`${nothing}\n`);
  const cells = items.map((item) => columns.map(([, cell]) => cell(item)));
  const texts = cells.map((row) => row.map(plain));
  const widths = columns.map(([heading], i) => widest([heading, ...texts.map((row) => row[i]!)]));
  const line = (row: string[], isRight: (i: number) => boolean) =>
    row.map((text, i) => isRight(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))
      .join("  ").trimEnd();
  const isNumber = columns.map((_, i) => cells.every((row) => typeof row[i] === "number"));
  stdout.write(`${line(columns.map(([heading]) => heading), (i) => isNumber[i]!)}\n`);
  for (const row of texts) stdout.write(`${line(row, (i) => isNumber[i]!)}\n`);
}

/** One thing: a line a property, or its JSON. */
export function showOne(
  { stdout }: Terminal,
  item: object,
  { json }: { json?: boolean | undefined },
): void {
  if (json) return void stdout.write(`${JSON.stringify(item, null, 2)}\n`);
  const lines = Object.entries(item).flatMap(([name, value]) => flat(name, value));
  const width = widest(lines.map(([name]) => name));
  for (const [name, value] of lines) stdout.write(`${name.padEnd(width)}  ${value}\n`);
}

/** There may be more of them than a function takes arguments. */
function widest(texts: readonly string[]): number {
  return texts.reduce((width, { length }) => Math.max(width, length), 0);
}

function flat(name: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) {
    return value.every((it) => typeof it !== "object")
      ? [[name, plain(value.join(", "))]]
      : value.flatMap((it, i) => flat(`${name}.${i + 1}`, it));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([inner, it]) => flat(`${name}.${inner}`, it));
  }
  return [[name, plain(value as Cell)]];
}

/** Names come from schools: nothing in them moves a terminal's cursor or turns its writing around. */
function plain(value: Cell): string {
  return String(value ?? "").replace(/\p{Cc}|\p{Cf}/gu, "·");
}
