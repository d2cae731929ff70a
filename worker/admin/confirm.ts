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
  if (c.req.query("confirm") === name) return;
  throw new HttpProblem(
    400,
    "confirm_missing",
    `${what}. If that is meant, add ?confirm=${encodeURIComponent(name)}. Nothing was changed.`,
  );
}

/** The same, where the address names it in full already: a program need not say it twice, a person does. */
export function checkTypedAgain(c: Context, name: string, what: string): void {
  const isPerson = principalOf(c).signedInAt !== undefined;
  if (isPerson || c.req.query("confirm") !== undefined) checkConfirmed(c, name, what);
}
