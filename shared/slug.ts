/** A school's slug, which is also its SFTP user name (SPEC section 1). */
import * as v from "valibot";

const form = /^[a-z][a-z0-9_-]{1,31}$/;

export const Slug = v.pipe(
  v.string(),
  v.regex(form, "a slug takes 2 to 32 of a-z, 0-9, _ and -, the first a letter"),
);

export function isSlug(text: string): boolean {
  return form.test(text);
}
