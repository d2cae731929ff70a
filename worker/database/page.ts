/** A page of a list, as a query is asked for it, and a list that is written in pieces. */

/** A list in pieces, as a database takes no longer value than its limit: 5 MB, libSQL's server. */
export function inPieces<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => items.slice(i * size, (i + 1) * size),
  );
}

/** Which page is wanted: at most `limit` rows after the one whose key is `after`. */
export interface Page<Key> {
  limit: number;
  after: Key | undefined;
}
