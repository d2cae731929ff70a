/** Says in words what a schema found wrong: the field, what it had and what it takes. */
import * as v from "valibot";

export interface FieldError {
  /** The field's path, `settings.emailDomains.0`; the part itself when all of it is meant. */
  field: string;
  problem: string;
}

/** `part` is what the value is to the sender: `body`, `query`. */
export function describeIssue(
  schema: v.GenericSchema,
  issue: v.BaseIssue<unknown>,
  part: string,
): FieldError {
  const field = v.getDotPath(issue) ?? part;
  const last = issue.path?.at(-1);
  const isKey = last !== undefined && "origin" in last && last.origin === "key";
  if (isKey && issue.expected === "never") {
    const allowed = keysOf(schema, issue.path!.slice(0, -1).map(({ key }) => key));
    return { field, problem: `is not known here; allowed are ${allowed.join(", ")}` };
  }
  if (isKey) return { field, problem: "is missing" };
  return { field, problem: `${found(issue)}; ${allowedOf(issue)}` };
}

function found(issue: v.BaseIssue<unknown>): string {
  const received = issue.received.length > 80 ? `${issue.received.slice(0, 80)}…` : issue.received;
  return `is ${received}`;
}

/** What is allowed: valibot's own words, or the sentence that the schema was given. */
function allowedOf(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  return `allowed: ${issue.expected ?? issue.message}`;
}

/** The keys of the object that stands at a path of the schema. */
function keysOf(schema: v.GenericSchema, path: readonly unknown[]): string[] {
  let at: unknown = schema;
  for (const key of path) {
    const { entries, item } = unwrap(at);
    at = entries?.[String(key)] ?? item;
  }
  return Object.keys(unwrap(at).entries ?? {});
}

interface SchemaParts {
  entries?: Record<string, unknown>;
  item?: unknown;
}

function unwrap(schema: unknown): SchemaParts {
  let at = schema as SchemaParts & { wrapped?: unknown };
  while (at?.wrapped) at = at.wrapped as typeof at;
  return at ?? {};
}
