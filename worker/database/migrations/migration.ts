/** One step from an older shape of the tables to a newer one. */

export interface Migration {
  /** 1, 2, 3 …; given once and never changed after it was released. */
  number: number;
  name: string;
  statements: readonly string[];
}
