/** A school's home as the ledger knows it. */
import { Hono } from "hono";
import * as v from "valibot";
import { isRosterName } from "../../shared/file-names.ts";
import { parseTimeCode } from "../../shared/time-code.ts";
import type { WorkerContext } from "../context.ts";
import { fileByPath, listFiles, type StoredFile } from "../database/school/files.ts";
import { HttpProblem } from "../http/problem.ts";
import { takes } from "../http/query.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { findSchool } from "./find-school.ts";

export function fileRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get("/schools/:slug/files", takes(...PAGE, "path"), async (c) => {
    const school = await findSchool(database, c.req.param("slug"));
    const path = c.req.query("path");
    if (path !== undefined) {
      const file = await fileByPath(database, school.id, path);
      if (!file) {
        throw new HttpProblem(
          404,
          "file_unknown",
          `${school.slug} has no file ${
            JSON.stringify(path)
          }; paths begin with /inbound/ or /outbound/.`,
        );
      }
      return c.json(fileAnswer(file));
    }
    const page = readPage(c, v.tuple([v.string(), v.string()]));
    const files = await listFiles(database, school.id, page);
    return c.json(writePage(files, page, (file) => [file.at, file.path], fileAnswer));
  });

  return routes;
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
  const match = /\.csv\.([0-9TZ]+)\.(processing|completed|rejected|original)$/i.exec(path);
  return match !== null && parseTimeCode(match[1]!) !== undefined;
}
