import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";
import { expectSchema } from "./judge/expect-schema.ts";
import { DEFAULT_PROMPT } from "./judge/prompt.ts";
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
      description:
        "Question put to the model. In each probe {{nonce}} is replaced by a random value, {{a}} and {{b}} by random numbers, whose sum the expectation calls {{sum}}: a cache cannot answer it.",
      type: "string",
      minLength: 1,
      default: DEFAULT_PROMPT,
    },
    system: {
      description: "System message before the prompt; placeholders are replaced as there.",
      type: "string",
      minLength: 1,
    },
    prompts: {
      description: "A set of prompts instead of one, each with its own expectation.",
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["prompt"],
        properties: {
          prompt: { description: "As the option prompt.", type: "string", minLength: 1 },
          system: {
            description: "As the option system, which is its default.",
            type: "string",
            minLength: 1,
          },
          expect: expectSchema,
        },
      },
    },
    prompts_mode: {
      description:
        "rotate: each probe of a target asks the next prompt. all: each probe asks one after the other until one fails; tokens are summed, and times are those of the first.",
      enum: ["rotate", "all"],
      default: "rotate",
    },
    tools: {
      description:
        "Tools that the model is offered, for apis that have them. Default: the one that is expected to be called.",
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name"],
        properties: {
          name: { description: "Name of the tool.", type: "string", pattern: "^[a-zA-Z0-9_-]{1,64}$" },
          description: { description: "What it does, for the model.", type: "string", minLength: 1 },
          parameters: {
            description: "JSON Schema of its arguments, an object.",
            type: "object",
            additionalProperties: true,
          },
        },
      },
    },
    stream: {
      description:
        "Asks for the answer token by token, which is what token times are measured by. Ignored with bedrock, whose streams are not read yet, and with openai_embeddings, which has none.",
      type: "boolean",
      default: true,
    },
    max_tokens: {
      description:
        "Most tokens of the answer. Reasoning models need some hundred before they answer at all; openai_responses takes no less than 16.",
      type: "integer",
      minimum: 1,
      default: 256,
    },
    max_tokens_field: {
      description:
        "Name of the field that carries max_tokens, with openai and azure_openai; older servers only know max_tokens.",
      enum: ["max_completion_tokens", "max_tokens"],
      default: "max_completion_tokens",
    },
    api_version: {
      description:
        "Version of the API: the header anthropic-version (default 2023-06-01) with anthropic, the parameter api-version (default 2024-10-21) with azure_openai.",
      type: "string",
      pattern: "^[a-zA-Z0-9.-]+$",
    },
    ollama_route: {
      description: "Which of its two routes to ask, with ollama.",
      enum: ["chat", "generate"],
      default: "chat",
    },
    extra_body: {
      description:
        "More fields of the request, such as temperature, merged into those that are sent; null takes one away. Not for secrets.",
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
        "Path of the API below the target's address, instead of the usual one, which for openai is /chat/completions, after /v1 if the address has no path.",
      type: "string",
      pattern: "^/",
    },
    stall_timeout: {
      description:
        "Longest silence between two pieces of a streamed answer; longer fails with the reason stalled.",
      type: "string",
      format: "duration",
    },
    cold_start: {
      description:
        "For models that are unloaded while nobody asks. A probe after a long silence is marked (probe_llm_cold_start), left out of the histograms of times and never makes its target degraded; it succeeds or fails all the same.",
      type: "object",
      additionalProperties: false,
      required: ["after"],
      properties: {
        after: {
          description:
            "The silence since the last probe of the same target. What was never probed counts as silent. Ollama unloads after 5m.",
          type: "string",
          format: "duration",
        },
      },
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
    tiers: {
      description:
        "Cheap questions to the servers of configured targets between the prompts, by name. They cost no tokens, go on when a budget is used up, and are never taken for an answer: they move no streak and no mode. probe_llm_tier tells how the last one ended.",
      type: "object",
      propertyNames: { type: "string", pattern: "^[a-z][a-z0-9_]{0,31}$" },
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["path", "interval"],
        properties: {
          path: {
            description:
              "Path on the target's server, such as /health or /v1/models, that is to be answered with a status of success.",
            type: "string",
            pattern: "^/[^?#]*$",
          },
          interval: { description: "Time between two of them.", type: "string", format: "duration" },
          trigger: {
            description:
              "Whether a prompt is sent at once when it fails after having succeeded, within the budget and after Retry-After.",
            type: "boolean",
            default: false,
          },
        },
      },
    },
    proxy_url: {
      description:
        "Proxy to go through: http://, with user and password if it wants them. https targets are reached by CONNECT. The proxy then resolves the target's name: link-local and metadata addresses are refused only where the target names them itself.",
      type: "string",
      minLength: 1,
      writeOnly: true,
    },
    tls_config: tlsConfigSchema,
    expect: expectSchema,
  },
} as const satisfies JSONSchema;

/** The options after validation. */
export type LlmOptions = FromSchema<typeof llmSchema, { keepDefaultedPropertiesOptional: true }>;
