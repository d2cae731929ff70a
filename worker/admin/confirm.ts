/** What cannot be taken back is confirmed with its name, so that nobody does it to the wrong one. */
import type { Context } from "hono";
import * as v from "valibot";
import { HttpProblem } from "../http/problem.ts";
import { principalOf } from "../http/principal.ts";

/** The query parameter. */
export const Confirm = v.pipe(v.string(), v.description("The name of what is meant, again"));

/**
 * @param name what `?confirm=` has to say
 * @param what what would be done, as a sentence without its full stop
 * @throws HttpProblem 400 `confirm_missing`
 */
export function checkConfirmed(c: Context, name: string, what: string): void {
  if (c.req.query("confirm") !== name) throw confirmMissing(name, what);
}

/** In words for who is at a form, a terminal or a program. */
export function confirmMissing(name: string, what: string): HttpProblem {
  return new HttpProblem(
    400,
    "confirm_missing",
    `${what}. If that is meant, type ${name} again: in the form, after --confirm on the command line, ` +
      `or as ?confirm=${encodeURIComponent(name)} of the API. Nothing was changed.`,
  );
}

/** The same, where the address names it in full already: a program need not say it twice, a person does. */
export function checkTypedAgain(c: Context, name: string, what: string): void {
  const isPerson = principalOf(c).signedInAt !== undefined;
  if (isPerson || c.req.query("confirm") !== undefined) checkConfirmed(c, name, what);
}
