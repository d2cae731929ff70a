/**
 * A school's settings: what its rosters may look like. Every one has a default.
 */
import * as v from "valibot";
import { isRiskyPattern } from "./values/student-id.ts";

export const SchoolSettings = v.strictObject({
  /** `email`: a Username must be an e-mail address; `any`: any text. */
  username: v.optional(v.picklist(["email", "any"]), "email"),
  /** With `email`: only addresses of these domains (subdomains are not included). */
  emailDomains: v.optional(
    v.array(v.pipe(v.string(), v.trim(), v.toLowerCase(), v.nonEmpty())),
    [],
  ),
  /** A regular expression that a whole StudentId must match; empty: letters and digits. */
  studentIdPattern: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(200),
      v.check(isPattern, "is not a regular expression"),
      v.check(
        (pattern) => !isRiskyPattern(pattern),
        "could take for ever on some values: no repeated group that itself repeats or has alternatives, no back-reference, at most four open-ended repetitions",
      ),
    ),
    "",
  ),
  /** ISO 3166 country whose national telephone numbers are understood. */
  country: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/)), "US"),
  onCampusRequired: v.optional(v.boolean(), true),
  /** Rows of one file after this many are not processed. */
  rowLimit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 50_000),
  /** What an export with nothing new makes: a file with the header only, or none. */
  emptyExports: v.optional(v.picklist(["header", "skip"]), "header"),
});
export type SchoolSettings = v.InferOutput<typeof SchoolSettings>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
