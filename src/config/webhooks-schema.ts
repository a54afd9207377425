import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** What relays and actions have in common. Defaults are stated for documentation: `webhooks.ts` applies them. */

const word = { type: "string", minLength: 1 } as const;

/** Keys by which a relay or an action says whose notifications it takes. */
export const inboundProperties = {
  token_file: { ...word, description: "File with the bearer token that Alertmanager has to show." },
  basic_auth: {
    type: "object",
    description: "What Alertmanager has to show instead of a token.",
    properties: {
      username: word,
      password: { ...word, writeOnly: true },
      password_file: { ...word, description: "File that holds the password; read again when it changes." },
    },
    required: ["username"],
    additionalProperties: false,
  },
} as const satisfies Record<string, JSONSchema>;

/** Headers to send: a text, which is kept secret, or a file that holds it. */
export const headersSchema = {
  type: "object",
  description: "Headers to send: a text, or `{ file: FILE }`. None of them is shown anywhere.",
  propertyNames: { type: "string", format: "header_name" },
  additionalProperties: {
    anyOf: [
      { type: "string", format: "header_value", writeOnly: true },
      {
        type: "object",
        properties: { file: { ...word, description: "Read again when it changes." } },
        required: ["file"],
        additionalProperties: false,
      },
    ],
  },
} as const satisfies JSONSchema;

/** How the receiver is trusted. */
export const outboundTlsSchema = {
  type: "object",
  description: "How the server is trusted.",
  properties: {
    ca_file: { ...word, description: "Certificates to trust instead of the usual ones." },
    insecure_skip_verify: { type: "boolean", default: false, description: "Trust anybody." },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type Keep = { keepDefaultedPropertiesOptional: true };

const inboundSchema = { type: "object", properties: inboundProperties } as const satisfies JSONSchema;
export type RawInbound = FromSchema<typeof inboundSchema, Keep>;
export type RawHeaders = FromSchema<typeof headersSchema, Keep>;
export type RawTls = FromSchema<typeof outboundTlsSchema, Keep>;
