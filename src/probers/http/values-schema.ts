import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** One entry of `metrics`: a value of the response that becomes a gauge. */
export const valueSchema = {
  type: "object",
  description: "A number, boolean or state of the response as a gauge of its own.",
  additionalProperties: false,
  required: ["name", "help"],
  properties: {
    name: {
      type: "string",
      pattern: "^[a-zA-Z_:][a-zA-Z0-9_:]*$",
      description: "Name of the gauge; none that the exporter has itself.",
    },
    help: { type: "string", minLength: 1, description: "What it means." },
    json: {
      type: "string",
      minLength: 1,
      description:
        "Where it stands in a JSON body: a JSON pointer (`/components/heartbeat/uptime_seconds`) or a path (`components.heartbeat.uptime_seconds`). A step `*` stands for every key or element.",
    },
    header: { type: "string", minLength: 1, description: "The response header that it stands in." },
    regexp: {
      type: "string",
      format: "regexp",
      description:
        "Finds it in the body, or in the header: its group named `value`. Other named groups become labels.",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      propertyNames: { pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" },
      description: "Labels of the series.",
    },
    step_labels: {
      type: "array",
      items: { type: "string", pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" },
      description: "Names of the labels that tell which key or element each `*` of `json` stood for.",
    },
    states: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      uniqueItems: true,
      description:
        "The value is one of these words: a series for each, with the label `state`, of which one is 1.",
    },
    factor: {
      type: "number",
      default: 1,
      description: "What a number is multiplied with, to get base units.",
    },
  },
} as const satisfies JSONSchema;

export type ValueOptions = FromSchema<typeof valueSchema, { keepDefaultedPropertiesOptional: true }>;
