import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { conversationProperties } from "../query-response/schema.ts";
import { tlsConfigSchema } from "../tls-options.ts";

/** Schema of the options of prober `unix`, named as in blackbox_exporter. */
export const unixSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...conversationProperties,
    tls_config: tlsConfigSchema,
    allowed_targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description:
        "Paths of sockets, and abstract ones as @name, that may be probed; * and ? stand for characters other than /. Default all.",
    },
  },
} as const satisfies JSONSchema;

/** The options of a `unix` module. */
export type UnixOptions = FromSchema<typeof unixSchema, { keepDefaultedPropertiesOptional: true }>;
