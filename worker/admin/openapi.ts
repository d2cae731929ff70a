/** `/openapi.json`: what the routes say of themselves, as one document (OpenAPI 3.1). */
import type { Handler, Hono, MiddlewareHandler } from "hono";
import { generateSpecs } from "hono-openapi";
import { needOf } from "./needs.ts";
import { roles } from "../database/control/tokens.ts";
import { FRESH_MS } from "../http/session.ts";
import type { Json } from "../http/json-schema.ts";

export interface OpenApi extends Json {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json };
}

export interface Operation extends Json {
  summary: string;
  tags: string[];
  parameters?: object[];
  responses: Record<string, object>;
}

/** @param app the whole worker, as the document has the paths that are asked for */
export async function openApi(app: Hono): Promise<OpenApi> {
  const made = await generateSpecs(app, { excludeStaticFile: false }) as unknown as OpenApi;
  const document: OpenApi = {
    openapi: "3.1.1",
    info,
    servers: [{ url: "/", description: "This worker" }],
    paths: made.paths,
    components: {
      ...components,
      schemas: { ...components.schemas, ...made.components.schemas },
    },
  };
  const needs = needsByOperation(app);
  const tags = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const need = needs.get(`${method} ${path}`);
      operation.security = need ? [{ token: [] }] : [];
      if (need) operation["x-role"] = need.role;
      if (need?.anew) operation["x-signed-in-within"] = `${FRESH_MS / 60_000} minutes`;
      const headers = headersOf(method, operation);
      if (need && headers.length > 0) {
        operation.parameters = [...operation.parameters ?? [], ...headers];
      }
      operation.tags = [tagOf(path)];
      tags.add(tagOf(path));
    }
  }
  document.tags = [...tags].toSorted().map((name) => ({ name, description: rooms[name] }));
  return document;
}

/** What an administrator's request may say in its headers. */
function headersOf(method: string, { responses }: Operation): object[] {
  const names = [
    ...(method === "post" ? ["IdempotencyKey"] : []),
    ...("412" in responses ? ["IfMatch"] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function needsByOperation({ routes }: Hono) {
  const handlers = new Map<string, (Handler | MiddlewareHandler)[]>();
  for (const { method, path, handler } of routes) {
    const key = `${method.toLowerCase()} ${path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`;
    handlers.set(key, [...handlers.get(key) ?? [], handler]);
  }
  return new Map([...handlers].map(([key, list]) => [key, needOf(list)]));
}

/** The room a route is in: of a school's routes what comes after the school. */
function tagOf(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== "admin");
  const room = (parts[0] === "schools" && parts[2]) || parts[0]!;
  return room in rooms || path.startsWith("/admin/") ? room : "worker";
}

/** The rooms with what is in each. */
const rooms: Record<string, string> = {
  overview: "What needs a person, and how things go",
  schools: "Schools and their settings",
  purge: "What the deletion of a school waits for, and ending it without that",
  connection: "Where a school comes in",
  retention: "For how long a school's home keeps what is done with",
  "storage-key": "The key that a school's stored files are encrypted with",
  keys: "Schools' SSH keys",
  suspension: "Putting a school out for a while",
  placements: "The RequirementGroup and Term pairs that rosters may name",
  uploads: "Rosters that schools sent, and what became of them",
  students: "The students of schools",
  verifications: "Students whose records a reviewer looked at",
  schedule: "When exports are made",
  exports: "Files of verified students",
  files: "What is in schools' homes",
  contacts: "Whom schools want to be told by mail",
  mails: "What contacts were told",
  webhooks: "Programs that are told what happens",
  logins: "Who logged in, and who was refused",
  "refused-logins": "Logins that were refused, of strangers too",
  bans: "Addresses that bridges shut out for a while",
  tokens: "Administrators' tokens",
  me: "Who asks",
  audit: "What administrators did",
  worker: "The worker itself",
};

const info = {
  title: "Rosterbridge",
  description:
    "Student rosters in by SFTP, verified students out: the administrators' API. Lists are " +
    "pages, newest first where they have a time; times are ISO 8601 UTC; refusals are RFC 9457 " +
    "problems with a code for programs and a sentence for people. Who asks too often within a minute " +
    "is answered 429 with Retry-After; RateLimit says with each answer how many requests are left. Each " +
    "process of the worker counts for itself.",
  version: "1",
  license: { name: "MIT", identifier: "MIT" },
};

const problem = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};

const components = {
  securitySchemes: {
    token: {
      type: "http",
      scheme: "bearer",
      description: `ADMIN_TOKEN, or a token of the role ${
        roles.join(", ")
      }; x-role is what is needed`,
    },
  },
  parameters: {
    IdempotencyKey: {
      in: "header",
      name: "Idempotency-Key",
      description:
        "16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the " +
        "same key is done once within a day, and answered as it was",
      schema: { type: "string", minLength: 16, maxLength: 200 },
    },
    IfMatch: {
      in: "header",
      name: "If-Match",
      description: "The ETag of what was read; 412 when somebody changed it since",
      schema: { type: "string" },
    },
  },
  responses: {
    Refusal: {
      description: "Refused, and nothing was changed: the sentence says what is allowed",
      content: problem,
    },
    Fault: {
      description: "Not now (503, with Retry-After), or a fault of the worker (500)",
      content: problem,
    },
  },
  schemas: {
    Problem: {
      type: "object",
      description: "RFC 9457; there are more members where they help",
      required: ["type", "title", "status", "code", "detail"],
      additionalProperties: true,
      properties: {
        type: { type: "string" },
        title: { type: "string" },
        status: { type: "integer" },
        code: { type: "string", description: "A stable word for programs" },
        detail: { type: "string", description: "For people: what was found, what is allowed" },
        errors: {
          type: "array",
          items: {
            type: "object",
            required: ["field", "problem"],
            properties: { field: { type: "string" }, problem: { type: "string" } },
          },
        },
      },
    },
  },
};
