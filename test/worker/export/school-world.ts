/**
 * A worker's side of things for the tests of exports: a database with schools and students, a clock
 * that stands still until it is moved, and what the tests look at.
 */
import { createBell } from "../../../worker/bridge/bell.ts";
import type { SchoolId } from "../../../shared/protocol.ts";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Client } from "@libsql/client";
import type { WorkerContext } from "../../../worker/context.ts";
import type { Author } from "../../../worker/database/control/audit.ts";
import { listExports, type StoredExport } from "../../../worker/database/school/exports.ts";
import { putSchedule } from "../../../worker/database/control/schedules.ts";
import {
  verifyStudents,
  withdrawVerification,
} from "../../../worker/database/school/verifications.ts";
import { runNow } from "../../../worker/export/tick.ts";
import { exportFile } from "../../../worker/export/file.ts";

export const midnight = Date.parse("2026-11-21T00:00:00.000Z");

export interface World {
  context: WorkerContext;
  clock: { now: number };
  logged: string[];
}

export function world(database: Client, now = midnight): World {
  const clock = { now };
  const logged: string[] = [];
  const context: WorkerContext = {
    database,
    bridges: [{ name: "default", token: "bridge-token" }],
    bell: createBell(),
    adminToken: "admin-token",
    keyTypes: ["rsa"],
    sliceRows: 5_000,
    wait: () => Promise.resolve(),
    now: () => clock.now,
    randomId: () => randomUUID(),
    log: (event, fields) => void logged.push(JSON.stringify({ event, ...fields })),
    requestsPerMinute: 1_000_000,
    allowPrivateWebhooks: false,
    hasMail: false,
  };
  return { context, clock, logged };
}

let schools = 0;

/** A new school with students `student1@…` to `student<n>@…`. */
export async function addSchool(
  database: Client,
  students = 3,
  settings: Record<string, unknown> = {},
): Promise<SchoolId> {
  schools += 1;
  const { rows: [school] } = await database.execute({
    sql: `INSERT INTO schools (slug, name, settings, created_at) VALUES (?, ?, ?, ?) RETURNING id`,
    args: [`school-${schools}`, `School ${schools}`, JSON.stringify(settings), at(midnight)],
  });
  const schoolId = Number(school!.id) as SchoolId;
  await database.execute({
    sql: `INSERT INTO students (school_id, username_key, username, student_id)
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
      SELECT ?, 'student' || n || '@example.edu', 'Student' || n || '@example.edu', 'S' || n
      FROM numbers`,
    args: [students, schoolId],
  });
  return schoolId;
}

export function student(number: number): string {
  return `student${number}@example.edu`;
}

export async function verify(
  { context }: World,
  schoolId: SchoolId,
  usernameKeys: string[],
  verifiedAt = context.now(),
): Promise<void> {
  await verifyStudents(context.database, {
    schoolId,
    usernameKeys,
    verifiedAt: at(verifiedAt),
    reviewer: "Ruth Reviewer",
  }, author(context));
}

export async function withdraw(
  { context }: World,
  schoolId: SchoolId,
  key: string,
): Promise<boolean> {
  const withdrawn = await withdrawVerification(context.database, {
    schoolId,
    usernameKey: key,
    reviewer: "Ruth Reviewer",
  }, author(context));
  return withdrawn !== undefined;
}

/** Gives a school a schedule whose next run is at `nextDueAt`. */
export async function schedule(
  { context }: World,
  schoolId: SchoolId,
  nextDueAt: number,
  cron = "0 0 * * *",
  timezone = "UTC",
): Promise<void> {
  await putSchedule(context.database, {
    schoolId,
    cron,
    timezone,
    nextDueAt: at(nextDueAt),
  }, author(context));
}

/** Runs a school's export now; `undefined` when nothing is new and that is skipped. */
export async function exportNow(
  { context }: World,
  schoolId: SchoolId,
): Promise<string | undefined> {
  const { rows: [school] } = await context.database.execute({
    sql: "SELECT json_extract(settings, '$.emptyExports') IS 'skip' FROM schools WHERE id = ?",
    args: [schoolId],
  });
  const skipEmpty = Number(school![0]) === 1;
  return await runNow(context, { id: schoolId, bridge: "default", skipEmpty }, author(context));
}

/** A school's exports, oldest first. */
export async function exportsOf(database: Client, schoolId: SchoolId): Promise<StoredExport[]> {
  return (await listExports(database, schoolId, undefined, 10_000)).reverse();
}

export async function readFile(
  database: Client,
  stored: StoredExport | undefined,
): Promise<string> {
  assert.ok(stored, "there is no export");
  return await new Response(exportFile(database, stored)).text();
}

export function author(context: WorkerContext): Author {
  return { actor: "admin", at: at(context.now()) };
}

export function at(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
