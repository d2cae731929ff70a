/** What a held upload would do (SPEC section 9): the counts, and student by student. */
import { Hono } from "hono";
import * as v from "valibot";
import type { WorkerContext } from "../context.ts";
import {
  outcomes,
  type PreviewedStudent,
  previewedStudents,
} from "../database/school/checked-students.ts";
import { shownOf } from "../database/school/checks.ts";
import { uploadById } from "../database/school/uploads.ts";
import { accept } from "../http/body.ts";
import { describes } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { needs } from "./needs.ts";
import { Preview } from "./shapes/upload.ts";

const Query = v.object({
  outcome: v.optional(v.picklist(outcomes, `it takes ${outcomes.join(", ")}, or nothing for all`)),
});

export function uploadPreviewRoutes({ database }: WorkerContext): Hono {
  const routes = new Hono();

  routes.get(
    "/uploads/:id/preview",
    needs("viewer", "upload"),
    describes({
      summary: "Shows what a held upload would do, student by student",
      query: { ...PAGE, ...Query.entries },
      answers: { 200: Preview },
      refuses: { 404: ["upload_unknown"], 409: ["no_preview"] },
    }),
    async (c) => {
      const id = c.req.param("id");
      const upload = await uploadById(database, id);
      if (!upload) throw new HttpProblem(404, "upload_unknown", `There is no upload ${id}.`);
      const shown = upload.state === "held" ? await shownOf(database, id) : undefined;
      if (!shown) {
        throw new HttpProblem(
          409,
          "no_preview",
          `${upload.name} is ${upload.state}; a preview is there while an upload is held. ` +
            "What became of it is in its report.",
        );
      }
      const page = readPage(c, v.tuple([v.string()]));
      const { outcome } = accept(Query, c.req.query(), "query");
      const students = await previewedStudents(database, id, page, outcome);
      const { added, changed, left, returned, active, rowsBefore } = shown.findings;
      return c.json({
        heldBecause: upload.heldBecause,
        rows: upload.rows,
        counts: { added, changed, left, returned, active, rowsBefore },
        limits: shown.crossed.map(({ limit, allowed, found }) => ({ limit, allowed, found })),
        ...writePage(students, page, ({ usernameKey }): [string] => [usernameKey], answer),
      });
    },
  );

  return routes;
}

function answer({ usernameKey: _, ...student }: PreviewedStudent) {
  return { ...student, changes: student.changes.map(spoken) };
}

/** OnCampus as the routes of students have it. */
function spoken({ column, from, to }: PreviewedStudent["changes"][number]) {
  const say = (value: unknown) => column === "onCampus" && value !== null ? value === 1 : value;
  return { column, from: say(from), to: say(to) };
}
