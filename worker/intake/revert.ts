/**
 * Undo: what an upload changed is put back, page by page; cut off, it goes on where it was (SPEC
 * section 9).
 */
import type { Client } from "@libsql/client";
import type { Author } from "../database/control/audit.ts";
import {
  changesUpTo,
  type IdChange,
  idChanges,
  restoreChanged,
  restoreIds,
  type Revert,
  RevertMoved,
  revertOf,
  studentsUpTo,
  takeBackAdded,
  writeRevert,
} from "../database/school/reverts.ts";

/** Changes or students in one batch. */
const PAGE = 1000;
/** Somebody else who does the same moves it on: that is no reason to give up soon. */
const MOST_MOVED = 1000;

/**
 * Takes a revert that was begun to its end.
 * @param page so many changes or students in one batch
 */
export async function carryOutRevert(
  database: Client,
  uploadId: string,
  by: Author,
  page = PAGE,
): Promise<Revert> {
  for (let moved = 0;;) {
    const revert = (await revertOf(database, uploadId))!;
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
    const { restored, failed } = settleIds(await idChanges(database, revert));
    const changes = restored.map(({ change }) => change);
    return await writeRevert(database, restoreIds(revert, changes, failed, by.at));
  }
  if (revert.phase === "changed") {
    const last = await changesUpTo(database, revert, page);
    return await writeRevert(database, restoreChanged(revert, last, by));
  }
  const last = await studentsUpTo(database, revert, page);
  await writeRevert(database, takeBackAdded(revert, last, by));
}

/**
 * Who can have back the StudentId of before: not where somebody holds it who keeps it, and who does not
 * get his own keeps what he has.
 */
export function settleIds(changes: readonly IdChange[]): {
  restored: IdChange[];
  failed: { usernameKey: string; username: string; holder: string }[];
} {
  const open = new Map(changes.map((change) => [change.usernameKey, change]));
  const wanted = new Map<string, IdChange[]>();
  const failed = new Map<string, string>();
  const failing: IdChange[] = [];
  const fail = (change: IdChange, holder: string) => {
    if (!open.delete(change.usernameKey)) return;
    failed.set(change.usernameKey, holder);
    failing.push(change);
  };
  for (const change of changes) {
    if (change.before === null) continue;
    const rivals = wanted.get(change.before) ?? [];
    // Between two slices another upload may have passed it on: the first had it first.
    if (rivals.length > 0) fail(change, rivals[0]!.username);
    wanted.set(change.before, [...rivals, change]);
  }
  for (const change of changes) {
    const { holder } = change;
    if (holder !== undefined && !open.has(holder.usernameKey)) fail(change, holder.username);
  }
  for (let change; (change = failing.pop()) !== undefined;) {
    if (change.now === null) continue;
    for (const rival of wanted.get(change.now) ?? []) fail(rival, change.username);
  }
  return {
    restored: [...open.values()],
    failed: changes.filter(({ usernameKey }) => failed.has(usernameKey)).map((change) => ({
      usernameKey: change.usernameKey,
      username: change.username,
      holder: failed.get(change.usernameKey)!,
    })),
  };
}
