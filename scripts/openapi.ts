/** `npm run openapi`: the document of the administrators' routes, or the types of a client of it. */
import type { Hono } from "hono";
import openapiTypescript, { astToString, type OpenAPI3 } from "openapi-typescript";
import { openApi } from "../worker/admin/openapi.ts";
import { unopenedApp } from "./unopened-app.ts";
import { readWords } from "./words.ts";

const words = readWords(
  process.argv.slice(2),
  ["--types"],
  "npm run --silent openapi prints the OpenAPI document of the administrators' routes; with -- --types " +
    "the TypeScript types of it, for openapi-fetch.",
);

const document = await openApi(unopenedApp() as unknown as Hono);
if (words.has("--types")) {
  const types = await openapiTypescript(JSON.parse(JSON.stringify(document)) as OpenAPI3);
  process.stdout.write(`// Made from the document of the admin routes; do not change it by hand:
// npm run --silent openapi -- --types > cli/generated-api.d.ts
${astToString(types)}`);
} else {
  console.log(JSON.stringify(document, null, 2));
}
