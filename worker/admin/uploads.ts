/** A school's uploads, and what was wrong in one. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import {
  listProblems,
  listUploads,
  type NumberedProblem,
  type Upload,
} from "../database/school/uploads.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { findSchool } from "./find-school.ts";
import { findUpload } from "./find-upload.ts";
import { RowProblem, Upload as UploadShape } from "./shapes/upload.ts";

export function uploadRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/schools/:slug/uploads",
    needs("viewer"),
    describes({
      summary: "Lists a school's uploads",
      query: PAGE,
      answers: { 200: pageOf(UploadShape) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.string(), v.string()]));
      const uploads = await listUploads(database, school.id, page);
      return c.json(
        writePage(uploads, page, (last) => [last.acceptedAt, last.id], uploadAnswer),
      );
    },
  );

  routes.get(
    "/uploads/:id",
    needs("viewer", "upload"),
    describes({
      summary: "Shows an upload",
      answers: { 200: UploadShape },
      refuses: { 404: ["upload_unknown"] },
    }),
    async (c) => {
      const upload = await findUpload(database, c.req.param("id"));
      const slugs = await schoolSlugs(database, [upload.schoolId]);
      return c.json({ school: slugs.get(upload.schoolId), ...uploadAnswer(upload) });
    },
  );

  routes.get(
    "/uploads/:id/problems",
    needs("viewer", "upload"),
    describes({
      summary: "Lists what was wrong in an upload, in the order of the file",
      query: { ...PAGE, code: v.optional(v.pipe(v.string(), v.description("Only this code"))) },
      answers: { 200: pageOf(RowProblem) },
      refuses: { 404: ["upload_unknown"] },
    }),
    async (c) => {
      const { id } = await findUpload(database, c.req.param("id"));
      const page = readPage(c, v.tuple([v.number(), v.number()]));
      const problems = await listProblems(database, id, page, c.req.query("code"));
      return c.json(writePage(problems, page, ({ line, number }) => [line, number], problemAnswer));
    },
  );

  return routes;
}

/** An upload as administrators see it; `heldBecause` while it stands still, `packed` when it was. */
export function uploadAnswer(shown: Upload) {
  const { schoolId: _, heldBecause, packed, pass, revert, ...upload } = shown;
  return {
    ...upload,
    // Its counts are what it would do.
    ...(pass === "check" && upload.state === "completed" ? { checkOnly: true } : {}),
    ...(heldBecause === null ? {} : { heldBecause }),
    ...(packed === null ? {} : { packed }),
    ...(revert === null
      ? {}
      : { revert: { state: revert.finishedAt === null ? "reverting" : "reverted", ...revert } }),
  };
}

/** A problem as administrators see it. */
export function problemAnswer({ number: _, ...problem }: NumberedProblem) {
  return problem;
}
