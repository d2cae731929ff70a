/**
 * Deciding about an upload that is held or parked: release it, try it again, or give it up (SPEC
 * sections 3 and 9).
 */
import { Hono } from "hono";
import * as v from "valibot";
import { severalLines, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { rulesOf } from "../database/control/schools.ts";
import { begunCheck, shownOf } from "../database/school/checks.ts";
import { checkAgain, discardUpload, retryUpload } from "../database/school/decisions.ts";
import { type Upload, uploadById } from "../database/school/uploads.ts";
import { termsAgain } from "../intake/lanes.ts";
import { readOptionalJson } from "../http/body.ts";
import { describes } from "../http/describe.ts";
import { termsOf } from "../roster/terms.ts";
import { needs } from "./needs.ts";
import { principalOf } from "../http/principal.ts";
import { checkFresh } from "../http/session.ts";
import { HttpProblem } from "../http/problem.ts";
import { author } from "./author.ts";
import { checkTypedAgain, Confirm } from "./confirm.ts";
import { bridgeOf } from "./find-school.ts";
import { uploadAnswer } from "./uploads.ts";
import { Upload as UploadShape } from "./shapes/upload.ts";

const Decision = strictObject({
  reason: v.optional(v.pipe(severalLines(), v.maxLength(500, "takes up to 500 characters"))),
});

const ReleaseDecision = strictObject({
  ...Decision.entries,
  withoutRemovals: v.optional(v.boolean("withoutRemovals is true or false"), false),
});

/** So long a release waits for what its check comes to, and how often it looks, in milliseconds. */
const RELEASE_MS = 10_000;
const LOOK_MS = 250;

export function uploadDecisionRoutes(context: WorkerContext): Hono {
  const { database, now, randomId, wait, bell } = context;
  const routes = new Hono();

  /** @throws HttpProblem 404, or 409 when the upload is in none of these states */
  async function standing(
    id: string,
    states: readonly string[],
  ): Promise<Upload & { bridge: string }> {
    const upload = await uploadById(database, id);
    if (!upload) throw new HttpProblem(404, "upload_unknown", `There is no upload ${id}.`);
    if (states.includes(upload.state)) {
      return { ...upload, bridge: await bridgeOf(database, upload.schoolId) };
    }
    throw notStanding(upload, states);
  }

  /** Somebody else may have decided at the same moment. */
  async function answerOf(id: string, isDecided: boolean, states: readonly string[]) {
    const upload = (await uploadById(database, id))!;
    if (!isDecided) throw notStanding(upload, states);
    return uploadAnswer(upload);
  }

  routes.post(
    "/uploads/:id/retry",
    needs("admin", "upload"),
    describes({
      summary: "Tries an upload that is parked again",
      description:
        "One of which rows were applied goes on from there. Any other begins again: it is checked " +
        "against the students and the limits of this moment, and may be held.",
      body: Decision,
      bodyOptional: true,
      answers: { 202: UploadShape },
      refuses: { 404: ["upload_unknown"], 409: ["upload_not_standing"] },
    }),
    async (c) => {
      const upload = await standing(c.req.param("id"), ["parked"]);
      const { reason = null } = await readOptionalJson(c, Decision);
      const begun = await begunCheck(database, upload.id);
      const rules = await rulesOf(database, upload.schoolId);
      const { lane } = begun;
      const terms = rules && termsAgain({ ...upload, lane }, begun, rules.settings, now());
      const retry = { terms, commandId: randomId(), reason };
      const isDecided = await retryUpload(database, upload, retry, author(c, now()));
      return c.json(await answerOf(upload.id, isDecided, ["parked"]), 202);
    },
  );

  routes.post(
    "/uploads/:id/discard",
    needs("admin", "upload"),
    describes({
      summary: "Gives an upload up that is held or parked; its report says why",
      body: Decision,
      bodyOptional: true,
      answers: { 202: UploadShape },
      refuses: { 404: ["upload_unknown"], 409: ["upload_not_standing"] },
    }),
    async (c) => {
      const upload = await standing(c.req.param("id"), ["held", "parked"]);
      const { reason = null } = await readOptionalJson(c, Decision);
      const by = author(c, now());
      const message = discardedBecause(upload, by.actor, reason);
      const decision = { commandId: randomId(), reason, message };
      const isDecided = await discardUpload(database, upload, decision, by);
      return c.json(await answerOf(upload.id, isDecided, ["held", "parked"]), 202);
    },
  );

  routes.post(
    "/uploads/:id/release",
    needs("admin", "upload"),
    describes({
      summary: "Releases a held upload; it is checked again, against the students of this moment",
      description:
        "The answer waits up to 10 seconds for that. If the upload would now add, change or " +
        "remove more students than was shown, it is held again and shows the new numbers: 409.",
      query: { confirm: v.optional(Confirm) },
      body: ReleaseDecision,
      bodyOptional: true,
      answers: { 202: UploadShape },
      refuses: {
        400: ["confirm_missing"],
        403: ["sign_in_again"],
        404: ["upload_unknown"],
        409: ["upload_not_standing", "release_outdated"],
      },
    }),
    async (c) => {
      const upload = await standing(c.req.param("id"), ["held"]);
      const decision = await readOptionalJson(c, ReleaseDecision);
      const shown = await shownOf(database, upload.id);
      const rules = await rulesOf(database, upload.schoolId);
      if (!shown || !rules) throw notStanding(upload, ["held"]);
      if (shown.findings.left > 0 && !decision.withoutRemovals) {
        checkFresh(principalOf(c), now());
        checkTypedAgain(c, upload.name, `A release makes ${shown.findings.left} students inactive`);
      }
      const by = author(c, now());
      const release = {
        by: by.actor,
        at: by.at,
        reason: decision.reason || null,
        withoutRemovals: decision.withoutRemovals,
        shown: shown.findings,
      };
      const terms = {
        ...shown.terms,
        ...termsOf(upload.name, rules.settings, now()),
        checkOnly: false,
      };
      const check = { terms, release, commandId: randomId() };
      if (!await checkAgain(database, upload, check, by)) {
        throw notStanding((await uploadById(database, upload.id))!, ["held"]);
      }
      bell.ring();
      return c.json(uploadAnswer(await released(upload.id)), 202);
    },
  );

  /**
   * Waits while the bridge sends the file again and it is checked.
   * @throws HttpProblem 409 when it is held again: it got worse
   */
  async function released(id: string): Promise<Upload> {
    for (let waited = 0;; waited += LOOK_MS) {
      const upload = (await uploadById(database, id))!;
      if (upload.state === "held") throw await worse(upload);
      if (upload.state !== "checking" || waited >= RELEASE_MS) return upload;
      await wait(LOOK_MS);
    }
  }

  async function worse(upload: Upload): Promise<HttpProblem> {
    const shown = await shownOf(database, upload.id);
    return new HttpProblem(
      409,
      "release_outdated",
      `${upload.name} is held again: ${upload.heldBecause}. Look at its preview, and release it on ` +
        "these numbers.",
      { ...(shown ? { counts: shown.findings } : {}), rows: upload.rows },
    );
  }

  return routes;
}

function notStanding({ name, state }: Upload, states: readonly string[]): HttpProblem {
  return new HttpProblem(
    409,
    "upload_not_standing",
    `${name} is ${state}; this is for an upload that is ${
      states.join(" or ")
    }. Nothing was changed.`,
  );
}

/** What the report says of a file that was given up. */
function discardedBecause({ rows, pass, heldBecause }: Upload, by: string, reason: string | null) {
  const applied = pass === "check" ? 0 : rows.added + rows.updated + rows.unchanged;
  return `This file was given up by ${by}${reason ? `: ${reason}` : ""}.` +
    (heldBecause ? ` It stood still: ${heldBecause}.` : "") +
    (applied > 0
      ? ` ${applied} rows of it had been applied before.`
      : " No row of it was applied.");
}
