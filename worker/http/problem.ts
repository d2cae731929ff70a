/**
 * What every route shares: problems as answers (RFC 9457) and JSON bodies read through a schema.
 */
import type { Context } from "hono";
import * as v from "valibot";
import { describeIssue } from "./issues.ts";

/** The largest body the worker takes, in bytes. */
export const BODY_BYTES = 16 * 1024 * 1024;

const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A refusal: thrown anywhere in a route, it is the answer. */
export class HttpProblem extends Error {
  /**
   * @param code a stable word for programs
   * @param detail for people: what was found, what is allowed, what was kept
   * @param members further members of the problem's JSON
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly members: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = "HttpProblem";
  }
}

/** The problem as `application/problem+json` (RFC 9457; `about:blank`: the title is the status's). */
export function problemResponse(problem: HttpProblem): Response {
  const { status, code, detail, members, headers } = problem;
  const title = titles[status] ?? "Error";
  return new Response(
    JSON.stringify({ type: "about:blank", title, status, code, detail, ...members }),
    { status, headers: { ...headers, "content-type": "application/problem+json" } },
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

/** The database cannot serve now; the caller should come again. */
export function databaseUnavailable(why: string): HttpProblem {
  return new HttpProblem(
    503,
    "database_unavailable",
    `The worker's database cannot serve now: ${why}. Nothing was lost; try again in a few seconds.`,
    {},
    { "retry-after": "2" },
  );
}
