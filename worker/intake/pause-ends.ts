/**
 * The end of a `hold` pause (SPEC section 9): of the files that it held the newest is checked as if it
 * came now, and the others are given up; all of them, where one that came later overtook them. Any
 * number of workers may do so at any time: each decision takes effect once.
 */
import type { Client } from "@libsql/client";
import { describeFault } from "../../shared/fault.ts";
import type { Log } from "../../shared/log.ts";
import type { SchoolId } from "../../shared/protocol.ts";
import { instant } from "../context.ts";
import { overtakenBy, pausedSchools, pausedUploads } from "../database/school/checks.ts";
import { isUnavailable } from "../database/errors.ts";
import { checkAgain, discardUpload } from "../database/school/decisions.ts";
import { type Rules, rulesOfAll } from "../database/control/schools.ts";
import { pauseOn } from "../roster/pauses.ts";
import { plainTerms, termsOf } from "../roster/terms.ts";

interface Ending {
  database: Client;
  now(): number;
  randomId(): string;
  log: Log;
}

/** So many schools are looked at in one go. */
const AT_ONCE = 500;

/** Looks at the schools whose files a pause holds. What fails is logged, and tried again next time. */
export async function endPauses(context: Ending): Promise<void> {
  const { database, now, log } = context;
  try {
    let last = 0;
    while (true) {
      const ids = await pausedSchools(database, last, AT_ONCE);
      if (ids.length === 0) return;
      const all = await rulesOfAll(database, ids);
      for (const id of ids) {
        const rules = all.get(id);
        if (!rules || pauseOn(rules.settings, now())?.kind === "hold") continue;
        await endPause(context, id, rules).catch((error) => {
          // A school at which it fails keeps no other.
          if (isUnavailable(error)) throw error;
          log("pause.not_ended", { schoolId: id, ...describeFault(error) });
        });
      }
      if (ids.length < AT_ONCE) return;
      last = ids.at(-1)!;
    }
  } catch (error) {
    log("pause.not_ended", describeFault(error));
  }
}

async function endPause(
  { database, now, randomId }: Ending,
  schoolId: SchoolId,
  { settings, bridge }: Rules,
): Promise<void> {
  const paused = await pausedUploads(database, schoolId);
  const [newest, ...older] = paused;
  if (!newest) return;
  const later = await overtakenBy(database, newest.id);
  const moment = now();
  const by = { actor: "the end of a pause", at: instant(moment) };
  for (const upload of later === undefined ? older : paused) {
    const message =
      `A pause of the school held this file, and ${later ?? newest.name} came after it: at the ` +
      "end of the pause only the newest goes on. No row of this one was applied.";
    const decision = { commandId: randomId(), reason: "a newer file came after it", message };
    await discardUpload(database, { ...upload, bridge }, decision, by);
  }
  if (later !== undefined) return;
  const terms = termsOf(newest.name, settings, moment) ?? plainTerms;
  const check = { terms, release: null, commandId: randomId() };
  await checkAgain(database, { ...newest, bridge }, check, by);
}
