import type { JSONSchema } from "json-schema-to-ts";

/** `plugins` of the configuration. */
export const pluginsSchema = {
  type: "array",
  items: { type: "string", minLength: 1 },
  uniqueItems: true,
  description:
    "Files of plugins, relative to the configuration: TypeScript (`.ts`, `.mts`) or JavaScript modules whose probers can be used like the exporter's own. They run with the exporter's rights.",
} as const satisfies JSONSchema;
