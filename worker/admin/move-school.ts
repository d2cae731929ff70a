/** Which bridge a school's people come to, and what has to be so before that changes. */
import type { WorkerContext } from "../context.ts";
import type { Author } from "../database/control/audit.ts";
import type { School } from "../database/control/schools.ts";
import { type Home, homeOf, moveSchool } from "../database/move.ts";
import { HttpProblem } from "../http/problem.ts";
import { confirmMissing } from "./confirm.ts";
import { DEFAULT_BRIDGE } from "../settings.ts";

/**
 * The bridge of a new school: as it was asked for, or the one there is.
 * @throws HttpProblem 400 when there is no such bridge, or none was named and there are several
 */
export function bridgeFor(asked: string | undefined, bridges: WorkerContext["bridges"]): string {
  const names = [...new Set(bridges.map(({ name }) => name))].sort();
  if (asked === undefined) {
    if (names.includes(DEFAULT_BRIDGE)) return DEFAULT_BRIDGE;
    if (names.length === 1) return names[0]!;
    throw noSuchBridge("bridge is missing", names);
  }
  if (names.includes(asked)) return asked;
  throw noSuchBridge(`There is no bridge ${JSON.stringify(asked)}`, names);
}

function noSuchBridge(what: string, names: readonly string[]): HttpProblem {
  return new HttpProblem(
    400,
    "bridge_not_known",
    `${what}; this worker's are ${names.join(", ")} (BRIDGE_TOKEN). Nothing was changed.`,
  );
}

/**
 * Moves a school, if it is elsewhere.
 *
 * @param isConfirmed the files that it leaves behind may go
 * @throws HttpProblem 409 when something of it is still to be done where it is, or where it goes; 400
 *   when files would go and that was not confirmed
 */
export async function moveTo(
  { database, randomId }: WorkerContext,
  school: School,
  to: string,
  isConfirmed: boolean,
  by: Author,
): Promise<void> {
  if (to === school.bridge) return;
  const home = await homeOf(database, school.id);
  refuseTooSoon(school, home, to);
  if (home.files > 0 && !isConfirmed) throw needsConfirming(school, home);
  await moveSchool(database, school, to, randomId(), by);
}

function refuseTooSoon({ slug, bridge }: School, home: Home, to: string): void {
  if (home.unfinished > 0) {
    throw new HttpProblem(
      409,
      "uploads_unfinished",
      `${home.unfinished} files of ${slug} are not done, and their bytes are on ${bridge}. Wait for ` +
        "them, or give them up (GET …/uploads says which). Nothing was changed.",
    );
  }
  if (!home.leaving.includes(to)) return;
  throw new HttpProblem(
    409,
    "bridge_still_forgetting",
    `${slug} was moved away from ${to}, which has not said yet that it removed what it had of it. Try ` +
      "again when it did. Nothing was changed.",
  );
}

function needsConfirming({ slug, bridge }: School, { files }: Home): HttpProblem {
  return confirmMissing(
    slug,
    `${slug} has ${files} files on ${bridge}. They are not moved: ${bridge} removes them for good, and ` +
      "its home begins empty",
  );
}
