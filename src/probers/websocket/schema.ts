import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { allowedTargetsSchema } from "../address-policy.ts";
import { authProperties, httpHeadersSchema, proxyProperties } from "../http-client-schema.ts";
import { ipPreferenceProperties } from "../resolution.ts";
import { tlsConfigSchema } from "../tls-options.ts";

const unused = (description: string) =>
  ({ type: "boolean", description: `${description} Accepted, but not used.` }) as const satisfies JSONSchema;

/** Schema of `http_config`: the options of blackbox_exporter's HTTP client, as far as its websocket prober accepts them. */
const httpConfigSchema = {
  type: "object",
  description: "TLS settings and credentials of the handshake.",
  additionalProperties: false,
  properties: {
    tls_config: tlsConfigSchema,
    ...authProperties,
    ...proxyProperties,
    http_headers: httpHeadersSchema,
    follow_redirects: unused("Redirects are not followed."),
    enable_http2: unused("The handshake is one of HTTP/1.1."),
  },
} as const satisfies JSONSchema;

const stepSchema = {
  type: "object",
  description: "A step of the conversation: expect, then send.",
  additionalProperties: false,
  properties: {
    expect: {
      type: "string",
      format: "regexp",
      description: "Reads one message, which this unanchored RE2 expression has to match.",
    },
    send: {
      type: "string",
      writeOnly: true,
      description:
        "Text message to send. After expect, its groups are $1, ${1} or ${name}, and $$ is a dollar sign.",
    },
    expect_bytes: { type: "string", description: "Accepted, but not used." },
    labels: {
      type: "array",
      items: { type: "object" },
      description: "Accepted, but not used.",
    },
    starttls: { type: "boolean", description: "Accepted, but not used." },
  },
  groupsOf: "expect",
} as const;

/** Schema of `modules.<name>.websocket`: the options of blackbox_exporter after 0.28.0, and `allowed_targets`. */
export const websocketSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    http_config: httpConfigSchema,
    headers: {
      ...httpHeadersSchema,
      description: `${httpHeadersSchema.description} Sent with the handshake.`,
    },
    query_response: {
      type: "array",
      items: stepSchema as Omit<typeof stepSchema, "groupsOf">,
      description:
        "Steps of the conversation after the handshake. Without any, the probe ends with the handshake.",
    },
    ...ipPreferenceProperties,
    allowed_targets: allowedTargetsSchema,
  },
} as const satisfies JSONSchema;

/** The options of a `websocket` module. */
export type WebsocketOptions = FromSchema<typeof websocketSchema>;
