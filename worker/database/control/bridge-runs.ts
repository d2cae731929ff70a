/**
 * Which run of a bridge calls with each token. A bridge that was started again takes over from the run
 * before, which is never heard of again. Where that one still calls there are two bridges: such as one on
 * a copy of the other's folder, or one that was moved while the old one went on.
 */
import type { Client, InValue } from "@libsql/client";

/** What a run is to the others that call with its token. */
export type Turn =
  /** It called before. */
  | { type: "goes on" }
  /** It calls for the first time. */
  | { type: "begins" }
  /** Another one does, since this instant. */
  | { type: "refused"; otherSince: string };

/** A run that has gone on for so long is not the one to be refused, in milliseconds. */
const ESTABLISHED_MS = 120_000;

interface Runs {
  run: string;
  since: string;
  before: string | null;
  refused: string | null;
  /** How often the one before was heard since this one began. */
  heard: number;
}

/**
 * A call of the run before may have been on its way, or been sent twice by the network, when the next
 * run began. Only what calls more often than this is at work.
 */
const LATE_CALLS = 2;

/**
 * A run of the bridge with this token calls. Of two that both go on the one is refused that began when
 * the other was at work.
 *
 * @param run `undefined`: an older bridge, which does not say
 * @param now ISO 8601 UTC
 */
export async function runSeen(
  database: Client,
  { name, run }: { name: string; run: string | undefined },
  now: string,
): Promise<Turn> {
  if (run === undefined) return { type: "goes on" };
  const stored = await read(database, name);
  if (stored?.run === run) return { type: "goes on" };
  if (stored?.refused === run) return { type: "refused", otherSince: stored.since };
  if (!stored || stored.before !== run) {
    await takeOver(database, { name, run, before: stored?.run ?? null }, now);
    return { type: "begins" };
  }
  if (Number(stored.heard) < LATE_CALLS) {
    await change(database, "heard = heard + 1", [], name, stored);
    return { type: "goes on" };
  }
  if (Date.parse(now) - Date.parse(stored.since) < ESTABLISHED_MS) {
    await change(
      database,
      "run = ?, run_before = NULL, refused = ?",
      [run, stored.run],
      name,
      stored,
    );
    return { type: "goes on" };
  }
  await change(database, "run_before = NULL, refused = ?", [run], name, stored);
  return { type: "refused", otherSince: stored.since };
}

async function read(database: Client, name: string): Promise<Runs | undefined> {
  const { rows: [row] } = await database.execute({
    sql: "SELECT run, since, run_before AS before, refused, heard FROM bridge_runs WHERE name = ?",
    args: [name],
  });
  return row as unknown as Runs | undefined;
}

async function takeOver(
  database: Client,
  { name, run, before }: { name: string; run: string; before: string | null },
  now: string,
): Promise<void> {
  await database.execute({
    sql: `INSERT INTO bridge_runs (name, run, since, run_before) VALUES (?, ?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET run = excluded.run, since = excluded.since,
            run_before = excluded.run_before, heard = 0`,
    args: [name, run, now, before],
  });
}

/** Nothing, if another worker changed it meanwhile: the next call looks again. */
async function change(
  database: Client,
  set: string,
  values: InValue[],
  name: string,
  { run }: Runs,
): Promise<void> {
  await database.execute({
    sql: `UPDATE bridge_runs SET ${set} WHERE name = ? AND run = ?`,
    args: [...values, name, run],
  });
}
