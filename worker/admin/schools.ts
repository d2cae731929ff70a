/** Schools: make one, list them, change one, forget one. */
import { Slug } from "../../shared/slug.ts";
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { oneLine, strictObject } from "../given.ts";
import type { WorkerContext } from "../context.ts";
import { purgeWaits } from "../database/purge-waits.ts";
import { purgeSchool } from "../database/purge.ts";
import {
  changeSchool,
  createSchool,
  listSchools,
  type School,
  type SettingsPatch,
} from "../database/control/schools.ts";
import { accept, readJson } from "../http/body.ts";
import { changedMeanwhile, checkMatch, etagOf } from "../http/etag.ts";
import { describes, pageOf } from "../http/describe.ts";
import { needs } from "./needs.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { HttpProblem } from "../http/problem.ts";
import { PAGE, readPage, writePage } from "./page.ts";
import { SchoolSettings } from "../roster/settings.ts";
import { zoneTrouble } from "../zones.ts";
import { author } from "./author.ts";
import { checkConfirmed, Confirm } from "./confirm.ts";
import { checkExpectation } from "./expectation.ts";
import { bridgeFor, moveTo } from "./move-school.ts";
import { findAnySchool, findSchool, noSuchSchool } from "./find-school.ts";
import { Purging, School as SchoolShape } from "./shapes/school.ts";

const Name = v.pipe(
  oneLine(),
  v.nonEmpty("a name takes 1 to 200 characters"),
  v.maxLength(200, "a name takes 1 to 200 characters"),
);

/** Any of the settings; `null` is its default. */
const Settings = strictObject(
  Object.fromEntries(
    Object.entries(SchoolSettings.entries).map(([name, entry]) => [
      name,
      v.optional(v.nullable(entry.wrapped as v.GenericSchema)),
    ]),
  ),
);

const NewSchool = strictObject({
  slug: Slug,
  name: Name,
  bridge: v.optional(v.string()),
  settings: v.optional(Settings, {}),
});
const SchoolChange = strictObject({
  name: v.optional(Name),
  bridge: v.optional(v.string()),
  settings: v.optional(Settings),
});

/** Which schools: those that have this in their name or slug. */
const Search = v.object({
  q: v.optional(v.pipe(v.string(), v.maxLength(200, "takes up to 200 characters"))),
});

export function schoolRoutes(context: WorkerContext): Hono {
  const { database, now, randomId, bridges } = context;
  const routes = new Hono();

  routes.post(
    "/schools",
    needs("admin", "all"),
    describes({
      summary: "Makes a school",
      body: NewSchool,
      answers: { 201: SchoolShape },
      refuses: { 400: ["bridge_not_known"], 409: ["slug_taken"] },
    }),
    async (c) => {
      const { slug, name, settings, ...asked } = await readJson(c, NewSchool);
      checkExpectation(settings, now());
      const bridge = bridgeFor(asked.bridge, bridges);
      const school = await createSchool(
        database,
        { slug, name, settings: settings as SettingsPatch, bridge },
        author(c, now()),
      );
      if (!school) {
        throw new HttpProblem(
          409,
          "slug_taken",
          `There is a school ${slug} already; it was left as it is. Choose another slug, or change ` +
            `that school with PATCH /admin/schools/${slug}.`,
        );
      }
      return c.json(schoolAnswer(school), 201, { location: `/admin/schools/${slug}` });
    },
  );

  routes.get(
    "/schools",
    needs("viewer", "own"),
    describes({
      summary: "Lists the schools",
      query: { ...PAGE, ...Search.entries },
      answers: { 200: pageOf(SchoolShape) },
    }),
    async (c) => {
      const page = readPage(c, v.tuple([v.number()]));
      const { q } = accept(Search, c.req.query(), "query");
      const schools = await listSchools(database, page, { only: schoolIds(principalOf(c)), q });
      return c.json(writePage(schools, page, ({ id }): [number] => [id], schoolAnswer));
    },
  );

  routes.get(
    "/schools/:slug",
    needs("viewer"),
    describes({
      summary: "Shows a school",
      answers: { 200: SchoolShape },
      refuses: { 404: ["school_unknown"] },
    }),
    async (c) => {
      return await shown(c, await findAnySchool(database, c.req.param("slug")));
    },
  );

  routes.patch(
    "/schools/:slug",
    needs("admin"),
    describes({
      summary: "Changes a school's name, settings or bridge",
      description:
        "Settings are merged; null takes one back to its default (RFC 7396). With If-Match (the ETag of " +
        "GET) only what was read is changed. Another bridge " +
        "begins with an empty home.",
      query: { confirm: v.optional(Confirm) },
      body: SchoolChange,
      answers: { 200: SchoolShape },
      refuses: {
        400: ["bridge_not_known", "confirm_missing"],
        404: ["school_unknown"],
        409: ["uploads_unfinished", "bridge_still_forgetting"],
        410: ["school_purging"],
        412: ["changed_meanwhile"],
      },
    }),
    async (c) => {
      const slug = c.req.param("slug");
      const before = await findSchool(database, slug);
      const meansOne = checkMatch(c, await versionTag(before));
      const { name, settings, bridge } = await readJson(c, SchoolChange);
      checkExpectation(settings, now());
      const by = author(c, now());
      if (bridge !== undefined) {
        const isConfirmed = c.req.query("confirm") === slug;
        await moveTo(context, before, bridgeFor(bridge, bridges), isConfirmed, by);
      }
      const change = { name, settings: settings as SettingsPatch | undefined };
      const unless = meansOne ? before.version : undefined;
      const school = await changeSchool(database, before.id, change, by, unless);
      if (!school) throw meansOne ? changedMeanwhile() : noSuchSchool(slug);
      return await shown(c, school);
    },
  );

  routes.delete(
    "/schools/:slug",
    needs("admin", "all", "anew"),
    describes({
      summary: "Deletes a school and everything of it, for good",
      description:
        "Its bridge removes its files too; the audit says school.deleted when all is done.",
      query: { confirm: Confirm },
      answers: { 202: Purging },
      refuses: { 400: ["confirm_missing"], 404: ["school_unknown"] },
    }),
    async (c) => {
      const slug = c.req.param("slug");
      const school = await findAnySchool(database, slug);
      checkConfirmed(
        c,
        slug,
        `Deleting ${slug} removes its students, uploads, keys and everything else of it for good, on ` +
          "its bridge too; only the audit trail stays",
      );
      const by = author(c, now());
      await purgeSchool(database, school, randomId(), by);
      const waitsFor = await purgeWaits(database, school.id);
      const purgeStartedAt = school.deletedAt ?? by.at;
      return c.json({ slug, state: "purging", purgeStartedAt, waitsFor }, 202);
    },
  );

  return routes;
}

/** With what `If-Match` takes. */
async function shown(c: Context, school: School): Promise<Response> {
  c.header("etag", await versionTag(school));
  return c.json(schoolAnswer(school));
}

function versionTag({ slug, version }: School): Promise<string> {
  return etagOf(slug, version.name, version.settings);
}

function schoolAnswer({ slug, name, settings, createdAt, ...school }: School) {
  const { bridge, suspendedAt, deletedAt } = school;
  const note = zoneTrouble(settings.timezone) ??
    zoneTrouble(settings.expectEvery?.timezone ?? null);
  return {
    slug,
    name,
    settings,
    createdAt,
    bridge,
    ...(suspendedAt ? { suspendedAt } : {}),
    ...(note ? { note } : {}),
    // Its keys and rows are gone; its bridge has not said yet that its files are too.
    ...(deletedAt ? { purgeStartedAt: deletedAt } : {}),
  };
}
