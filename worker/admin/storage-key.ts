/** A school's storage key, which its files on the bridge are encrypted with: rotating it, and how far that is. */
import { Hono } from "hono";
import * as v from "valibot";
import type { Command } from "../../shared/protocol.ts";
import type { WorkerContext } from "../context.ts";
import { auditEntry } from "../database/control/audit.ts";
import { askFor } from "../database/school/commands.ts";
import { type StorageKey, storageKeyOf } from "../database/school/storage-keys.ts";
import { describes } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { findSchool } from "./find-school.ts";
import { needs } from "./needs.ts";

const StorageKeyShape = v.pipe(
  v.object({
    state: v.picklist(["current", "asked", "rotating", "failed"]),
    askedAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
    version: v.optional(v.number()),
    filesLeft: v.optional(
      v.pipe(v.number(), v.description("Files that are under an older version")),
    ),
    at: v.optional(v.pipe(v.string(), v.isoTimestamp())),
    why: v.optional(v.nullable(v.pipe(v.string(), v.description("Why the bridge could not")))),
  }),
  v.metadata({ ref: "StorageKey" }),
);

export function storageKeyRoutes({ database, now, randomId }: WorkerContext): Hono {
  const routes = new Hono();

  const shown = describes({
    summary: "Says how a school's storage key stands",
    answers: { 200: StorageKeyShape },
  });
  routes.get("/schools/:slug/storage-key", needs("viewer"), shown, async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    return c.json(keyAnswer(await storageKeyOf(database, school.id)));
  });

  const rotates = describes({
    summary: "Rotates a school's storage key",
    answers: { 202: StorageKeyShape },
    refuses: { 409: ["storage_key_rotating"] },
  });
  routes.post("/schools/:slug/storage-key/rotate", needs("admin"), rotates, async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    const before = keyAnswer(await storageKeyOf(database, school.id));
    if (before.state === "asked" || before.state === "rotating") {
      throw new HttpProblem(
        409,
        "storage_key_rotating",
        `The storage key of ${school.slug} is being rotated already; GET /admin/schools/${school.slug}/storage-key ` +
          "tells how far it is. Rotate it again when that is done. Nothing was changed.",
      );
    }
    const by = author(c, now());
    const command: Command = { id: randomId(), type: "rotate_key", schoolId: school.id };
    await database.batch([
      askFor(command, school.bridge, by.at),
      auditEntry(by, school.id, "storage_key.rotation_asked", {}),
    ], "write");
    return c.json(keyAnswer(await storageKeyOf(database, school.id)), 202);
  });

  return routes;
}

/**
 * - `current`: nothing is asked for or under way; without a `version` it was never rotated
 * - `asked`: the bridge has not begun yet
 * - `rotating`: new files are under the new version, `filesLeft` of the older ones are not yet
 * - `failed`: the bridge could not, and says why
 */
function keyAnswer({ told, asked }: StorageKey) {
  const known = told ? { version: told.version, filesLeft: told.filesLeft, at: told.at } : {};
  if (asked && asked.outcome === null) return { state: "asked", askedAt: asked.at, ...known };
  if (asked && asked.outcome !== "done") {
    return { state: "failed", askedAt: asked.at, why: asked.why, ...known };
  }
  return { state: told?.state ?? "current", ...(asked ? { askedAt: asked.at } : {}), ...known };
}
