/**
 * Time zones by their IANA names, as this runtime knows them. A stored one may be of a newer list than
 * this runtime's, or of an older one: what goes by it goes on, by UTC, and says so.
 */

/** Abbreviations are none: `EST` would stay at -05:00 all summer. */
export function isZone(name: string): boolean {
  if (name !== "UTC" && !name.includes("/")) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone to reckon with: a stored one, or UTC where this runtime does not know it. */
export function zoneHere(stored: string): string {
  return isZone(stored) ? stored : "UTC";
}

/** What is said of a zone that this runtime does not know; `undefined` when it does. */
export function zoneTrouble(stored: string | null): string | undefined {
  if (stored === null || isZone(stored)) return undefined;
  return `"${
    stored.slice(0, 60)
  }" is no time zone that this service knows now: UTC is used instead, ` +
    "until it is run with a list of time zones that has it, or another zone is set.";
}
