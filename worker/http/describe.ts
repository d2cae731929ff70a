/**
 * What a route takes and answers, said at the route: `/openapi.json` is made of it, and what it does not
 * name behind the `?` of an address is refused.
 */
import type { MiddlewareHandler } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import * as v from "valibot";
import { jsonSchema } from "./json-schema.ts";
import { takenBy } from "./query.ts";

/** Bytes that are no JSON: `text/csv`. */
export interface File {
  type: string;
  what: string;
}

export interface Description {
  /** What it does, as a sentence without its full stop: "Adds a key to a school". */
  summary: string;
  /** What a caller has to know besides. */
  description?: string;
  /** The query parameters; each name that is not here is refused. */
  query?: Record<string, v.GenericSchema>;
  body?: v.GenericSchema;
  /** May the body be left out? */
  bodyOptional?: boolean;
  /** What is answered with each status; `null`: nothing but the status. */
  answers: Record<number, v.GenericSchema | File | null>;
  /** The codes of the refusals that are this route's own, by their status. */
  refuses?: Record<number, string[]>;
}

/** Put behind `needs`: what the route takes and answers. */
export function describes(description: Description): MiddlewareHandler {
  const { summary, query = {}, body, bodyOptional = false, answers, refuses = {} } = description;
  const middleware = describeRoute(
    {
      summary,
      ...(description.description ? { description: description.description } : {}),
      parameters: Object.entries(query).map(([name, schema]) => parameter(name, schema)),
      ...(body ? { requestBody: { required: !bodyOptional, content: json(body) } } : {}),
      responses: {
        ...Object.fromEntries(
          Object.entries(answers).map(([status, answer]) => [status, response(status, answer)]),
        ),
        ...Object.fromEntries(
          Object.entries(refuses).map(([status, codes]) => [status, refusal(codes)]),
        ),
        "4XX": { $ref: "#/components/responses/Refusal" },
        "5XX": { $ref: "#/components/responses/Fault" },
      },
      // The types are OpenAPI 3.0's; what is made is 3.1.
    } as unknown as Parameters<typeof describeRoute>[0],
  );
  takenBy(middleware, Object.keys(query));
  return middleware;
}

/** The answer of a list: a page of `item`. */
export function pageOf(item: v.GenericSchema) {
  return v.object({
    items: v.array(item),
    /** The `cursor` of the next page; absent from the last. */
    next: v.optional(v.pipe(v.string(), v.description("The cursor of the next page"))),
  });
}

const inputs = { components: {}, options: { mode: "input" as const } };

function parameter(name: string, schema: v.GenericSchema) {
  const required = !v.safeParse(schema, undefined).success;
  const { description, ...converted } = jsonSchema(schema, inputs);
  return {
    ...{ in: "query", name, required, schema: converted },
    ...(description ? { description } : {}),
  };
}

function json(schema: v.GenericSchema, mode: "input" | "output" = "input") {
  return { "application/json": { schema: resolver(schema, { options: { mode } }) } };
}

const words: Record<string, string> = {
  200: "It is so, or it was done",
  201: "It was made",
  202: "It is asked for, and done soon",
  204: "It was done; there is nothing to say",
};

function response(status: string, answer: v.GenericSchema | File | null) {
  if (answer === null) return { description: words[status] };
  if ("kind" in answer) return { description: words[status], content: json(answer, "output") };
  return { description: answer.what, content: { [answer.type]: { schema: { type: "string" } } } };
}

function refusal(codes: string[]) {
  const listed = codes.map((code) => `\`${code}\``).join(", ");
  return {
    description: `Refused: ${listed}`,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}
