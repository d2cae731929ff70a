/**
 * `POST /bridge/sync`: the bridge hands over what happened and what it did, and gets the directory,
 * if it has changed, and what is to be done.
 */
import type { InStatement } from "@libsql/client";
import { Hono } from "hono";
import { type LedgerEvent, type SyncAnswer, SyncRequest } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import { pendingCommands, readCommands, recordDone } from "../database/school/commands.ts";
import { recordDeliveries, recordDownloads } from "../database/school/deliveries.ts";
import { directoryQueries, readDirectory } from "../database/control/directory.ts";
import {
  type DownloadEvent,
  type FileEvent,
  recordFiles,
  recordReads,
} from "../database/school/files.ts";
import { recordEvents } from "../database/school/ledger.ts";
import { tickInPassing } from "../export/tick.ts";
import { readJson } from "../http/body.ts";

export function syncRoutes(context: WorkerContext): Hono {
  const { database } = context;
  return new Hono().post("/sync", async (c) => {
    const request = await readJson(c, SyncRequest);
    const known = request.directoryVersion;
    // Before the commands are read, so that what it makes is delivered with this answer.
    await tickInPassing(context);
    const writes = recordSync(request);
    // One batch, so that the directory and the commands are those of one moment.
    const results = await database.batch(
      [...writes, ...directoryQueries(known), pendingCommands],
      writes.length > 0 ? "write" : "read",
    );
    const [versions, schools, commands] = results.slice(-3).map(({ rows }) => rows);
    const directory = readDirectory(known, versions!, schools!);
    const answer: SyncAnswer = {
      ...(directory ? { directory } : {}),
      commands: readCommands(commands!),
    };
    return c.json(answer);
  });
}

/**
 * What a sync writes: a handful of statements, however much it hands over, and the same rows when it
 * is handed over twice.
 */
function recordSync({ events, done }: SyncRequest): InStatement[] {
  const told = events.map(inOneForm);
  const files = told.filter((event): event is FileEvent => event.type === "file");
  const downloads = told.filter((event): event is DownloadEvent => event.type === "download");
  const acknowledged = done.map(inOneForm);
  return [
    ...recordFiles(files),
    ...recordReads(downloads),
    ...receipts(downloads),
    // Last of the events: what is in the ledger was taken before.
    ...recordEvents(told),
    ...(acknowledged.length > 0 ? [recordDeliveries(acknowledged)] : []),
    ...recordDone(acknowledged),
  ];
}

/** The exports that schools have read to their end. */
function receipts(downloads: DownloadEvent[]): InStatement[] {
  const exported = downloads.flatMap(({ exportId, ...rest }) =>
    exportId === null ? [] : [{ ...rest, exportId }]
  );
  return exported.length > 0 ? [recordDownloads(exported)] : [];
}

/** Instants are compared as text, so they are all written in the same form. */
function inOneForm<Told extends Pick<LedgerEvent, "at">>(told: Told): Told {
  return { ...told, at: instant(Date.parse(told.at)) };
}
