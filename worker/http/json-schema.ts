/** Our schemas as JSON Schema 2020-12, which is what OpenAPI 3.1 has. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { loadVendor } from "hono-openapi";
import type * as v from "valibot";

export type Json = Record<string, unknown>;

interface Conversion {
  /** Schemas with the metadata `ref` are put here, once; what is answered then refers to them. */
  components: { schemas?: Json };
  options?: { mode?: "input" | "output" };
}

export function jsonSchema(schema: v.GenericSchema, { components, options }: Conversion): Json {
  const json = toJsonSchema(schema, {
    target: "draft-2020-12",
    // A check that is code cannot be said in JSON Schema; its sentence is in the refusal.
    errorMode: "ignore",
    typeMode: options?.mode ?? "output",
    overrideAction({ valibotAction, jsonSchema }) {
      const { type, metadata } = valibotAction as { type: string; metadata?: { ref?: string } };
      if (type !== "metadata" || !metadata?.ref) return undefined;
      // The conversion has put the metadata into the schema already.
      const { ref, ...named } = { ref: metadata.ref, ...jsonSchema as Json };
      components.schemas = { ...components.schemas, [String(ref)]: named };
      return { $ref: `#/components/schemas/${ref}` };
    },
  });
  delete json.$schema;
  return json as Json;
}

// Handed over here, as the package would look for it on the disk, where an edge worker may not.
loadVendor("valibot", {
  toOpenAPISchema: (schema, context): object =>
    jsonSchema(schema as unknown as v.GenericSchema, context as Conversion),
});
