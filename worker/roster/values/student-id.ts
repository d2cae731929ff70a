/**
 * StudentId: letters and digits, or what the school's own pattern says.
 */
import { RE2JS } from "re2js";
import { Fault, tooLong } from "./fault.ts";
import { shown } from "./shown.ts";

const LIMIT = 64;

/**
 * A compiled pattern may have so many instructions: each character of a value costs at most one look
 * at each, so that a slice of values stays a matter of milliseconds.
 */
const INSTRUCTIONS = 2500;

/**
 * Makes the check of a school's StudentIds. Its time is proportional to the value's length, whatever
 * the pattern.
 * @param pattern the setting `studentIdPattern`: a regular expression for the whole value, or empty.
 * One that cannot be read, which only an older version can have stored, counts as empty.
 */
export function studentIdReader(pattern: string): (value: string) => string | Fault {
  const own = pattern === "" ? undefined : compiled(pattern);
  return function readStudentId(value) {
    if (value.length > LIMIT) return tooLong(value, LIMIT);
    if (own !== undefined) {
      if (own.matches(value)) return value;
      const message = `${shown(value)} is not a StudentId as the school writes them (${pattern}).`;
      return new Fault("student_id_format", message);
    }
    if (/^[A-Za-z0-9]+$/.test(value) || /^[\p{L}\p{Nd}]+$/u.test(value)) return value;
    const hint = /^\d+(?:[.,]\d+)?E\+\d+$/i.test(value)
      ? " A spreadsheet has shortened the number: format the column as text and enter it again."
      : "";
    return new Fault(
      "student_id_format",
      `${shown(value)} has characters other than letters and digits.${hint}`,
    );
  };
}

/** What is wrong with a school's pattern, as a sentence; `undefined`: nothing. */
export function patternFault(pattern: string): string | undefined {
  if (pattern === "") return undefined;
  const own = compiled(pattern);
  if (own === undefined) {
    return "a pattern is a regular expression as RE2 has them, such as [A-Z]\\d{8}: groups, " +
      "classes and repetitions up to 1000, no look-around and no back-references";
  }
  if (own.programSize() > INSTRUCTIONS) {
    return "the pattern is too large: fewer or shorter repetitions, such as \\d{1,10}";
  }
  if (/^\/.*\/[a-z]*$/.test(pattern)) {
    return "a pattern stands without the slashes around it, such as [A-Z]\\d{8}";
  }
  if (/^[\s^$|()?:]*$/.test(pattern)) return "the pattern fits no StudentId at all";
  return undefined;
}

function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
