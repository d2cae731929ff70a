/**
 * The nine columns of a roster, by position, and the names people give them (SPEC section 4).
 */

export const COLUMNS = [
  "Username",
  "StudentId",
  "LastName",
  "FirstName",
  "Telephone",
  "Dob",
  "RequirementGroup",
  "Term",
  "OnCampus",
] as const;
export type Column = (typeof COLUMNS)[number];

/** Well-known other names, as `simplified` writes them. */
const synonyms: Record<Column, readonly string[]> = {
  Username: ["email", "emailaddress", "emailaddressrequired", "login"],
  StudentId: ["cwid", "studentnumber"],
  LastName: ["surname", "familyname"],
  FirstName: ["givenname", "forename"],
  Telephone: ["phone", "phonenumber", "telephonenumber", "mobile", "cellphone"],
  Dob: ["dateofbirth", "birthdate", "birthday"],
  RequirementGroup: ["requirementsgroup"],
  Term: ["enteringterm", "semester"],
  OnCampus: ["campusresident", "oncampusresident"],
};

const positions = new Map(
  COLUMNS.flatMap((column, position) =>
    [column.toLowerCase(), ...synonyms[column]].map((name) => [name, position] as const)
  ),
);

/**
 * The position of the column that a header's word is a well-known name of, whatever its letter case,
 * spaces, underscores and hyphens; `undefined` for any other word.
 */
export function columnPosition(word: string): number | undefined {
  return word.length > 40 ? undefined : positions.get(simplified(word));
}

/** A name as it is compared: without letter case, spaces, underscores and hyphens. */
export function simplified(word: string): string {
  return word.replace(/[\s_-]/g, "").toLowerCase();
}

/** Does a row look like a header: are most of its values well-known names of columns? */
export function looksLikeHeader(fields: readonly string[]): boolean {
  const known = fields.filter((field) => columnPosition(field) !== undefined);
  return known.length >= 5;
}
