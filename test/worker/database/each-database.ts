/**
 * The contract of the database: what is registered here runs over each kind of URL, with the real
 * native library and the real libSQL server.
 */
import { after, before, describe } from "node:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@libsql/client";
import { openDatabase } from "../../../worker/database/client.ts";
import { migrate } from "../../../worker/database/migrate.ts";
import { hasSqld, startSqld } from "./sqld.ts";

export interface DatabaseUnderTest {
  url: string;
  client: Client;
}

interface Fixture {
  url: string;
  stop(): Promise<void>;
}

const kinds: Record<string, () => Promise<Fixture>> = {
  "file:": async () => {
    const folder = await mkdtemp(join(tmpdir(), "rosterbridge-database-"));
    return {
      url: `file:${join(folder, "worker.db")}`,
      stop: () => rm(folder, { recursive: true, force: true }),
    };
  },
};
if (hasSqld) {
  kinds["http:"] = startSqld;
  kinds["ws:"] = async () => {
    const sqld = await startSqld();
    return { ...sqld, url: sqld.url.replace(/^http/, "ws") };
  };
} else {
  console.error(
    "SKIPPED: there is no @sqld package for this platform, so nothing was tested over http: and ws:.",
  );
}

/**
 * So many runs of a property. All of them where they cost least: what a property finds lies in what is
 * asked, and over the network a few show that the answers are the same.
 */
export function runsOver(database: Client, all: number): number {
  return database.protocol === "file" ? all : Math.min(all, 5);
}

/**
 * Runs `tests` once for each kind of database. They share one that is migrated and empty at first, so
 * each test takes a school of its own.
 *
 * @param database the database, once the tests run
 */
export function eachDatabase(
  title: string,
  tests: (database: () => DatabaseUnderTest) => void,
  { only = Object.keys(kinds), migrated = true } = {},
): void {
  for (const [kind, start] of Object.entries(kinds)) {
    if (!only.includes(kind)) continue;
    describe(`${title} (${kind})`, () => {
      let fixture: Fixture;
      let client: Client;
      before(async () => {
        fixture = await start();
        client = await openDatabase({ url: fixture.url });
        if (migrated) await migrate(client, "2026-11-22T00:00:00.000Z");
      });
      after(async () => {
        client?.close();
        await fixture?.stop();
      });
      tests(() => ({ url: fixture.url, client }));
    });
  }
}
