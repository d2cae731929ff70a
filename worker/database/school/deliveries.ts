/**
 * What becomes of an export once it is made: the commands that have the bridge deliver it, their
 * acknowledgement, and the receipt when the school has read the file to its end.
 */
import type { LedgerEvent, SchoolId } from "../../../shared/protocol.ts";
import type { Client, InStatement } from "@libsql/client";
import { auditIfChanged, type Author } from "../control/audit.ts";
import type { NumberedEvent } from "./ledger.ts";

/** For the batch that makes an export: has the bridge deliver it. Nothing without the export. */
export function deliver(
  { id, bridge, commandId }: { id: string; bridge: string; commandId: string },
  now: string,
) {
  return {
    sql: `INSERT INTO commands (id, bridge, school_id, created_at, type, command)
      SELECT ?, ?, school_id, ?, 'deliver', json_object('id', ?, 'type', 'deliver',
        'schoolId', school_id, 'folder', '/outbound', 'name', exports.name,
        'href', '/bridge/exports/' || exports.id || '/file', 'exportId', exports.id)
      FROM exports WHERE exports.id = ?`,
    args: [commandId, bridge, now, commandId, id],
  };
}

/** Has the bridge deliver an export again: the same bytes under the same name. */
export async function deliverAgain(
  database: Client,
  { export: { id, schoolId, name }, ...to }: {
    export: { id: string; schoolId: SchoolId; name: string };
    bridge: string;
    commandId: string;
  },
  by: Author,
): Promise<void> {
  await database.batch([
    deliver({ id, ...to }, by.at),
    auditIfChanged(by, schoolId, "export.delivered_again", { export: id, name }),
  ], "write");
}

/** How a delivery after the first one stands. */
export interface Again {
  askedAt: string;
  deliveredAt: string | null;
  /** The file that this delivery made was read to its end. */
  downloadedAt: string | null;
}

/** The last one of an export; `undefined`: it was delivered once, or not yet. */
export async function deliveredAgain(
  database: Client,
  { id, schoolId, name }: { id: string; schoolId: SchoolId; name: string },
): Promise<Again | undefined> {
  const { rows: [row] } = await database.execute({
    sql: `SELECT c.created_at, CASE WHEN c.outcome = 'done' THEN c.done_at END AS delivered_at,
        f.downloaded_at FROM commands AS c
      LEFT JOIN files AS f ON f.school_id = c.school_id AND f.path = '/outbound/' || ?
        AND c.outcome = 'done' AND f.downloaded_at >= c.done_at
      WHERE c.school_id = ? AND c.type = 'deliver' AND c.command ->> '$.exportId' = ?
        AND c.id <> (SELECT command_id FROM exports WHERE id = ?)
      ORDER BY c.created_at DESC, c.id DESC LIMIT 1`,
    args: [name, schoolId, id, id],
  });
  return row && {
    askedAt: row["created_at"] as string,
    deliveredAt: row["delivered_at"] as string | null,
    downloadedAt: row["downloaded_at"] as string | null,
  };
}

/** For the batch that records what the bridge has done, its own: the first delivery is kept. */
export function recordDeliveries(
  bridge: string,
  done: { id: string; at: string }[],
): InStatement {
  return {
    sql: `UPDATE exports SET delivered_at = done.at
      FROM (SELECT json_extract(command, '$.exportId') AS export_id,
          min(json_extract(value, '$.at')) AS at
        FROM json_each(?) CROSS JOIN commands ON commands.id = json_extract(value, '$.id')
        WHERE json_extract(command, '$.type') = 'deliver' AND commands.bridge = ?
        GROUP BY export_id) AS done
      WHERE exports.id = done.export_id AND delivered_at IS NULL`,
    args: [JSON.stringify(done), bridge],
  };
}

type Download = Extract<LedgerEvent, { type: "download" }>;

/**
 * For the batch that takes a bridge's events, those of its schools: the first download of an export is
 * its receipt.
 */
export function recordDownloads(events: readonly NumberedEvent[]): InStatement[] {
  const first = new Map<string, Download>();
  for (const { event } of events) {
    if (event?.type !== "download" || event.exportId === null) continue;
    const of = `${event.schoolId} ${event.exportId}`;
    if (!first.has(of)) first.set(of, event);
  }
  if (first.size === 0) return [];
  return [{
    sql: `UPDATE exports SET downloaded_at = json_extract(download.value, '$.at'),
        downloaded_fingerprint = json_extract(download.value, '$.sender.fingerprint'),
        downloaded_address = json_extract(download.value, '$.sender.address')
      FROM json_each(?) AS download
      WHERE exports.id = json_extract(download.value, '$.exportId')
        AND school_id = json_extract(download.value, '$.schoolId') AND downloaded_at IS NULL`,
    args: [JSON.stringify([...first.values()])],
  }];
}
