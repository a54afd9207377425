import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { allowedTargetsSchema } from "../address-policy.ts";
import { conversationProperties } from "../query-response/schema.ts";
import { ipPreferenceProperties } from "../resolution.ts";
import { tlsConfigSchema } from "../tls-options.ts";

/** Schema of the options of prober `tcp`, named as in blackbox_exporter. */
export const tcpSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...conversationProperties,
    ...ipPreferenceProperties,
    source_ip_address: { type: "string", description: "Address of this machine to connect from." },
    tls_config: tlsConfigSchema,
    allowed_targets: allowedTargetsSchema,
  },
} as const satisfies JSONSchema;

/** The options of a `tcp` module. */
export type TcpOptions = FromSchema<typeof tcpSchema, { keepDefaultedPropertiesOptional: true }>;
