import { test } from "node:test";
import type { Client } from "@libsql/client";
import { eachDatabase } from "../database/each-database.ts";

export type Sentence = (database: Client, url: string) => Promise<void>;

/**
 * Runs each sentence over each kind of database, in the order in which they are written. A tick is
 * about every school there is, so each finds none that is due from the one before.
 */
export function sentences(title: string, bodies: Record<string, Sentence>): void {
  eachDatabase(title, (database) => {
    for (const [sentence, body] of Object.entries(bodies)) {
      test(sentence, async () => {
        const { client, url } = database();
        await client.batch(
          ["schedules", "verifications", "exports", "export_rows", "commands"]
            .map((table) => `DELETE FROM ${table}`),
          "write",
        );
        await body(client, url);
      });
    }
  });
}
