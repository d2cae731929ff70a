/** Where the columns of a roster stand, as its header row said; NULL: by position. */
export const statements: string[] = [
  `ALTER TABLE uploads ADD COLUMN layout TEXT`,
];
