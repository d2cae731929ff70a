/** What needs a person, and how things go: everything the first page of a console shows. */
import { Hono } from "hono";
import type { SchoolId } from "../../shared/protocol.ts";
import { instant, type WorkerContext } from "../context.ts";
import {
  allSlugs,
  bridgesSeen,
  endingKeys,
  schoolSlugs,
  silentSchools,
} from "../database/control/overview.ts";
import type { Figures, UploadsOfDay } from "../database/school/figures.ts";
import { standingUploads, unfetchedExports } from "../database/school/overview.ts";
import { describes } from "../http/describe.ts";
import { principalOf, schoolIds } from "../http/principal.ts";
import { figuresOf } from "./figures.ts";
import { needs } from "./needs.ts";
import { Overview } from "./shapes/overview.ts";

const DAY_MS = 86_400_000;
/** The chart has so many days, today among them. */
const DAYS = 30;
/** Keys that end within so many days need a person. */
const ENDING_DAYS = 30;
/** Exports that lie for so many days need a person. */
const UNFETCHED_DAYS = 7;
/** Of each kind so many are shown. */
const MOST = 100;

export function overviewRoutes({ database, now }: WorkerContext): Hono {
  const described = describes({
    summary: "Says what needs a person, and how things go",
    answers: { 200: Overview },
  });
  return new Hono().get("/overview", needs("viewer", "own"), described, async (c) => {
    const moment = now();
    const only = schoolIds(principalOf(c));
    const slugs = await (only ? schoolSlugs(database, only) : allSlugs(database));
    const schools = [...slugs.keys()];
    const since = instant(moment - (DAYS - 1) * DAY_MS).slice(0, 10);
    const ending = { now: instant(moment), by: instant(moment + ENDING_DAYS * DAY_MS) };
    const unfetched = instant(moment - UNFETCHED_DAYS * DAY_MS);
    const [standing, silent, keys, exports, bridges, figures] = await Promise.all([
      standingUploads(database, schools, MOST),
      silentSchools(database, schools, MOST),
      endingKeys(database, schools, ending, MOST),
      unfetchedExports(database, schools, unfetched, MOST),
      bridgesSeen(database),
      figuresOf(database, schools, { since, moment }),
    ]);
    const named = <Item extends { schoolId: SchoolId }>({ schoolId, ...item }: Item) => ({
      ...item,
      school: slugs.get(schoolId)!,
    });
    return c.json({
      standing: standing.map(named),
      silent: silent.map(named),
      expiringKeys: keys.map(named),
      notDownloaded: exports.map(named),
      bridges,
      days: everyDay(figures, moment),
      schools: schools.length,
      students: figures.reduce((sum, { students }) => sum + students, 0),
      countedAt: figures.reduce(
        (first, { countedAt }) => countedAt < first ? countedAt : first,
        instant(moment),
      ),
    });
  });
}

/** The last days of all schools together, also those with nothing on them. */
function everyDay(figures: Figures[], now: number): UploadsOfDay[] {
  const days = new Map(
    Array.from({ length: DAYS }, (_, i) => {
      const day = instant(now - (DAYS - 1 - i) * DAY_MS).slice(0, 10);
      return [day, { day, applied: 0, withRejections: 0, refused: 0 }];
    }),
  );
  for (const { day, applied, withRejections, refused } of figures.flatMap(({ days }) => days)) {
    const all = days.get(day);
    // Counted before midnight, the oldest day is none of the last any more.
    if (!all) continue;
    all.applied += applied;
    all.withRejections += withRejections;
    all.refused += refused;
  }
  return [...days.values()];
}
