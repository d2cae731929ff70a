/** A page of a list, as a query is asked for it. */

/** Which page is wanted: at most `limit` rows after the one whose key is `after`. */
export interface Page<Key> {
  limit: number;
  after: Key | undefined;
}
