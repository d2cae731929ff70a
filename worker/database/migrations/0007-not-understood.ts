/** What a bridge did not understand is looked for at each of its calls. */
export const statements: string[] = [
  `CREATE INDEX commands_not_understood ON commands (bridge)
    WHERE outcome = 'not_understood' AND done_at IS NULL`,
];
