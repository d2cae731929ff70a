/** Uploads of all schools at once, and what was wrong in one by its codes. */
import { Hono } from "hono";
import * as v from "valibot";
import { uploadStates } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import { schoolSlugs } from "../database/control/overview.ts";
import { listUploadsOf, problemsByCode } from "../database/school/uploads.ts";
import { accept } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { findAnySchool, noSuchSchool } from "./find-school.ts";
import { findUpload } from "./find-upload.ts";
import { InstantText } from "./instant.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { ProblemGroup, Upload } from "./shapes/upload.ts";
import { problemAnswer, uploadAnswer } from "./uploads.ts";

/** Which uploads: of a school (its slug), in a state, accepted at a moment and later. */
const Which = v.object({
  school: v.optional(v.string()),
  state: v.optional(v.picklist(uploadStates, `it takes one of ${uploadStates.join(", ")}`)),
  since: v.optional(InstantText),
});

export function allUploadRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  const described = describes({
    summary: "Lists the uploads of all schools",
    query: { ...PAGE, ...Which.entries },
    answers: { 200: pageOf(Upload) },
    refuses: { 404: ["school_unknown"] },
  });
  routes.get("/uploads", needs("viewer", "own"), described, async (c) => {
    const page = readPage(c, v.tuple([v.string(), v.string()]));
    const { school, state, since } = accept(Which, c.req.query(), "query");
    const only = schoolIds(principalOf(c));
    const named = school === undefined ? undefined : await findAnySchool(database, school);
    if (named && only && !only.includes(named.id)) throw noSuchSchool(named.slug);
    const filter = {
      schoolIds: named ? [named.id] : only,
      state,
      since: since === undefined ? undefined : instant(Date.parse(since)),
    };
    const uploads = await listUploadsOf(database, filter, page);
    const slugs = await schoolSlugs(database, uploads.map(({ schoolId }) => schoolId));
    return c.json(writePage(uploads, page, (last) => [last.acceptedAt, last.id], (upload) => ({
      school: slugs.get(upload.schoolId),
      ...uploadAnswer(upload),
    })));
  });

  const byCode = describes({
    summary: "Says how often each problem code stands in an upload",
    answers: { 200: v.object({ items: v.array(ProblemGroup) }) },
    refuses: { 404: ["upload_unknown"] },
  });
  routes.get("/uploads/:id/problems/codes", needs("viewer", "upload"), byCode, async (c) => {
    const { id } = await findUpload(database, c.req.param("id"));
    const groups = await problemsByCode(database, id);
    return c.json({
      items: groups.map(({ count, first }) => ({
        code: first.code,
        severity: first.severity,
        count,
        first: problemAnswer(first),
      })),
    });
  });

  return routes;
}
