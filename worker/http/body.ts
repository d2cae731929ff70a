/** What callers send, read through a schema: bodies and the parts of an address. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as v from "valibot";
import { describeIssue } from "./issues.ts";
import { HttpProblem } from "./problem.ts";

/** The largest body the worker takes, in bytes. */
export const BODY_BYTES = 16 * 1024 * 1024;

/**
 * Refuses larger bodies with 413. It reads a body that does not tell its length to its end, so it
 * stands behind `bearer`.
 */
export function limitedBody(): MiddlewareHandler {
  return bodyLimit({ maxSize: BODY_BYTES, onError: bodyTooLarge });
}

function bodyTooLarge(): never {
  throw new HttpProblem(
    413,
    "body_too_large",
    `The body is larger than ${BODY_BYTES} bytes, the most that is taken. Nothing of it was used.`,
  );
}

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

/** A body that may be left out: then it is `{}`. @throws HttpProblem 400 */
export async function readOptionalJson<Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  return (await c.req.text()).trim() === "" ? v.parse(schema, {}) : await readJson(c, schema);
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
  throw new HttpProblem(400, `${part}_invalid`, `${ended(detail)} Nothing was changed.`, {
    errors,
  });
}

/** With a full stop, unless it asks: "did you mean GB?" */
const ended = (sentence: string) => sentence.endsWith("?") ? sentence : `${sentence}.`;
