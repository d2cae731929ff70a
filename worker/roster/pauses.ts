/** A school's pauses: days on which its files change nothing, or only add (SPEC section 9). */
import { zoneHere } from "../zones.ts";
import type { Pause } from "./settings.ts";

/** The day that an instant is in, `YYYY-MM-DD`. @param now milliseconds since the epoch */
export function dayIn(timezone: string, now: number): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zoneHere(timezone),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/**
 * The pause that is on; both its days belong to it, as the school's clocks have them. Of several a
 * `hold` counts, as it lets the least through.
 */
export function pauseOn(
  { pauses, timezone }: { pauses: readonly Pause[]; timezone: string },
  now: number,
): Pause | undefined {
  if (pauses.length === 0) return undefined;
  const today = dayIn(timezone, now);
  const on = pauses.filter(({ from, to }) => from <= today && today <= to);
  return on.find(({ kind }) => kind === "hold") ?? on[0];
}
