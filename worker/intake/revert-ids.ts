/** Who can have back the StudentId of before, and who has to be asked first. */
import type { IdChange, IdFailure } from "../database/school/revert-ids.ts";

/**
 * In batches in which each StudentId is free or becomes so: first who waits for nobody, then who waits
 * for what he has. Those who pass theirs round in a ring stay together, however many they are.
 */
export function* inTurn(changes: readonly IdChange[], page: number): Generator<IdChange[]> {
  const left = new Map(changes.map((change) => [change.usernameKey, change]));
  const waiting = new Map<string, IdChange>();
  for (const change of changes) {
    if (change.holder !== undefined) waiting.set(change.holder.usernameKey, change);
  }
  let batch: IdChange[] = [];
  for (const first of changes) {
    if (first.holder !== undefined && left.has(first.holder.usernameKey)) continue;
    for (let next: IdChange | undefined = first; next; next = waiting.get(next.usernameKey)) {
      if (!left.delete(next.usernameKey)) break;
      if (batch.push(next) < page) continue;
      yield batch;
      batch = [];
    }
  }
  for (const first of left.values()) {
    const ring: IdChange[] = [];
    for (let next: IdChange | undefined = first; next; next = waiting.get(next.usernameKey)) {
      if (!left.delete(next.usernameKey)) break;
      ring.push(next);
    }
    if (batch.length > 0 && batch.length + ring.length > page) {
      yield batch;
      batch = [];
    }
    for (const one of ring) batch.push(one);
  }
  if (batch.length > 0) yield batch;
}

/**
 * Who can have back the StudentId of before: not where somebody holds it who keeps it, and who does not
 * get his own keeps what he has.
 */
export function settleIds(changes: readonly IdChange[]): {
  restored: IdChange[];
  failed: IdFailure[];
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
