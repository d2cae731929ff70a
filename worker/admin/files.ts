/** A school's home as the ledger knows it. */
import { Hono } from "hono";
import * as v from "valibot";
import { isRosterName } from "../../shared/file-names.ts";
import { parseTimeCode } from "../../shared/time-code.ts";
import type { WorkerContext } from "../context.ts";
import { fileByPath, listFiles, type StoredFile } from "../database/school/files.ts";
import { auditEntry } from "../database/control/audit.ts";
import { askFor } from "../database/school/commands.ts";
import { author } from "./author.ts";
import type { Command } from "../../shared/protocol.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { findSchool } from "./find-school.ts";
import { File, Removing } from "./shapes/school.ts";

export function fileRoutes({ database, now, randomId }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/schools/:slug/files",
    needs("viewer"),
    describes({
      summary: "Lists the files in a school's home",
      description: "With `path` the answer is that file alone.",
      query: { ...PAGE, path: v.optional(v.string()) },
      answers: { 200: v.union([pageOf(File), File]) },
      refuses: { 404: ["school_unknown", "file_unknown"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const path = c.req.query("path");
      if (path !== undefined) {
        const file = await fileByPath(database, school.id, path);
        if (!file) throw fileUnknown(school.slug, path);
        return c.json(fileAnswer(file));
      }
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const files = await listFiles(database, school.id, page);
      return c.json(writePage(files, page, (file) => [file.at, file.path], fileAnswer));
    },
  );

  routes.delete(
    "/schools/:slug/files",
    needs("admin"),
    describes({
      summary: "Removes a file from a school's home",
      query: { path: v.string() },
      answers: { 202: Removing },
      refuses: { 404: ["school_unknown", "file_unknown"], 409: ["file_processing"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const path = c.req.query("path") ?? "";
      const file = await fileByPath(database, school.id, path);
      if (!file) throw fileUnknown(school.slug, path);
      if (file.state === "processing") {
        throw new HttpProblem(
          409,
          "file_processing",
          `${path} is being processed; give its upload up first. It was not removed.`,
        );
      }
      const command: Command = { id: randomId(), type: "remove", schoolId: school.id, path };
      const by = author(c, now());
      await database.batch([
        askFor(command, school.bridge, by.at),
        auditEntry(by, school.id, "file.removal_asked", { path, size: file.size }),
      ], "write");
      // The file is there until the bridge has removed it, and then it is in no list any more.
      return c.json({ path, state: "removing" }, 202);
    },
  );

  return routes;
}

function fileUnknown(slug: string, path: string): HttpProblem {
  return new HttpProblem(
    404,
    "file_unknown",
    `${slug} has no file ${JSON.stringify(path)}; paths begin with /inbound/ or /outbound/.`,
  );
}

function fileAnswer(file: StoredFile) {
  const note = noteOn(file);
  return { ...file, ...(note ? { note } : {}) };
}

/** Why a file in `/inbound` is not going to be processed (SPEC section 3). */
export function noteOn({ path, state }: Pick<StoredFile, "path" | "state">): string | undefined {
  if (!path.startsWith("/inbound/")) return undefined;
  if (state === "partial") return "incomplete";
  return isRosterName(path) || isStage(path) ? undefined : "not a .csv";
}

/** A name that the service gave: `roster.csv.<time code>.completed`. */
function isStage(path: string): boolean {
  const match = /\.(?:csv|csv\.gz|zip)\.([0-9TZ]+)\.(processing|completed|rejected|original)$/i
    .exec(path);
  return match !== null && parseTimeCode(match[1]!) !== undefined;
}
