import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** Schema of the expectations under `expect` of a module and of each of its prompts. */
export const expectSchema = {
  description:
    "Expectations of the answer, all of which must be met. Default: the word HEALTHY for the default prompt, any answer for other prompts. {{nonce}}, {{a}}, {{b}} and {{sum}} are replaced by the values in the prompt.",
  type: "object",
  additionalProperties: false,
  properties: {
    word: {
      description:
        "Contains this whole word, in any case: UNHEALTHY and NOT_HEALTHY do not contain HEALTHY. A negation such as not HEALTHY is not understood.",
      type: "string",
    },
    equals: { description: "Is exactly this text, apart from surrounding white space.", type: "string" },
    contains: { description: "Contains this text, in the same case.", type: "string" },
    matches: { description: "Matches this RE2 expression somewhere.", type: "string", format: "regexp" },
    not_matches: {
      description: "Matches this RE2 expression nowhere.",
      type: "string",
      format: "regexp",
    },
    number: {
      description: "The last number in the answer is this one. The answer may separate thousands by commas.",
      type: "object",
      additionalProperties: false,
      required: ["value"],
      properties: {
        value: { description: 'The number, or "{{sum}}".', type: ["number", "string"] },
        tolerance: {
          description: "Largest accepted difference from the number.",
          type: "number",
          minimum: 0,
          default: 0,
        },
      },
    },
    max_length: {
      description: "Maximum number of characters, apart from surrounding white space.",
      type: "integer",
      minimum: 1,
    },
    json_schema: {
      description:
        "Is JSON that is valid against this JSON Schema (2020-12); a Markdown fence around it is removed first. {{nonce}} is the only placeholder supported.",
      type: "object",
      additionalProperties: true,
    },
    tool_call: {
      description:
        "Calls this tool. The model is offered the tools expected in this way, unless the module sets tools.",
      type: "object",
      additionalProperties: false,
      required: ["name"],
      properties: {
        name: { description: "Name of the tool.", type: "string", minLength: 1 },
        arguments: {
          description: "JSON Schema (2020-12) of the arguments. {{nonce}} is the only placeholder supported.",
          type: "object",
          additionalProperties: true,
        },
      },
    },
    dimensions: {
      description:
        "Length of the vector, for openai_embeddings, which supports no other expectation. In any case its numbers must be finite and not all zero.",
      type: "integer",
      minimum: 1,
    },
  },
} as const satisfies JSONSchema;

/** The expectations as configured. */
export type ExpectOptions = FromSchema<typeof expectSchema, { keepDefaultedPropertiesOptional: true }>;

/** Name of an expectation. */
export type ExpectationName = keyof ExpectOptions;
