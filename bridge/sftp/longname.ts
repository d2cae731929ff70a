/**
 * The line of a listing that people see, in the form of `ls -l`. Clients such as FileZilla and lftp
 * read it too, so it has the nine columns that OpenSSH's server writes.
 */
import type { Entry } from "../home/home.ts";

const HALF_A_YEAR = 365 * 24 * 60 * 60 / 2;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const GROUP = "school";

/**
 * @param owner the school's slug
 * @param now seconds since the epoch
 */
export function longname(entry: Entry, owner: string, now: number): string {
  const { kind, permissions, size, modifiedAt } = entry.attributes;
  return [
    (kind === "folder" ? "d" : "-") + permissionLetters(permissions),
    (kind === "folder" ? "2" : "1").padStart(3),
    owner.padEnd(8),
    GROUP.padEnd(8),
    String(size).padStart(8),
    listingDate(modifiedAt, now),
    entry.name,
  ].join(" ");
}

function permissionLetters(permissions: number): string {
  return [..."rwxrwxrwx"].map((letter, i) => permissions & (0o400 >> i) ? letter : "-").join("");
}

/** The time of day for a recent file, the year for one older than half a year; UTC. */
function listingDate(modifiedAt: number, now: number): string {
  const date = new Date(modifiedAt * 1000);
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  if (now - modifiedAt < HALF_A_YEAR) return `${day} ${date.toISOString().slice(11, 16)}`;
  return `${day}  ${date.getUTCFullYear()}`;
}
