/**
 * Undo: what an upload changed is put back, page by page; cut off, it goes on where it was (SPEC
 * section 9).
 */
import type { Client } from "@libsql/client";
import type { Author } from "../database/control/audit.ts";
import { endIds, idChanges, restoreIds } from "../database/school/revert-ids.ts";
import {
  changesUpTo,
  restoreChanged,
  type Revert,
  RevertGone,
  RevertMoved,
  revertOf,
  revertsBefore,
  studentsUpTo,
  takeBackAdded,
  writeRevert,
} from "../database/school/reverts.ts";
import { inTurn, settleIds } from "./revert-ids.ts";

/** Changes or students in one batch. */
const PAGE = 1000;
/** Somebody else who does the same moves it on: that is no reason to give up soon. */
const MOST_MOVED = 1000;

/**
 * Takes a revert that was begun to its end, after those of the school that were begun before it: one that
 * was cut off keeps nobody waiting.
 * @throws {RevertGone}
 *
 * @param page so many changes or students in one batch
 */
export async function carryOutRevert(
  database: Client,
  uploadId: string,
  by: Author,
  page = PAGE,
): Promise<Revert> {
  for (const before of await revertsBefore(database, uploadId)) {
    await carryOut(database, before, by, page);
  }
  return await carryOut(database, uploadId, by, page);
}

async function carryOut(
  database: Client,
  uploadId: string,
  by: Author,
  page: number,
): Promise<Revert> {
  for (let moved = 0;;) {
    const revert = await revertOf(database, uploadId);
    if (!revert) throw new RevertGone();
    if (revert.phase === "done") return revert;
    try {
      await step(database, revert, by, page);
    } catch (error) {
      if (!(error instanceof RevertMoved) || ++moved > MOST_MOVED) throw error;
    }
  }
}

async function step(database: Client, revert: Revert, by: Author, page: number): Promise<void> {
  if (revert.phase === "ids") {
    return await giveIdsBack(database, revert, by, page);
  }
  if (revert.phase === "changed") {
    const last = await changesUpTo(database, revert, page);
    return await writeRevert(database, restoreChanged(revert, last, by));
  }
  const last = await studentsUpTo(database, revert, page);
  await writeRevert(database, takeBackAdded(revert, last, by));
}

/** Cut off, it looks again at who is left: those before have theirs. */
async function giveIdsBack(
  database: Client,
  revert: Revert,
  by: Author,
  page: number,
): Promise<void> {
  const { restored, failed } = settleIds(await idChanges(database, revert));
  let reached = revert;
  for (const some of inTurn(restored, page)) {
    const { statements, next } = restoreIds(reached, some, by.at);
    await writeRevert(database, statements);
    reached = next;
  }
  await writeRevert(database, endIds(reached, failed));
}
