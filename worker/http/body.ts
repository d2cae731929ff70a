/** What callers send, read through a schema: bodies and the parts of an address. */
import type { Context } from "hono";
import * as v from "valibot";
import { describeIssue } from "./issues.ts";
import { HttpProblem } from "./problem.ts";

/** The largest body the worker takes, in bytes. */
export const BODY_BYTES = 16 * 1024 * 1024;

/**
 * The request's body, read through a schema. Whatever its content type says: `curl -d` sends another.
 *
 * @throws HttpProblem 400, naming each field with what was found and what is allowed
 */
export async function readJson<Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await c.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const found = text.trim() === "" ? "empty" : "not JSON";
    throw new HttpProblem(400, "body_not_json", `The body is ${found}; JSON is wanted.`);
  }
  return accept(schema, body, "body");
}

/** `value` through a schema. @throws HttpProblem 400 `<part>_invalid` with one error per field */
export function accept<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  part: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const errors = parsed.issues.slice(0, 20).map((issue) => describeIssue(schema, issue, part));
  const detail = errors.map(({ field, problem }) => `${field} ${problem}`).join("; ");
  throw new HttpProblem(400, `${part}_invalid`, `${detail}. Nothing was changed.`, { errors });
}
