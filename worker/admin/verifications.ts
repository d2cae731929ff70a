/** A reviewer marks students verified, and may withdraw that (SPEC section 6). */
import { Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  listVerifications,
  verificationStates,
  verifyStudents,
  withdrawVerification,
} from "../database/school/verifications.ts";
import { getExport } from "../database/school/exports.ts";
import { accept, readJson } from "../http/body.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { HttpProblem } from "../http/problem.ts";
import { usernameKey } from "../roster/values/username.ts";
import { author } from "./author.ts";
import { InstantText } from "./instant.ts";
import { findSchool } from "./find-school.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { Verification, Verified, Withdrawn } from "./shapes/student.ts";

/** So many students are verified in one call; more are sent in several. */
const MOST_USERNAMES = 50_000;

const Username = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(254));
const Reviewer = v.pipe(oneLine(), v.nonEmpty(), v.maxLength(254));

const Verify = strictObject({
  usernames: v.pipe(
    v.array(Username, "it takes a list of Usernames"),
    v.minLength(1, "it takes at least one Username"),
    v.maxLength(
      MOST_USERNAMES,
      `it takes at most ${MOST_USERNAMES} Usernames; send more in several calls`,
    ),
  ),
  /** Who looked at the records, if not the caller; stands in the audit trail. */
  reviewer: v.optional(Reviewer),
  /** When it was decided, if not now. */
  verifiedAt: v.optional(InstantText),
});

const Which = v.object({
  state: v.optional(
    v.picklist(verificationStates, `it takes one of ${verificationStates.join(", ")}`),
  ),
});

const Withdraw = v.object({ reviewer: v.optional(Reviewer) });

export function verificationRoutes({ database, now }: WorkerContext): Hono {
  const routes = new Hono();

  routes.post(
    "/schools/:slug/verifications",
    needs("reviewer"),
    describes({
      summary: "Marks students verified",
      body: Verify,
      answers: { 200: Verified },
      refuses: { 422: ["verified_in_future"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const { usernames, reviewer, verifiedAt } = await readJson(c, Verify);
      const moment = now();
      const by = author(c, moment);
      const at = verifiedAt === undefined ? moment : Date.parse(verifiedAt);
      if (at > moment) {
        throw new HttpProblem(
          422,
          "verified_in_future",
          `verifiedAt is ${verifiedAt}, which is still to come; it is now ` +
            `${
              instant(moment)
            }. A moment in the past is allowed, or none for now. Nobody was verified.`,
        );
      }
      // The same student under several spellings is answered once, as written first.
      const asked = new Map<string, string>();
      for (const username of usernames) {
        const key = usernameKey(username);
        if (!asked.has(key)) asked.set(key, username);
      }
      const { unknown, alreadyVerified } = await verifyStudents(database, {
        schoolId: school.id,
        usernameKeys: [...asked.keys()],
        verifiedAt: instant(at),
        reviewer: reviewer ?? by.actor,
      }, by);
      const answer = {
        verified: [] as string[],
        alreadyVerified: [] as string[],
        unknown: [] as string[],
      };
      for (const [key, username] of asked) {
        const list = unknown.has(key)
          ? answer.unknown
          : alreadyVerified.has(key)
          ? answer.alreadyVerified
          : answer.verified;
        list.push(username);
      }
      return c.json(answer);
    },
  );

  routes.get(
    "/schools/:slug/verifications",
    needs("viewer"),
    describes({
      summary: "Lists who was verified, and what became of it",
      query: { ...PAGE, ...Which.entries },
      answers: { 200: pageOf(Verification) },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const page = readPage(c, v.tuple([v.number()]));
      const { state } = accept(Which, c.req.query(), "query");
      const verifications = await listVerifications(database, school.id, page, state);
      return c.json(
        writePage(verifications, page, ({ id }): [number] => [id], ({ id: _, ...item }) => item),
      );
    },
  );

  routes.delete(
    "/schools/:slug/verifications/:username{.+}",
    needs("reviewer"),
    describes({
      summary: "Withdraws a verification",
      query: Withdraw.entries,
      answers: { 200: Withdrawn },
      refuses: { 404: ["school_unknown", "not_verified"] },
    }),
    async (c) => {
      const school = await findSchool(database, c.req.param("slug"));
      const username = c.req.param("username").trim();
      const { reviewer } = accept(Withdraw, c.req.query(), "query");
      const by = author(c, now());
      const withdrawn = await withdrawVerification(database, {
        schoolId: school.id,
        usernameKey: usernameKey(username),
        reviewer: reviewer ?? by.actor,
      }, by);
      if (!withdrawn) {
        throw new HttpProblem(
          404,
          "not_verified",
          `${username} is not verified at ${c.req.param("slug")}; nothing was withdrawn.`,
        );
      }
      const { exportId } = withdrawn;
      const exported = exportId === null ? undefined : await getExport(database, exportId);
      return c.json({
        username,
        withdrawnAt: by.at,
        export: exported
          ? { id: exported.id, name: exported.name, downloadedAt: exported.downloadedAt }
          : null,
      });
    },
  );

  return routes;
}
