/**
 * The limits that hold a file (SPEC section 9): what it comes to, measured against what a school
 * allows without somebody looking.
 */
import type { HoldWhen } from "./settings.ts";

/** What a file came to when it was checked: how many students, and how many rows. */
export interface Findings {
  /** Students it would add. */
  added: number;
  /** Students that were active and would have another value somewhere. */
  changed: number;
  /** Students it would make inactive. */
  left: number;
  /** Inactive students it would make active. */
  returned: number;
  /** Rows of the file, also those that are not read as they are too many. */
  rows: number;
  rejected: number;
  /** The school's active students before it. */
  active: number;
  /** Rows of the last file that was applied; `null`: there is none. */
  rowsBefore: number | null;
  headerOutOfOrder: boolean;
}

export type Limit = keyof HoldWhen;

/** A limit that was crossed: what it is, and what was found, in percent. */
export interface Crossed {
  limit: Limit;
  /** Percent; `null` where it is none. */
  allowed: number | null;
  found: number | null;
  /** For people, without a full stop. */
  sentence: string;
}

/** The limits that a file crosses, in the order in which the settings have them. */
export function crossedLimits(found: Findings, limits: HoldWhen): Crossed[] {
  const { active, rows, rowsBefore } = found;
  const fewer = rowsBefore === null ? 0 : rowsBefore - rows;
  const measured: [Limit, part: number, whole: number, words: string][] = [
    [
      "changedPercent",
      found.changed,
      active,
      `it would change ${number(found.changed)} of ${many(active, "active student")}`,
    ],
    [
      "removedPercent",
      found.left,
      active,
      `it would make ${number(found.left)} of ${many(active, "active student")} inactive`,
    ],
    [
      "rejectedPercent",
      found.rejected,
      rows,
      `${number(found.rejected)} of its ${many(rows, "row")} ${
        found.rejected === 1 ? "is" : "are"
      } rejected`,
    ],
    [
      "fewerRowsPercent",
      fewer,
      rowsBefore ?? 0,
      `it has ${many(rows, "row")}, and the last file that was applied had ${
        number(rowsBefore ?? 0)
      }`,
    ],
  ];
  const crossed = measured.flatMap(([limit, part, whole, words]): Crossed[] => {
    const allowed = limits[limit] as number | null | undefined;
    // Multiplied, so that 1 of 3 is never more than a third.
    if (allowed === undefined || allowed === null || whole <= 0 || part * 100 <= allowed * whole) {
      return [];
    }
    const percent = rounded(part, whole, allowed);
    const less = limit === "fewerRowsPercent" ? " fewer" : "";
    const sentence = `${words} (${percent} %${less}; the limit is ${allowed} %)`;
    return [{ limit, allowed, found: percent, sentence }];
  });
  if (limits.headerOutOfOrder && found.headerOutOfOrder) {
    const sentence = "its header names columns in another order than they are read";
    crossed.push({ limit: "headerOutOfOrder", allowed: null, found: null, sentence });
  }
  return crossed;
}

/** So many percent, rounded down: never to all while some are left, never to the limit that was crossed. */
function rounded(part: number, whole: number, allowed: number): number {
  for (const precision of [10, 1_000, 1_000_000]) {
    const percent = Math.floor(part * 100 * precision / whole) / precision;
    if (percent > allowed) return percent;
  }
  return part * 100 / whole;
}

/** Would it now add, change or remove more students than was shown? */
export function isWorse(now: Findings, shown: Findings, withoutRemovals: boolean): boolean {
  return now.added > shown.added ||
    now.changed + now.returned > shown.changed + shown.returned ||
    (!withoutRemovals && now.left > shown.left);
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}

function many(count: number, one: string): string {
  return `${number(count)} ${one}${count === 1 ? "" : "s"}`;
}
