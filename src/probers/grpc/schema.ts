import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { allowedTargetsSchema } from "../address-policy.ts";
import { ipPreferenceProperties } from "../resolution.ts";
import { tlsConfigSchema } from "../tls-options.ts";

/** Schema of `modules.<name>.grpc`: blackbox_exporter's options, `metadata` of its later versions, and `allowed_targets`. */
export const grpcSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    service: {
      type: "string",
      description: "Service whose health is asked for; default the server as a whole.",
    },
    tls: { type: "boolean", description: "Connect over TLS; default false." },
    tls_config: tlsConfigSchema,
    metadata: {
      type: "object",
      additionalProperties: { type: "array", items: { type: "string", writeOnly: true } },
      description: "Metadata of the request: values by name, treated as secrets.",
    },
    ...ipPreferenceProperties,
    allowed_targets: allowedTargetsSchema,
  },
} as const satisfies JSONSchema;

/** The options of a `grpc` module. */
export type GrpcOptions = FromSchema<typeof grpcSchema>;
