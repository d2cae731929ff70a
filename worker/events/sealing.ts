/**
 * Seals the audit: each entry gets the hash of itself and of the one before, and a seal says up to where.
 * Whoever changes, removes or adds one afterwards has to change all that follow; the newest hash is in
 * the log, where the database's keeper cannot reach it.
 */
import type { Client } from "@libsql/client";
import type { Log } from "../../shared/log.ts";
import { instant } from "../context.ts";
import { addSeal, entriesAfter, lastSeal, type SealedEntry } from "../database/control/seals.ts";

/** A seal covers so many entries at most; the next one goes on. */
const MOST = 1_000;

export interface Sealing {
  database: Client;
  now(): number;
  log: Log;
}

/** Seals what is not sealed yet. */
export async function sealAudit({ database, now, log }: Sealing): Promise<void> {
  for (;;) {
    const before = await lastSeal(database);
    const entries = await entriesAfter(database, before?.entry ?? 0, MOST);
    if (entries.length === 0) return;
    let hash = before?.hash ?? "";
    const hashes: [number, string][] = [];
    for (const entry of entries) {
      hash = await entryHash(entry, hash);
      hashes.push([entry.id, hash]);
    }
    const seal = {
      number: (before?.number ?? 0) + 1,
      entry: entries.at(-1)!.id,
      entries: entries.length,
      hash,
      at: instant(now()),
    };
    // Another worker that seals at the same moment has done it.
    if (await addSeal(database, seal, hashes)) log("audit.sealed", { ...seal });
    if (entries.length < MOST) return;
  }
}

/**
 * The SHA-256, lower-case hexadecimal, of the hash before and of what is stored of the entry, a line
 * each. None but the detail, which is JSON, and the actor can hold a line feed; an actor never does.
 */
export async function entryHash(entry: SealedEntry, before: string): Promise<string> {
  const { id, at, schoolId, actor, action, detail } = entry;
  return await sha256([before, id, at, schoolId ?? "", actor, action, detail].join("\n"));
}

export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
