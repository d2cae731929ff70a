/** What was read is changed only if nobody changed it meanwhile: `ETag` and `If-Match` (RFC 9110, 8.8 and 13.1). */
import type { Context } from "hono";
import { hexDigest } from "./digest.ts";
import { HttpProblem } from "./problem.ts";

/** A strong validator of what is answered. */
export async function etagOf(...parts: string[]): Promise<string> {
  return `"${(await hexDigest(JSON.stringify(parts))).slice(0, 32)}"`;
}

/**
 * Does the request say which version it means? Without `If-Match` the change is made to any.
 * @throws HttpProblem 412 when that is not the one there is
 */
export function checkMatch(c: Context, etag: string): boolean {
  const wanted = c.req.header("if-match");
  if (wanted === undefined || wanted.trim() === "*") return false;
  // A weak one never matches (section 13.1.1).
  if (wanted.split(",").some((one) => one.trim() === etag)) return true;
  throw changedMeanwhile();
}

export function changedMeanwhile(): HttpProblem {
  return new HttpProblem(
    412,
    "changed_meanwhile",
    "Somebody changed it since you read it (If-Match names an older version). Read it again, and make " +
      "your change to that. Nothing was changed.",
  );
}
