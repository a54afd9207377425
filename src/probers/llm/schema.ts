import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";
import { DEFAULT_PROMPT } from "./prompt.ts";
import { type Api, WIRE_FORMATS } from "./wire/index.ts";

/** Options of a module of kind `llm`: what stands under `modules.<name>.llm`. */
export const llmSchema = {
  description: "Asks a language model a question and judges the answer.",
  type: "object",
  additionalProperties: false,
  required: ["api"],
  properties: {
    api: {
      description: "Wire format that the target speaks.",
      enum: WIRE_FORMATS.map((format): Api => format.api),
    },
    api_key: {
      description: "Key sent with each request. Prefer api_key_file or an environment variable.",
      type: "string",
      minLength: 1,
      writeOnly: true,
    },
    api_key_file: {
      description: "File that holds the key; read again when it changes.",
      type: "string",
      minLength: 1,
    },
    model: {
      description: "Model to ask for; a target's own model has precedence. Without either none is named.",
      type: "string",
      minLength: 1,
    },
    prompt: {
      description: "Question put to the model. {{nonce}} is replaced by a random value in each probe.",
      type: "string",
      minLength: 1,
      default: DEFAULT_PROMPT,
    },
    system: {
      description: "System message before the prompt; {{nonce}} is replaced as there.",
      type: "string",
      minLength: 1,
    },
    stream: {
      description: "Asks for the answer token by token, which is what token times are measured by.",
      type: "boolean",
      default: true,
    },
    max_tokens: {
      description: "Most tokens of the answer. Reasoning models need some hundred before they answer at all.",
      type: "integer",
      minimum: 1,
      default: 256,
    },
    max_tokens_field: {
      description: "Name of the field that carries max_tokens; older servers only know max_tokens.",
      enum: ["max_completion_tokens", "max_tokens"],
      default: "max_completion_tokens",
    },
    extra_body: {
      description:
        "More fields of the request, such as temperature; null takes away a field that is sent otherwise. Not for secrets.",
      type: "object",
      additionalProperties: true,
    },
    headers: {
      description: "More headers of the request. Their values are secret.",
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
    },
    query: {
      description: "More parameters of the URL. Not for secrets: URLs are logged on their way.",
      type: "object",
      additionalProperties: { type: "string" },
    },
    path: {
      description:
        "Path of the API below the target's address, instead of the usual one (/chat/completions, after /v1 if the address has no path).",
      type: "string",
      pattern: "^/",
    },
    stall_timeout: {
      description:
        "Longest silence between two pieces of a streamed answer; longer fails with the reason stalled.",
      type: "string",
      format: "duration",
    },
    allowed_models: {
      description:
        "RE2 expressions, matched against the whole name of the model that answered. If none matches the probe fails with the reason model_mismatch. Without this another model than the requested one is only exposed.",
      type: "array",
      minItems: 1,
      items: { type: "string", format: "regexp" },
    },
    allowed_targets: {
      description:
        "Hosts that may be probed though no target configures them. A module with a key or headers refuses any other.",
      type: "array",
      items: { type: "string", minLength: 1 },
    },
    tls_config: tlsConfigSchema,
    expect: {
      description:
        "What the answer must be; all of it must hold. Default: the word HEALTHY for the default prompt, else any answer. {{nonce}} stands for the value in the prompt.",
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
        json_schema: {
          description:
            "JSON Schema (2020-12) of an answer in JSON; a fence of Markdown around it is taken off first.",
          type: "object",
          additionalProperties: true,
        },
      },
    },
  },
} as const satisfies JSONSchema;

/** The options after validation. */
export type LlmOptions = FromSchema<typeof llmSchema, { keepDefaultedPropertiesOptional: true }>;

/** The expectations as written. */
export type ExpectOptions = NonNullable<LlmOptions["expect"]>;
