/** Which run of a bridge calls with each token; commands that were done long ago are found to be trimmed. */
export const statements: string[] = [
  `CREATE TABLE bridge_runs (
    name TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    since TEXT NOT NULL,
    run_before TEXT,
    refused TEXT
  )`,
  `CREATE INDEX commands_done ON commands (bridge, done_at)
    WHERE done_at IS NOT NULL AND type <> 'purge'`,
];
