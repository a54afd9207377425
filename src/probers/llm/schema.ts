import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { tlsConfigSchema } from "../tls-options.ts";
import { expectSchema } from "./judge/expect-schema.ts";
import { DEFAULT_PROMPT } from "./judge/prompt.ts";
import { reasonsSchema } from "./reason-schema.ts";
import { type Api, WIRE_FORMATS } from "./wire/index.ts";

/** Schema of the options under `modules.<name>.llm`. */
export const llmSchema = {
  description: "Asks a language model a question and judges the answer.",
  type: "object",
  additionalProperties: false,
  required: ["api"],
  properties: {
    api: {
      description: "API of the target.",
      enum: WIRE_FORMATS.map((format): Api => format.api),
    },
    api_key: {
      description: "Key sent with each request. Prefer api_key_file or an environment variable.",
      type: "string",
      minLength: 1,
      writeOnly: true,
    },
    api_key_file: {
      description: "File with the key; read again when it changes.",
      type: "string",
      minLength: 1,
    },
    model: {
      description:
        "Model to ask for; the model of a target takes precedence. Without either, requests name no model, which only servers with one model accept.",
      type: "string",
      minLength: 1,
    },
    prompt: {
      description:
        "Prompt sent to the model. In each probe {{nonce}} is replaced by a random value, and {{a}} and {{b}} by random numbers, whose sum is {{sum}} in the expectation, so that no cache can answer.",
      type: "string",
      minLength: 1,
      default: DEFAULT_PROMPT,
    },
    system: {
      description: "System message before the prompt, with the same placeholders.",
      type: "string",
      minLength: 1,
    },
    prompts: {
      description: "Several prompts instead of one, each with its own expectation.",
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["prompt"],
        properties: {
          prompt: { description: "Same as the option prompt.", type: "string", minLength: 1 },
          system: {
            description: "Same as the option system, which is the default.",
            type: "string",
            minLength: 1,
          },
          expect: expectSchema,
        },
      },
    },
    prompts_mode: {
      description:
        "rotate: each probe of a target asks the next prompt. all: each probe asks all prompts in order until one fails; token counts are summed, and times are those of the first prompt.",
      enum: ["rotate", "all"],
      default: "rotate",
    },
    tools: {
      description:
        "Tools that the model is offered, for apis with tools. Default: the tools whose call is expected.",
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name"],
        properties: {
          name: { description: "Name of the tool.", type: "string", pattern: "^[a-zA-Z0-9_-]{1,64}$" },
          description: { description: "Purpose of the tool, for the model.", type: "string", minLength: 1 },
          parameters: {
            description: "JSON Schema of the arguments, which are an object.",
            type: "object",
            additionalProperties: true,
          },
        },
      },
    },
    stream: {
      description:
        "Requests the answer as a stream of tokens, which token times are measured by. Ignored by bedrock, whose streams are not supported yet, and by openai_embeddings, which has none.",
      type: "boolean",
      default: true,
    },
    max_tokens: {
      description:
        "Maximum number of tokens in the answer. Reasoning models may need several hundred before they answer; openai_responses refuses less than 16. The exporter stops reading a stream after four times as many, at least 64, and the probe fails with the reason limit_ignored, unless extra_body replaces the limit.",
      type: "integer",
      minimum: 1,
      default: 256,
    },
    thinking: {
      description:
        "strip: thinking inside the content, such as <think>...</think> or harmony's channels, is reasoning and not part of the answer, as in servers that parse it. keep: the content is judged as it comes.",
      enum: ["strip", "keep"],
      default: "strip",
    },
    max_tokens_field: {
      description:
        "Request field for max_tokens, for openai and azure_openai; older servers only support max_tokens.",
      enum: ["max_completion_tokens", "max_tokens"],
      default: "max_completion_tokens",
    },
    api_version: {
      description:
        "Version of the API: for anthropic the header anthropic-version (default 2023-06-01), for azure_openai the query parameter api-version (default 2024-10-21).",
      type: "string",
      pattern: "^[a-zA-Z0-9.-]+$",
    },
    ollama_route: {
      description: "Route of the API, for ollama.",
      enum: ["chat", "generate"],
      default: "chat",
    },
    extra_body: {
      description:
        "Additional request fields, such as temperature, merged into the request; null removes a field. Not for secrets.",
      type: "object",
      additionalProperties: true,
    },
    headers: {
      description: "Additional request headers. Their values are treated as secrets.",
      type: "object",
      additionalProperties: { type: "string", writeOnly: true },
    },
    query: {
      description: "Additional query parameters. Not for secrets: proxies and servers log URLs.",
      type: "object",
      additionalProperties: { type: "string" },
    },
    path: {
      description:
        "Path of the API below the target's address, instead of the default one, which for openai is /chat/completions, with /v1 before it if the address has no path.",
      type: "string",
      pattern: "^/",
    },
    stall_timeout: {
      description:
        "Longest silence between two pieces of a streamed answer. After a longer one the probe fails with the reason stalled.",
      type: "string",
      format: "duration",
    },
    cold_start: {
      description:
        "For servers that unload idle models. A probe after a long pause is marked (probe_llm_cold_start), left out of the latency histograms and never makes its target degraded. It still succeeds or fails as usual.",
      type: "object",
      additionalProperties: false,
      required: ["after"],
      properties: {
        after: {
          description:
            "Time since the last probe of the same target after which its model may be unloaded. The first probe of a target counts as a cold start. Ollama unloads after 5m.",
          type: "string",
          format: "duration",
        },
      },
    },
    allowed_models: {
      description:
        'RE2 expressions, matched against the whole name of the model that answered. If none matches, the probe fails with the reason model_mismatch. Without this option, a model other than the requested one is only exposed as a metric. If the module sends a key, requests to `/probe` may name only these models, `model`, and those of the module\'s configured targets; `[".*"]` allows every one.',
      type: "array",
      minItems: 1,
      items: { type: "string", format: "regexp" },
    },
    reasons: reasonsSchema,
    served_by: {
      description:
        "Where responses name the deployment, provider or model that served them, for gateways that hide it behind an alias: header or field. Default: the headers x-litellm-model-id and Ngrok-AIG-Model, or OpenRouter's field provider.",
      type: "object",
      additionalProperties: false,
      properties: {
        header: {
          description: "Response header with the name, such as x-litellm-model-name.",
          type: "string",
          minLength: 1,
        },
        field: {
          description:
            "Field with the name in the JSON of the answer or of a chunk of a stream, with dots between the steps, such as provider.",
          type: "string",
          pattern: "^[^.]+([.][^.]+)*$",
        },
      },
    },
    allowed_served_by: {
      description:
        "RE2 expressions, matched against the whole name of what served the answer. If none matches, or the response has no name, the probe fails with the reason model_mismatch, so that a gateway's own fallback does not hide that the target is down.",
      type: "array",
      minItems: 1,
      items: { type: "string", format: "regexp" },
    },
    allowed_targets: {
      description:
        "Hosts that /probe may ask for without a configured target. A module with a key or headers refuses all other hosts.",
      type: "array",
      items: { type: "string", minLength: 1 },
    },
    tiers: {
      description:
        "Cheap requests to the servers of configured targets between the prompts, by name. They cost no tokens, continue when a budget is exhausted, and never count as an answer: they change neither streak nor mode. probe_llm_tier is the result of the last one.",
      type: "object",
      propertyNames: { type: "string", pattern: "^[a-z][a-z0-9_]{0,31}$" },
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["path", "interval"],
        properties: {
          path: {
            description:
              "Path on the target's server, such as /health, /v1/models or /v2/models/{{model}}/ready. {{model}} is replaced by the name of the target's model, percent-encoded. A 2xx status is a success, if the body is as lists_model and matches require.",
            type: "string",
            pattern: "^/[^?#]*$",
          },
          lists_model: {
            description:
              "Whether the body has to be a list of models with the target's model in it, as of /v1/models, /api/tags, /api/ps or /v1beta/models. A model that is retired or not loaded is then seen without a token: the tier fails with the reason model_not_found.",
            type: "boolean",
            default: false,
          },
          matches: {
            description:
              "RE2 expression that has to match the body, in which {{model}} is replaced by the name of the target's model, literally. Bodies of more than 4 MiB fail.",
            type: "string",
            minLength: 1,
            format: "regexp",
          },
          interval: { description: "Time between two requests.", type: "string", format: "duration" },
          trigger: {
            description:
              "Whether the target is probed at once when the tier fails after a success, subject to the budget and to Retry-After.",
            type: "boolean",
            default: false,
          },
        },
      },
    },
    proxy_url: {
      description:
        "URL of an http:// proxy to use, with user and password if it requires them. https targets are reached by CONNECT. As the proxy resolves the target's name, link-local and metadata addresses are only refused if the target itself is one.",
      type: "string",
      minLength: 1,
      writeOnly: true,
    },
    tls_config: tlsConfigSchema,
    expect: expectSchema,
  },
} as const satisfies JSONSchema;

/** Validated options of a module of kind `llm`. */
export type LlmOptions = FromSchema<typeof llmSchema, { keepDefaultedPropertiesOptional: true }>;
