/** What is wrong with the catalog by itself, whatever is in the blobs: for `verify`. */
import { createHash } from "node:crypto";
import type { CatalogDatabase } from "./database.ts";

/** So many faults of one kind are told of; more say nothing new. */
const MOST = 100;

/** Each is a sentence. It reads the whole database, and one event at a time. */
export function* catalogFaults(database: CatalogDatabase): Iterable<string> {
  const [check] = database.all<{ integrity_check: string }>("PRAGMA integrity_check(1)");
  if (check?.integrity_check !== "ok") {
    // Nothing else that is read of it can be believed.
    return yield `catalog.db is damaged: ${check?.integrity_check}`;
  }
  for (const { path, school } of filesWithoutPlace(database)) {
    yield `school ${school}, ${path} is being processed, and its row in the outbox is gone`;
  }
  for (const { name, upload } of entriesWithoutFile(database)) {
    yield `upload ${upload} (${name}) is in the outbox, and the row of its file is gone`;
  }
  const fault = chainFault(database);
  if (fault) yield fault;
}

function filesWithoutPlace(database: CatalogDatabase): { path: string; school: number }[] {
  return database.all(
    `SELECT path, school_id AS school FROM files WHERE state = 'processing'
       AND id NOT IN (SELECT file_id FROM outbox) LIMIT ${MOST}`,
  );
}

function entriesWithoutFile(database: CatalogDatabase): { name: string; upload: string }[] {
  return database.all(
    `SELECT name, upload_id AS upload FROM outbox WHERE file_id NOT IN (SELECT id FROM files) LIMIT ${MOST}`,
  );
}

/** Events that were told to the worker are gone; those that are here follow each other to the head. */
function chainFault(database: CatalogDatabase): string | undefined {
  const [head] = database.all<{ hash: string }>("SELECT hash FROM ledger_head");
  if (!head) return "the row of the newest event's hash is gone";
  let hash: string | undefined;
  for (let after = 0;;) {
    const [event] = database.all<{ number: number; previous: string; text: string }>(
      "SELECT number, previous, event AS text FROM events WHERE number > ? ORDER BY number LIMIT 1",
      after,
    );
    if (!event) break;
    const { number, previous, text } = event;
    if (hash !== undefined && previous !== hash) {
      return `event ${number} does not follow the one before: one was changed or removed`;
    }
    hash = createHash("sha256").update(`${number}\n${previous}\n${text}`).digest("hex");
    after = number;
  }
  if (hash === undefined || hash === head.hash) return undefined;
  return "the newest event is not the one that was written last: one was changed or removed";
}
