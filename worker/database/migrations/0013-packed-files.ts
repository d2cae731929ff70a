/**
 * Files that were sent packed: how, and how many bytes they were so, as JSON. The bridges hear of the
 * names that are taken.
 */
export const statements: string[] = [
  `ALTER TABLE uploads ADD COLUMN packed TEXT`,
  `UPDATE directory SET version = version + 1`,
];
