/** `/docs`: the document of the routes as a page. No script, nothing from elsewhere. */
import { html } from "hono/html";
import type { OpenApi, Operation } from "./openapi.ts";

type Html = ReturnType<typeof html>;

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Content {
  content?: Record<string, { schema: Schema }>;
}

interface Described extends Operation {
  description?: string;
  "x-role"?: string;
  parameters?: {
    in: string;
    name: string;
    required?: boolean;
    description?: string;
    schema: Schema;
  }[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content & { $ref?: string; description?: string }>;
}

export function docsPage({ paths, components }: OpenApi): Html {
  const rooms = new Map<string, Html[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations) as [string, Described][]) {
      const room = operation.tags[0]!;
      rooms.set(room, [...rooms.get(room) ?? [], operationPart(method, path, operation)]);
    }
  }
  const names = [...rooms.keys()].toSorted();
  const shapes = Object.entries(components.schemas as Record<string, Schema>);
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Rosterbridge: the administrators' API</title>
        <link rel="stylesheet" href="/docs/style.css">
      </head>
      <body>
        <header>
          <h1>The administrators' API</h1>
          <p>Every call carries <code>Authorization: Bearer …</code>. The same as a document for programs:
    <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
          <nav aria-label="Rooms">${names.map((name) =>
            html`
              <a href="#${name}">${name}</a>
            `
          )}<a
    href="#shapes">shapes</a></nav>
        </header>
        <main>
    ${names.map((name) =>
      html`<section id="${name}"><h2>${name}</h2>${rooms.get(name)!}</section>`
    )}
    <section id="shapes"><h2>Shapes</h2>
    ${shapes.map(([name, schema]) =>
      html`<article id="shape-${name}"><h3>${name}</h3>${note(schema)}${
        schemaPart(schema)
      }</article>`
    )}
    </section>
        </main>
      </body>
    </html>
  `;
}

function operationPart(method: string, path: string, operation: Described): Html {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const role = operation["x-role"];
  const body = requestBody?.content && Object.values(requestBody.content)[0]!.schema;
  return html`<article>
<h3><code><b>${method.toUpperCase()}</b> ${path}</code></h3>
<p>${summary}.${
    description
      ? html`
        ${description}
      `
      : ""
  } ${role ? html`<small>Role: ${role}</small>` : html`<small>For everybody</small>`}</p>
${
    parameters.length > 0 &&
    html`<dl>${
      parameters.map(({ name, required, description, schema }) =>
        field(name, Boolean(required), { description: description ?? "", ...schema })
      )
    }</dl>`
  }
${
    body &&
    html`<h4>Body${requestBody!.required ? "" : ", may be left out"}</h4>${schemaPart(body)}`
  }
<h4>Answers</h4>
<dl>${
    Object.entries(responses).filter(([, { $ref }]) => !$ref).map(([status, answer]) =>
      html`
        <dt><code>${status}</code></dt>
        <dd>${answer.description}${contentPart(answer)}</dd>
      `
    )
  }</dl>
</article>`;
}

function contentPart({ content = {} }: Content): Html | string {
  const [type, media] = Object.entries(content)[0] ?? [];
  if (!media || type === "application/problem+json") return "";
  if (type !== "application/json") return html`: <code>${type}</code>`;
  return html`${schemaPart(media.schema)}`;
}

/** An object as its fields, anything else as its type. */
function schemaPart(schema: Schema): Html {
  if (!schema.properties) return html`<p>${typeOf(schema)}</p>`;
  const { properties, required = [] } = schema;
  return html`<dl>${
    Object.entries(properties).map(([name, part]) => field(name, required.includes(name), part))
  }</dl>`;
}

function field(name: string, required: boolean, schema: Schema): Html {
  return html`<dt><code>${name}</code>${
    required ? "" : html`
      <small>optional</small>
    `
  }</dt>
<dd>${typeOf(schema)}${note(schema)}${
    schema.properties || schema.items?.properties
      ? schemaPart(schema.properties ? schema : schema.items!)
      : ""
  }</dd>`;
}

function note({ description, default: value }: Schema): Html | string {
  const usual = value === undefined || value === null ? "" : `else ${JSON.stringify(value)}`;
  const words = [description, usual].filter(Boolean).join("; ");
  return words
    ? html`
      <span>${words}</span>
    `
    : "";
}

function typeOf(schema: Schema): Html {
  const { $ref, type, format, items, anyOf } = schema;
  if ($ref) {
    const name = $ref.split("/").at(-1)!;
    return html`<a href="#shape-${name}">${name}</a>`;
  }
  if (anyOf) return html`${anyOf.map((one, i) => html`${i > 0 ? " or " : ""}${typeOf(one)}`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return html`<code>${schema.enum.map((one) => String(one)).join(" | ")}</code>`;
  if (items) return html`list of ${typeOf(items)}`;
  return html`${format === "date-time" ? "time" : type ?? "anything"}`;
}

export const docsStyle = `:root { color-scheme: light dark; --line: light-dark(#d8dbe2, #3a3f4b);
  --quiet: light-dark(#555b68, #a6adbb); --accent: light-dark(#1f5fbf, #8ab8ff); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 58rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
h2 { margin-top: 3rem; border-bottom: 2px solid var(--line); }
article { border-bottom: 1px solid var(--line); padding: .5rem 0 1rem; }
h3 { margin: .75rem 0 .25rem; font-size: 1.05rem; }
h4 { margin: .75rem 0 .25rem; font-size: .95rem; }
p { margin: .25rem 0; }
a { color: var(--accent); }
nav a { margin-right: .5rem; }
code { font: .9em ui-monospace, monospace; }
small, dd span { color: var(--quiet); }
dl { margin: 0; display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .15rem 1rem; }
dt, dd { margin: 0; min-width: 0; }
dd dl { border-left: 2px solid var(--line); padding-left: .75rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
`;
