import type { FromSchema, JSONSchema } from "json-schema-to-ts";

const labelSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: {
    name: {
      type: "string",
      description: "Name of the label. Characters that label names cannot have become _.",
    },
    value: {
      type: "string",
      description: "Value of the label, with groups of expect as $1, ${1} or ${name}.",
    },
  },
} as const satisfies JSONSchema;

/** Schema of one entry of `query_response`, with the option names of blackbox_exporter. */
export const stepSchema = {
  type: "object",
  description: "A step of a conversation: expect, then send, then starttls.",
  additionalProperties: false,
  properties: {
    expect: {
      type: "string",
      format: "regexp",
      description:
        "Reads lines until this unanchored RE2 expression matches one. The ends of lines are removed; a line has at most 64 KiB.",
    },
    expect_bytes: {
      type: "string",
      description:
        "Reads as many bytes as this text has in UTF-8, which have to be equal to it. Not with expect.",
    },
    labels: {
      type: "array",
      items: labelSchema,
      description: "Labels of probe_expect_info, made of the line that expect matched.",
    },
    send: {
      type: "string",
      writeOnly: true,
      description:
        "Text to send, followed by \\n. After expect, its groups are $1, ${1} or ${name}, and $$ is a dollar sign.",
    },
    starttls: {
      type: "boolean",
      description: "Starts TLS with tls_config on the open connection; default false.",
    },
  },
  groupsOf: "expect",
} as const;

/** Schema of the options of a conversation, named as in blackbox_exporter. */
export const conversationProperties = {
  query_response: {
    type: "array",
    items: stepSchema as Omit<typeof stepSchema, "groupsOf">,
    description:
      "Steps of the conversation with the target. Without any, the probe ends once it is connected.",
  },
  tls: { type: "boolean", description: "Connect over TLS; default false." },
} as const satisfies Record<string, JSONSchema>;

/** The options of one step. */
export type StepOptions = FromSchema<Omit<typeof stepSchema, "groupsOf">>;
