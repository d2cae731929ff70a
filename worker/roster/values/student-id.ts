/**
 * StudentId: letters and digits, or what the school's own pattern says.
 */
import { Fault, tooLong } from "./fault.ts";
import { shown } from "./shown.ts";

/** Also what keeps a school's own pattern from being tried on a text of any length. */
const LIMIT = 64;

/**
 * Makes the check of a school's StudentIds.
 * @param pattern the setting `studentIdPattern`: a regular expression for the whole value, or empty
 */
export function studentIdReader(pattern: string): (value: string) => string | Fault {
  const own = pattern === "" ? undefined : new RegExp(`^(?:${pattern})$`, "u");
  return function readStudentId(value) {
    if (value.length > LIMIT) return tooLong(value, LIMIT);
    if (own !== undefined) {
      if (own.test(value)) return value;
      const message = `${shown(value)} is not a StudentId as the school writes them (${pattern}).`;
      return new Fault("student_id_format", message);
    }
    if (/^[A-Za-z0-9]+$/.test(value) || /^[\p{L}\p{Nd}]+$/u.test(value)) return value;
    const hint = /^\d+(?:\.\d+)?E\+\d+$/i.test(value)
      ? " A spreadsheet has shortened the number: format the column as text and enter it again."
      : "";
    return new Fault(
      "student_id_format",
      `${shown(value)} has characters other than letters and digits.${hint}`,
    );
  };
}

/**
 * Can a pattern take a time out of all proportion, by trying one value in too many ways? True for a
 * repeated group that itself repeats or has alternatives, for a back-reference, and for more than
 * four open-ended repetitions. Some harmless patterns are among them, no exponential one is missing.
 */
export function isRiskyPattern(pattern: string): boolean {
  const bare = pattern.replace(/\\[^1-9k]/g, "x").replace(/\[(?:\\.|[^\]\\])*\]/g, "x");
  if (/\\[1-9k]/.test(bare)) return true;
  if ((bare.match(openEnded) ?? []).length > 4) return true;
  // From the inside out: each group without groups in it becomes one character.
  let rest = bare;
  for (;;) {
    const group = /\(([^()]*)\)([*+?]|\{[^}]*\})?/.exec(rest);
    if (group === null) return false;
    const [whole, content = "", repetition = ""] = group;
    const varies = /[*+|\ue000]|\{\d+,/.test(content) || /\w\?/.test(content);
    if (varies && repetition !== "" && repetition !== "?") return true;
    // What varies in it still varies in the group around it.
    rest = rest.replace(
      whole,
      () => varies ? "\ue000" : repetition === "" ? "x" : "x" + repetition,
    );
  }
}

const openEnded = /[*+]|\{\d+,\}/g;
