/**
 * Lists are answered in pages: `{"items":[…],"next":"…"}`. `next` says after which row the next page
 * starts, so that rows which come and go meanwhile neither repeat nor hide others.
 */
import type { Context } from "hono";
import * as v from "valibot";
import type { Page } from "../database/page.ts";
import { HttpProblem } from "../http/problem.ts";

const LIMIT = 100;
const MOST = 1000;

/** The query parameters of a list, for its `describes`. */
export const PAGE = {
  limit: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(MOST),
      v.description("So many items at most"),
    ),
    LIMIT,
  ),
  cursor: v.optional(v.pipe(v.string(), v.description("The `next` of the page before"))),
};

/** Reads `?limit=&cursor=`; put `describes({ query: PAGE … })` before the route. `key` is the schema of what orders this list. @throws HttpProblem 400 */
export function readPage<Key>(c: Context, key: v.GenericSchema<Key>): Page<Key> {
  const limit = c.req.query("limit") ?? String(LIMIT);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST) {
    throw new HttpProblem(
      400,
      "limit_invalid",
      `limit is ${JSON.stringify(limit.slice(0, 80))}; it takes a number from 1 to ${MOST}.`,
    );
  }
  const after = c.req.query("cursor");
  return { limit: Number(limit), after: after === undefined ? undefined : decode(after, key) };
}

/** The answer of a list, from one row more than the page has, if there are more. */
export function writePage<Row, Key, Item>(
  rows: Row[],
  { limit }: Page<Key>,
  keyOf: (row: Row) => Key,
  item: (row: Row) => Item,
): { items: Item[]; next?: string } {
  const shown = rows.slice(0, limit);
  const items = shown.map(item);
  return rows.length > limit ? { items, next: encode(keyOf(shown.at(-1)!)) } : { items };
}

function encode(key: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function decode<Key>(cursor: string, schema: v.GenericSchema<Key>): Key {
  try {
    const binary = atob(cursor.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return v.parse(schema, JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    throw new HttpProblem(
      400,
      "cursor_invalid",
      'cursor is not one of this list; it takes the "next" of the page before.',
    );
  }
}
