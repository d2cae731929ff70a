/** Time zones by their IANA names, and instants on a zone's clock. */

/** Shown when a zone is refused. */
const examples = ["America/New_York", "Europe/Berlin", "UTC"] as const;

/**
 * Reads a time zone's name. Abbreviations are refused: `EST` would stay at -05:00 all summer, which
 * is not what a school in New York means by it.
 */
export function readZone(
  text: string,
): { name: string } | { message: string; examples: readonly string[] } {
  const name = text.trim();
  if (/^(?:utc|gmt|z)$/i.test(name)) return { name: "UTC" };
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  if (/^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)+$/.test(name) && name.includes("/")) {
    try {
      // Some names come back as the zone they are an alias of; the spelling that was given is kept.
      const found = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
      return { name: found.toLowerCase() === name.toLowerCase() ? found : name };
    } catch {
      // Not a zone: answered below.
    }
  }
  const meant = zonesMeant(name);
  const isFull = /^[A-Za-z_]+\/[A-Za-z_/+-]+$/.test(name);
  const proposal = meant.length > 0 ? `Did you mean ${meant.join(" or ")}? ` : "";
  return {
    message:
      `"${shown}" is not a time zone${isFull ? " that this service knows" : "'s full name"}. ` +
      `${proposal}Write the continent and a city, ` +
      `such as ${examples.join(", ")}.`,
    examples: meant.length > 0 ? meant : examples,
  };
}

/** What people call a zone, and the names of it they may mean. */
const colloquial: Record<string, readonly string[]> = {
  eastern: ["America/New_York"],
  central: ["America/Chicago"],
  mountain: ["America/Denver", "America/Phoenix"],
  pacific: ["America/Los_Angeles"],
  alaska: ["America/Anchorage"],
  hawaii: ["Pacific/Honolulu"],
  cet: ["Europe/Berlin", "Europe/Paris"],
  bst: ["Europe/London"],
};
const abbreviations: Record<string, string> = {
  ...{ est: "eastern", edt: "eastern", et: "eastern", est5edt: "eastern", us_eastern: "eastern" },
  ...{ cst: "central", cdt: "central", ct: "central", cst6cdt: "central" },
  ...{ mst: "mountain", mdt: "mountain", mt: "mountain", mst7mdt: "mountain" },
  ...{ pst: "pacific", pdt: "pacific", pt: "pacific", pst8pdt: "pacific" },
  ...{ akst: "alaska", akdt: "alaska", hst: "hawaii", cest: "cet", mez: "cet", mesz: "cet" },
};

/** Full names for an abbreviation, or for a city without its continent; at most three. */
function zonesMeant(text: string): string[] {
  const word = text.toLowerCase().replace(/\b(?:standard|daylight|time|zone)\b/g, "").trim()
    .replace(/[\s-]+/g, "_");
  const known = colloquial[abbreviations[word] ?? word];
  if (known) return [...known];
  const zones = word === "" ? [] : Intl.supportedValuesOf("timeZone");
  return zones.filter((zone) => zone.toLowerCase().split("/").at(-1) === word).slice(0, 3);
}

/** An instant on a zone's clock, ISO 8601 with the offset: `2026-11-22T00:00:00-05:00`. */
export function formatLocal(milliseconds: number, timezone: string): string {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const part = Object.fromEntries(
    format.formatToParts(milliseconds).map(({ type, value }) => [type, value]),
  );
  const clock = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  const ahead = Math.round((Date.parse(`${clock}Z`) - milliseconds) / 60_000);
  const hours = String(Math.floor(Math.abs(ahead) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(ahead) % 60).padStart(2, "0");
  return `${clock}${ahead < 0 ? "-" : "+"}${hours}:${minutes}`;
}
