/** Says in words what a schema found wrong: the field, what it had and what it takes. */
import * as v from "valibot";
import { unseen } from "../given.ts";

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
  return { field, problem: `${found(issue)}; ${taken(issue)}` };
}

/** What was given, as people call it. */
function found({ type, input }: v.BaseIssue<unknown>): string {
  if (/length$|^non_empty$/.test(type)) {
    if (typeof input === "string") {
      return input === "" ? "is empty" : `has ${counted(input.length, "character")}`;
    }
    if (Array.isArray(input)) {
      return input.length === 0 ? "is empty" : `has ${counted(input.length, "entry", "entries")}`;
    }
  }
  if (Array.isArray(input)) return "is a list";
  if (typeof input === "object" && input !== null) return "is an object";
  const shown = (JSON.stringify(input) ?? String(input)).replace(unseen, escaped);
  return `is ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`;
}

/** As JSON writes control characters. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
};

/** What is allowed: the sentence that the schema was given, or one made of what it asks for. */
function taken(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  const { type, input, requirement } = issue as v.BaseIssue<unknown> & { requirement?: unknown };
  const [one, many] = Array.isArray(input) ? ["entry", "entries"] : ["character", "characters"];
  switch (type) {
    case "non_empty":
      return `it takes at least 1 ${one}`;
    case "min_length":
      return `it takes at least ${counted(Number(requirement), one!, many)}`;
    case "max_length":
      return `it takes at most ${counted(Number(requirement), one!, many)}`;
    case "integer":
      return "it takes a whole number";
    case "min_value":
      return `it takes ${String(requirement)} or more`;
    case "max_value":
      return `it takes ${String(requirement)} or less`;
    case "uuid":
      return "it takes a UUID";
  }
  const words = (issue.expected ?? "something else").replace(/^\((.*)\)$/, "$1").split(" | ");
  return `it takes ${words.map((word) => kinds[word] ?? word).join(" or ")}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
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
