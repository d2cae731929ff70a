/** What becomes of an upload that was checked to its end: done, held, or applied; each in one batch. */
import type { Client, InStatement } from "@libsql/client";
import type { UploadId } from "../../../shared/protocol.ts";
import type { Decision } from "../../roster/decision.ts";
import type { Crossed, Findings } from "../../roster/limits.ts";
import type { Problem } from "../../roster/problems.ts";
import type { Terms } from "../../roster/terms.ts";
import { tellOfUpload } from "./occurrences.ts";
import { beginCounting, writeBatch } from "./slice-writes.ts";

export interface Decided {
  id: UploadId;
  terms: Terms;
  decision: Decision;
  findings: Findings;
  crossed: readonly Crossed[];
  /** What the report says beside its rows; all on line 0. */
  notes: readonly Problem[];
  /** ISO 8601 UTC. */
  at: string;
}

/** Writes what was decided, once. @throws {StaleSlice} when it was decided before */
export async function writeDecision(database: Client, decided: Decided): Promise<void> {
  const { id, findings, crossed, decision } = decided;
  await writeBatch(database, [
    {
      // No slice has this pass: the claim is the decision's own.
      sql: `INSERT INTO slices (upload_id, pass, offset) VALUES (?1, 'decided',
              (SELECT next_offset FROM uploads WHERE id = ?1 AND pass = 'check'
                AND state = 'checking' AND next_offset = size))`,
      args: [id],
    },
    {
      sql: `UPDATE checks SET findings = ?, crossed = ?, is_paused = ?, unnamed = 0
            WHERE upload_id = ?`,
      args: [
        JSON.stringify(findings),
        JSON.stringify(crossed),
        decision.type === "held" && decision.isPaused ? 1 : 0,
        id,
      ],
    },
    ...effects(decided),
    { sql: "DELETE FROM slices WHERE upload_id = ?", args: [id] },
    { sql: "DELETE FROM deferred_rows WHERE upload_id = ?", args: [id] },
  ]);
}

function effects(decided: Decided): InStatement[] {
  const { decision } = decided;
  if (decision.type === "held") return hold(decided, decision.because);
  return decision.type === "done" ? finish(decided) : apply(decided, decision.removals);
}

function hold({ id, findings, crossed, at }: Decided, because: string): InStatement[] {
  const limits = crossed.map(({ limit, allowed, found }) => ({ limit, allowed, found }));
  return [
    {
      sql: "UPDATE uploads SET state = 'held', held_because = ? WHERE id = ?",
      args: [because, id],
    },
    // The next release is given on what is shown now.
    { sql: "UPDATE checks SET release = NULL WHERE upload_id = ?", args: [id] },
    countStudents(id, findings),
    // It may be held again.
    tellOfUpload("upload.held", id, at, {
      facts: { because, limits },
      once: `upload.held:${id}:${at}`,
    }),
  ];
}

function finish({ id, terms, findings, notes, at }: Decided): InStatement[] {
  return [
    {
      // What was only checked is told by its pass from what changed nothing.
      sql: `UPDATE uploads SET state = 'completed', completed_at = ?, pass = ? WHERE id = ?`,
      args: [at, terms.checkOnly ? "check" : "apply", id],
    },
    ...(terms.checkOnly ? [countStudents(id, findings)] : []),
    ...noted(id, notes),
    { sql: "DELETE FROM checked_students WHERE upload_id = ?", args: [id] },
    tellOfUpload("upload.completed", id, at),
  ];
}

/** The bridge sends it again from its beginning, and it is counted anew. */
function apply({ id, terms, notes, at }: Decided, removals: boolean): InStatement[] {
  const kept = [...(removals ? ["left"] : []), ...(terms.additionsUntil ? ["added"] : [])];
  return [
    {
      sql: "UPDATE uploads SET state = 'processing', pass = 'apply', next_offset = 0 WHERE id = ?",
      args: [id],
    },
    // What the check wrote of rows is written anew.
    ...["problems", "rejected_records", "rosters"].map((table) => ({
      sql: `DELETE FROM ${table} WHERE upload_id = ?`,
      args: [id],
    })),
    {
      sql: `DELETE FROM checked_students
            WHERE upload_id = ? AND outcome NOT IN (SELECT value FROM json_each(?))`,
      args: [id, JSON.stringify(kept)],
    },
    beginCounting({ id }),
    ...noted(id, notes),
    // It may be released, parked and tried again.
    tellOfUpload("upload.processing", id, at, { once: `upload.processing:${id}:${at}` }),
  ];
}

function countStudents(id: UploadId, { left, returned }: Findings): InStatement {
  return {
    sql: "UPDATE rosters SET students_left = ?, students_returned = ? WHERE upload_id = ?",
    args: [left, returned, id],
  };
}

function noted(id: UploadId, notes: readonly Problem[]): InStatement[] {
  if (notes.length === 0) return [];
  const values = notes.map(({ severity, code, message }) => [severity, code, message]);
  const warnings = notes.filter(({ severity }) => severity === "warning").length;
  return [
    {
      sql: `INSERT INTO problems (upload_id, line, number, username, column_name, severity, code,
              message)
            SELECT ?, 0, key, '', '', value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)`,
      args: [id, JSON.stringify(values)],
    },
    {
      sql:
        "UPDATE rosters SET warnings = warnings + ?, problems = problems + ? WHERE upload_id = ?",
      args: [warnings, notes.length, id],
    },
  ];
}
