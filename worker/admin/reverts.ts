/** Undo: putting back what an upload changed (SPEC section 9). */
import { Hono } from "hono";
import * as v from "valibot";
import { severalLines, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { canRevertAgain, revertAgain } from "../database/school/revert-again.ts";
import { listRemains } from "../database/school/revert-remains.ts";
import {
  beginRevert,
  type Remains,
  type Revert,
  RevertGone,
  revertOf,
  type Why,
} from "../database/school/reverts.ts";
import type { Upload } from "../database/school/uploads.ts";
import { readOptionalJson } from "../http/body.ts";
import { describes } from "../http/describe.ts";
import { HttpProblem } from "../http/problem.ts";
import { carryOutRevert } from "../intake/revert.ts";
import { author } from "./author.ts";
import { checkTypedAgain, Confirm } from "./confirm.ts";
import { findUpload, uploadUnknown } from "./find-upload.ts";
import { needs } from "./needs.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Revert as RevertShape } from "./shapes/revert.ts";

const Reason = strictObject({
  reason: v.optional(v.pipe(severalLines(), v.maxLength(500, "takes up to 500 characters"))),
});

export function revertRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.post(
    "/uploads/:id/revert",
    needs("admin", "upload", "anew"),
    describes({
      summary: "Puts back what an upload changed, and says what could not be",
      description:
        "Each student that it changed, and nothing changed since, is as before. Those it " +
        "added are gone, or inactive if they were ever verified. Of an upload that was given up " +
        "half-way, what it changed until then. A revert that was cut off goes on by itself, " +
        "and when it is asked for again; of several at once of a school, the one that was begun " +
        "first comes first. Asked for again when what stood in its way is gone (a later upload " +
        "is reverted, a StudentId is free), it puts back what it had to leave.",
      query: { confirm: v.optional(Confirm) },
      body: Reason,
      bodyOptional: true,
      answers: { 200: RevertShape },
      refuses: {
        400: ["confirm_missing"],
        403: ["sign_in_again"],
        404: ["upload_unknown"],
        409: ["upload_not_revertible"],
      },
    }),
    async (c) => {
      const upload = await findUpload(database, c.req.param("id"));
      const { reason = null } = await readOptionalJson(c, Reason);
      checkTypedAgain(c, upload.name, `Reverting ${upload.name} puts its students back`);
      const by = author(c, now());
      await database.batch([
        ...revertAgain(upload.id, reason, by),
        beginRevert(upload, reason, by),
      ], "write");
      if (!await revertOf(database, upload.id)) {
        throw notRevertible(await findUpload(database, upload.id));
      }
      const revert = await carryOutRevert(database, upload.id, by.at).catch((error) => {
        throw error instanceof RevertGone ? uploadUnknown(upload.id) : error;
      });
      return c.json(await answerOf(revert, { limit: 100, after: undefined }));
    },
  );

  routes.get(
    "/uploads/:id/revert",
    needs("viewer", "upload"),
    describes({
      summary: "Shows how a revert stands, and pages of what could not be put back",
      query: PAGE,
      answers: { 200: RevertShape },
      refuses: { 404: ["upload_unknown", "revert_unknown"] },
    }),
    async (c) => {
      const { id } = await findUpload(database, c.req.param("id"));
      const revert = await revertOf(database, id);
      if (revert) return c.json(await answerOf(revert, readPage(c, v.tuple([v.string()]))));
      throw new HttpProblem(404, "revert_unknown", `Upload ${id} was never reverted.`);
    },
  );

  async function answerOf(revert: Revert, page: Parameters<typeof listRemains>[2]) {
    const { uploadId, begunAt, finishedAt, actor, reason } = revert;
    const { restored, removed, madeInactive } = revert;
    const remains = await listRemains(database, uploadId, page);
    return {
      ...{ uploadId, state: finishedAt === null ? "reverting" as const : "reverted" as const },
      ...{ begunAt, finishedAt, actor, reason, restored, removed, madeInactive },
      again: await canRevertAgain(database, uploadId),
      ...writePage(remains, page, ({ key }) => [key], remainsAnswer),
    };
  }

  return routes;
}

function remainsAnswer(remains: Remains) {
  const { username, why } = remains;
  return { username, why, message: sentences[why](remains) };
}

const sentences: Record<Why, (remains: Remains) => string> = {
  changed_since: ({ other, otherName, standsAgain }) =>
    standsAgain
      ? "What changed the student since was reverted. To put the student back, revert this upload " +
        "again."
      : other === null
      ? "Something changed the student since, and what it left stands."
      : `The upload ${otherName ?? ""} (${other}) changed the student since, and what it left ` +
        "stands. To put the student back, revert that upload first, then this one again.",
  student_id_taken: ({ other }) =>
    `The StudentId of before belongs to ${other} now, so nothing was put back. When it is free, ` +
    "revert this upload again.",
  verified: () => "The student was added and then verified, and is inactive now instead of gone.",
  exported: ({ other, isAdded }) =>
    `The student is in the export ${other}, which cannot be called back; here the student ` +
    (isAdded ? "is inactive now." : "was put back."),
};

function notRevertible({ name, state, pass, rows }: Upload): HttpProblem {
  const isDone = state === "completed" || state === "discarded";
  const because = !isDone
    ? `is ${state}, and only an upload that is completed or was given up can be reverted`
    : pass === "check" || rows.read === 0
    ? `is ${state}, and no row of it was ever applied`
    : "was applied before histories were kept";
  return new HttpProblem(
    409,
    "upload_not_revertible",
    `${name} ${because}. Nothing was changed.`,
  );
}
