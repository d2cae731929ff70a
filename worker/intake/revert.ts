/**
 * Undo: what an upload changed is put back, page by page; cut off, it goes on where it was (SPEC
 * section 9), by itself or when it is asked for again.
 */
import type { Client } from "@libsql/client";
import { describeFault } from "../../shared/fault.ts";
import { instant, type WorkerContext } from "../context.ts";
import { studentsUpTo, takeBackAdded } from "../database/school/revert-added.ts";
import { endIds, idChanges, restoreIds } from "../database/school/revert-ids.ts";
import {
  changesUpTo,
  restoreChanged,
  type Revert,
  RevertGone,
  RevertMoved,
  revertOf,
  revertsBefore,
  revertsUnderWay,
  writeRevert,
} from "../database/school/reverts.ts";
import { inTurn, settleIds } from "./revert-ids.ts";

/** Changes or students in one batch. */
const PAGE = 1000;
/** Somebody else who does the same moves it on: that is no reason to give up soon. */
const MOST_MOVED = 1000;
/** So many schools' reverts are gone on with in one go, and none further after so many milliseconds. */
const AT_ONCE = 50;
const GO_ON_MS = 2_000;

/**
 * Takes a revert that was begun to its end, after those of the school that were begun before it: one that
 * was cut off keeps nobody waiting. The audit has each as that of who began it.
 *
 * @param at ISO 8601 UTC
 * @param page so many changes or students in one batch
 * @throws {RevertGone}
 */
export async function carryOutRevert(
  database: Client,
  uploadId: string,
  at: string,
  page = PAGE,
): Promise<Revert> {
  for (const before of await revertsBefore(database, uploadId)) {
    await carryOut(database, before, at, page);
  }
  return await carryOut(database, uploadId, at, page);
}

async function carryOut(
  database: Client,
  uploadId: string,
  at: string,
  page: number,
): Promise<Revert> {
  for (let moved = 0;;) {
    const revert = await revertOf(database, uploadId);
    if (!revert) throw new RevertGone();
    if (revert.phase === "done") return revert;
    try {
      await step(database, revert, at, page);
    } catch (error) {
      if (!(error instanceof RevertMoved) || ++moved > MOST_MOVED) throw error;
    }
  }
}

/**
 * Goes on with the reverts that were begun and are not done: a call that a worker's end cut off is asked
 * for by nobody again. Any number of workers may do so beside the calls; one that another is at is left
 * to it. What fails is logged, and tried again next time.
 */
export async function goOnWithReverts(
  { database, now, log }: Pick<WorkerContext, "database" | "now" | "log">,
  page = PAGE,
): Promise<void> {
  const end = now() + GO_ON_MS;
  try {
    for (const { uploadId, schoolId } of await revertsUnderWay(database, AT_ONCE)) {
      try {
        while (now() <= end) {
          const revert = await revertOf(database, uploadId);
          if (!revert || revert.phase === "done") break;
          await step(database, revert, instant(now()), page);
        }
      } catch (error) {
        if (!(error instanceof RevertMoved)) {
          log("revert.failed", { schoolId, upload: uploadId, ...describeFault(error) });
        }
      }
    }
  } catch (error) {
    log("revert.failed", describeFault(error));
  }
}

async function step(database: Client, revert: Revert, at: string, page: number): Promise<void> {
  if (revert.phase === "ids") {
    return await giveIdsBack(database, revert, at, page);
  }
  if (revert.phase === "changed") {
    const last = await changesUpTo(database, revert, page);
    return await writeRevert(database, restoreChanged(revert, last, at));
  }
  const last = await studentsUpTo(database, revert, page);
  await writeRevert(database, takeBackAdded(revert, last, at));
}

/** Cut off, it looks again at who is left: those before have theirs. */
async function giveIdsBack(
  database: Client,
  revert: Revert,
  at: string,
  page: number,
): Promise<void> {
  const { restored, failed } = settleIds(await idChanges(database, revert));
  let reached = revert;
  for (const some of inTurn(restored, page)) {
    const { statements, next } = restoreIds(reached, some, at);
    await writeRevert(database, statements);
    reached = next;
  }
  await writeRevert(database, endIds(reached, failed));
}
