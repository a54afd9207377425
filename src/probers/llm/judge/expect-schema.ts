import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/** What an answer must be: stands under `expect` of a module and of each of its prompts. */
export const expectSchema = {
  description:
    "What the answer must be; all of it must hold. Default: the word HEALTHY for the default prompt, else any answer. {{nonce}}, {{a}}, {{b}} and {{sum}} stand for the values in the prompt.",
  type: "object",
  additionalProperties: false,
  properties: {
    word: {
      description:
        "Contains this word, in any case, by itself: UNHEALTHY and NOT_HEALTHY do not contain HEALTHY. A separate not before it is not understood.",
      type: "string",
    },
    equals: { description: "Is this text, white space around it aside.", type: "string" },
    contains: { description: "Contains this text, in the same case.", type: "string" },
    matches: { description: "RE2 expression that matches somewhere.", type: "string", format: "regexp" },
    not_matches: {
      description: "RE2 expression that matches nowhere.",
      type: "string",
      format: "regexp",
    },
    number: {
      description: "The last number in the answer is this one. Thousands may be separated by commas.",
      type: "object",
      additionalProperties: false,
      required: ["value"],
      properties: {
        value: { description: 'The number, or "{{sum}}".', type: ["number", "string"] },
        tolerance: {
          description: "How far the answer may be off.",
          type: "number",
          minimum: 0,
          default: 0,
        },
      },
    },
    max_length: {
      description: "Most characters of the answer, white space around it aside.",
      type: "integer",
      minimum: 1,
    },
    json_schema: {
      description:
        "JSON Schema (2020-12) of an answer in JSON; a fence of Markdown around it is taken off first. Of the placeholders it only knows {{nonce}}.",
      type: "object",
      additionalProperties: true,
    },
    tool_call: {
      description: "Calls this tool. Without tools in the module, the model is offered this one alone.",
      type: "object",
      additionalProperties: false,
      required: ["name"],
      properties: {
        name: { description: "Name of the tool.", type: "string", minLength: 1 },
        arguments: {
          description: "JSON Schema (2020-12) of the arguments. Of the placeholders it only knows {{nonce}}.",
          type: "object",
          additionalProperties: true,
        },
      },
    },
    dimensions: {
      description:
        "Length of the vector, with openai_embeddings, which takes no other expectation. Its numbers must be finite and not all zero in any case.",
      type: "integer",
      minimum: 1,
    },
  },
} as const satisfies JSONSchema;

/** The expectations as written. */
export type ExpectOptions = FromSchema<typeof expectSchema, { keepDefaultedPropertiesOptional: true }>;

/** Name of an expectation. */
export type ExpectationName = keyof ExpectOptions;
