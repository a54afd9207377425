import type { ConfigDeps } from "../../src/config/config.ts";
import { type Prober, succeeded } from "../../src/core/prober.ts";
import type { Secret } from "../../src/core/secret.ts";

// Probers that use every kind of schema and probe nothing.

/** Options of the `http` prober. */
export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly valid_status_codes?: readonly (number | string)[];
  readonly follow_redirects?: boolean;
  readonly body?: string;
  readonly password?: string;
}

/** A prober with most forms of a schema. */
export const httpProber: Prober<HttpOptions, HttpOptions> = {
  kind: "http",
  metrics: [],
  reasons: [],
  costly: false,
  schema: {
    $defs: {
      matcher: {
        type: "object",
        properties: { header: { type: "string" }, regexp: { type: "string", format: "regexp" } },
        required: ["header", "regexp"],
        additionalProperties: false,
      },
    },
    type: "object",
    properties: {
      method: { type: "string", minLength: 1 },
      headers: { type: "object", additionalProperties: { type: "string" } },
      valid_status_codes: {
        type: "array",
        items: {
          anyOf: [
            { type: "integer", minimum: 100, maximum: 599 },
            { type: "string", pattern: "^[1-5]xx$" },
          ],
        },
      },
      follow_redirects: { type: "boolean" },
      body: { type: "string" },
      body_file: { type: "string" },
      body_size_limit: { type: "integer", exclusiveMinimum: 0 },
      password: { type: "string", writeOnly: true },
      secrets: {
        type: "object",
        additionalProperties: { type: "array", items: { type: "string", writeOnly: true } },
      },
      proxy_url: { type: "string", format: "uri" },
      fail_if_header_matches: { type: "array", minItems: 1, items: { $ref: "#/$defs/matcher" } },
      auth: {
        oneOf: [
          {
            type: "object",
            properties: {
              type: { const: "basic" },
              username: { type: "string" },
              password: { type: "string", writeOnly: true },
            },
            required: ["type", "username"],
            additionalProperties: false,
          },
          {
            type: "object",
            properties: { type: { const: "bearer" }, token: { type: "string", writeOnly: true } },
            required: ["type", "token"],
            additionalProperties: false,
          },
        ],
      },
    },
    not: { required: ["body", "body_file"] },
    additionalProperties: false,
  },
  objection: ({ address }) => (URL.canParse(address) ? undefined : { part: "target", want: "a URL" }),
  caution: ({ address }) => (address.startsWith("gopher:") ? "is an old one" : undefined),
  compile(options, context) {
    if (options.method === "FETCH") context.problem(["method"], '"FETCH"', "an HTTP method");
    // A prober that quotes a secret in its problems.
    if (options.password?.startsWith("bad") === true) {
      context.problem(
        ["password"],
        JSON.stringify(options.password),
        `something better than ${options.password}`,
      );
      context.problem([], `a map with ${options.password}`, "another");
    }
    if (options.method === "QUIC") context.unsupported(["method"], "QUIC is not supported");
    if (options.method === "TRACE") context.warn(["method"], `is odd, with ${String(options.password)}`);
    return options;
  },
  probe: async () => ({ outcome: succeeded, samples: [] }),
};

/** Options of the `llm` prober. */
export interface LlmOptions {
  readonly api: string;
  readonly api_key?: string;
  readonly api_key_file?: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly expect?: { readonly word?: string };
}

/** A prober whose probes cost money. */
export const llmProber: Prober<LlmOptions, { readonly options: LlmOptions; readonly key?: Secret }> = {
  kind: "llm",
  metrics: [],
  reasons: [],
  costly: true,
  schema: {
    type: "object",
    properties: {
      api: { enum: ["openai", "anthropic", "ollama"] },
      api_key: { type: "string", writeOnly: true },
      api_key_file: { type: "string" },
      model: { type: "string" },
      prompt: { type: "string" },
      expect: { type: "object", properties: { word: { type: "string" } }, additionalProperties: false },
      extra_body: { type: "object", additionalProperties: true },
    },
    required: ["api"],
    additionalProperties: false,
  },
  expectedSpend({ model: own }, { options }) {
    const model = own ?? options.model;
    return {
      tokens: { input: 1, output: 1 },
      prompts: 1,
      ...(model === undefined ? {} : { requestedModel: model }),
    };
  },
  compile(options, context) {
    if (options.api_key_file === undefined) return { options };
    return { options, key: context.secretFile(options.api_key_file, ["api_key_file"]) };
  },
  probe: async () => ({ outcome: succeeded, samples: [] }),
};

/** The parts of the program that the tests load configurations with. */
export const deps: ConfigDeps = {
  probers: [httpProber, llmProber],
  metrics: [],
  formats: {
    regexp: (text) => {
      try {
        return new RegExp(text, "u").source !== "";
      } catch {
        return false;
      }
    },
    uri: (text) => URL.canParse(text),
  },
};
