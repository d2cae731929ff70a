/**
 * What the overview counts. Counting reads all that it counts, a console left open looks four times a
 * minute, and a remote database has its price by the row: what is much is counted once in a while.
 */
import type { Client } from "@libsql/client";
import type { SchoolId } from "../../shared/protocol.ts";
import { instant } from "../context.ts";
import { isUnavailable } from "../database/errors.ts";
import {
  countFigures,
  type Figures,
  keepFigures,
  keptFigures,
} from "../database/school/figures.ts";

/** More students and uploads than this are much. */
const MUCH = 1_000;
/** So long figures are kept, in milliseconds. */
const KEPT_MS = 15 * 60_000;

/**
 * Of each school, as counted at most 15 minutes ago; of this moment, where little is to be counted.
 * @param since of which day on uploads are counted, YYYY-MM-DD
 * @param moment milliseconds since the epoch
 */
export async function figuresOf(
  database: Client,
  schools: readonly SchoolId[],
  { since, moment }: { since: string; moment: number },
): Promise<Figures[]> {
  const now = instant(moment);
  const kept = await keptFigures(database, schools, { after: instant(moment - KEPT_MS), now });
  const known = new Set(kept.map(({ schoolId }) => schoolId));
  const others = schools.filter((id) => !known.has(id));
  if (others.length === 0) return kept;
  const counted = await countFigures(database, others, { since, now });
  if (sizeOf(counted) > MUCH) {
    await keepFigures(database, counted).catch((error) => {
      // A database that takes no writes is looked at all the more.
      if (!isUnavailable(error)) throw error;
    });
  }
  return [...kept, ...counted];
}

function sizeOf(figures: readonly Figures[]): number {
  const uploads = figures.flatMap(({ days }) => days)
    .reduce(
      (sum, { applied, withRejections, refused }) => sum + applied + withRejections + refused,
      0,
    );
  return figures.reduce((sum, { students }) => sum + students, uploads);
}
