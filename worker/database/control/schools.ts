/** Schools. Their settings are stored as they were given; what was not given has its default. */
import type { Client, InStatement, Row } from "@libsql/client";
import type { SchoolId } from "../../../shared/protocol.ts";
import type { Page } from "../page.ts";
import { type SchoolSettings, storedSettings } from "../../roster/settings.ts";
import { auditIfChanged, type Author } from "./audit.ts";
import { bumpDirectory } from "./directory.ts";
import { watchExpectation } from "./watches.ts";
import { isConstraint } from "../errors.ts";

export interface SchoolVersion {
  name: string;
  /** JSON, to the letter. */
  settings: string;
}

export interface School {
  id: SchoolId;
  slug: string;
  name: string;
  settings: SchoolSettings;
  /** The name and the settings as they are stored: what a change may be made conditional on. */
  version: SchoolVersion;
  createdAt: string;
  /** Which bridge its people come to. */
  bridge: string;
  suspendedAt: string | null;
  /** Its purge was begun and is not at its end. */
  deletedAt: string | null;
}

const columns = "id, slug, name, settings, created_at, bridge, suspended_at, deleted_at";

export async function schoolBySlug(database: Client, slug: string): Promise<School | undefined> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM schools WHERE slug = ?`,
    args: [slug],
  });
  return rows[0] && readSchool(rows[0]);
}

/** Newest first, of these ids or all; one row more than the page has. */
export async function listSchools(
  database: Client,
  { limit, after }: Page<[number]>,
  { only, q }: { only?: readonly SchoolId[] | undefined; q?: string | undefined } = {},
): Promise<School[]> {
  const { rows } = await database.execute({
    sql: `SELECT ${columns} FROM schools
          WHERE id < ? ${only ? "AND id IN (SELECT value FROM json_each(?))" : ""}
            ${q ? "AND instr(lower(slug || char(10) || name), lower(?)) > 0" : ""}
          ORDER BY id DESC LIMIT ?`,
    args: [
      after?.[0] ?? Number.MAX_SAFE_INTEGER,
      ...(only ? [JSON.stringify(only)] : []),
      ...(q ? [q] : []),
      limit + 1,
    ],
  });
  return rows.map(readSchool);
}

/** What a slice of a school's upload is read by. */
export type Rules = Pick<School, "bridge" | "settings">;

/** For the batch that reads what a slice needs: the rules of its school. */
export function rulesQuery(id: number): InStatement {
  return { sql: "SELECT bridge, settings FROM schools WHERE id = ?", args: [id] };
}

/** From what `rulesQuery` found; `undefined`: the school is gone. */
export function readRules([row]: readonly Row[]): Rules | undefined {
  return row && {
    bridge: row["bridge"] as string,
    settings: storedSettings(row["settings"] as string),
  };
}

/** `undefined`: the school is gone. */
export async function rulesOf(database: Client, id: number): Promise<Rules | undefined> {
  return readRules((await database.execute(rulesQuery(id))).rows);
}

/** The rules of each of these schools that is there. */
export async function rulesOfAll(
  database: Client,
  ids: readonly number[],
): Promise<Map<number, Rules>> {
  const { rows } = await database.execute({
    sql: "SELECT id, bridge, settings FROM schools WHERE id IN (SELECT value FROM json_each(?))",
    args: [JSON.stringify(ids)],
  });
  return new Map(rows.map((row) => [Number(row["id"]), readRules([row])!]));
}

/** The settings of a school of this bridge's; `undefined`: it has none of that id, or it is being deleted. */
export async function servedSettings(
  database: Client,
  id: number,
  bridge: string,
): Promise<SchoolSettings | undefined> {
  const { rows: [row] } = await database.execute({
    sql: "SELECT settings FROM schools WHERE id = ? AND bridge = ? AND deleted_at IS NULL",
    args: [id, bridge],
  });
  return row && storedSettings(row["settings"] as string);
}

/** Settings to merge into what a school has; `null` takes one back to its default (RFC 7396). */
export type SettingsPatch = Record<string, unknown>;

/** `undefined`: another school has the slug, nothing was changed. */
export async function createSchool(
  database: Client,
  school: { slug: string; name: string; settings: SettingsPatch; bridge: string },
  by: Author,
): Promise<School | undefined> {
  const { slug, name, settings, bridge } = school;
  try {
    const results = await database.batch([
      {
        sql: `INSERT INTO schools (slug, name, settings, bridge, created_at)
              VALUES (?, ?, json_patch('{}', ?), ?, ?)`,
        args: [slug, name, JSON.stringify(settings), bridge, by.at],
      },
      bumpDirectory,
      watchExpectation(slug),
      {
        sql: `INSERT INTO audit (at, school_id, actor, action, detail)
              SELECT ?, id, ?, 'school.created', ? FROM schools WHERE slug = ?`,
        args: [by.at, by.actor, JSON.stringify({ slug, name, settings, bridge }), slug],
      },
      { sql: `SELECT ${columns} FROM schools WHERE slug = ?`, args: [slug] },
    ], "write");
    return readSchool(results.at(-1)!.rows[0]!);
  } catch (error) {
    if (isConstraint(error)) return undefined;
    throw error;
  }
}

/**
 * Changes the name, merges the settings. The merge is the database's, so that two administrators who
 * change different settings at once both have their way.
 *
 * @param unless only if the school's version still is this one
 * @returns the school as it is then; `undefined` when it is gone, or not of that version
 */
export async function changeSchool(
  database: Client,
  id: SchoolId,
  change: { name?: string | undefined; settings?: SettingsPatch | undefined },
  by: Author,
  unless?: SchoolVersion,
): Promise<School | undefined> {
  const results = await database.batch([
    {
      sql: `UPDATE schools SET name = coalesce(?, name), settings = json_patch(settings, ?)
            WHERE id = ? ${unless ? "AND name = ? AND settings = ?" : ""}`,
      args: [
        change.name ?? null,
        JSON.stringify(change.settings ?? {}),
        id,
        ...(unless ? [unless.name, unless.settings] : []),
      ],
    },
    auditIfChanged(by, id, "school.changed", { ...change }),
    // Where its people may come from is among the settings.
    ...(change.settings ? [bumpDirectory] : []),
    watchExpectation(id),
    { sql: `SELECT ${columns} FROM schools WHERE id = ?`, args: [id] },
  ], "write");
  const row = results.at(-1)!.rows[0];
  return results[0]!.rowsAffected > 0 && row ? readSchool(row) : undefined;
}

function readSchool(row: Row): School {
  return {
    id: Number(row["id"]) as SchoolId,
    slug: row["slug"] as string,
    name: row["name"] as string,
    settings: storedSettings(row["settings"] as string),
    version: { name: row["name"] as string, settings: row["settings"] as string },
    createdAt: row["created_at"] as string,
    bridge: row["bridge"] as string,
    suspendedAt: row["suspended_at"] as string | null,
    deletedAt: row["deleted_at"] as string | null,
  };
}
