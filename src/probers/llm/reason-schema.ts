import type { JSONSchema } from "json-schema-to-ts";
import type { LlmReason } from "./reasons.ts";

/** The reasons that an error of an API can have. Those of connections, of times and of the judge are none of them. */
export const API_REASONS = [
  "http_status",
  "redirect",
  "auth",
  "billing",
  "rate_limited",
  "overloaded",
  "loading",
  "model_not_found",
  "bad_request",
  "server_error",
  "stream_error",
  "malformed",
  "empty",
  "truncated",
  "refused",
] as const satisfies readonly LlmReason[];

const status = { type: "integer", minimum: 100, maximum: 599 } as const satisfies JSONSchema;
const code = { type: "string", minLength: 1 } as const satisfies JSONSchema;

/** The option `reasons`. */
export const reasonsSchema = {
  description:
    "Failure reasons for error responses and for errors inside a successful response, also in the middle of a stream, before the built-in ones. The first rule counts whose conditions all hold.",
  type: "array",
  minItems: 1,
  items: {
    type: "object",
    additionalProperties: false,
    required: ["reason"],
    properties: {
      status: {
        description:
          "HTTP status, or a list of them. An error inside a successful response has the status of the response and its own, if it names one.",
        anyOf: [status, { type: "array", minItems: 1, items: status }],
      },
      code: {
        description:
          "Code or type of the error as the API spells it, or a list of them. debug=true shows the body with its codes.",
        anyOf: [code, { type: "array", minItems: 1, items: code }],
      },
      body: {
        description:
          "RE2 expression that matches in the body: of an error response its first 64 KiB, of a stream the event with the error.",
        type: "string",
        minLength: 1,
        format: "regexp",
      },
      reason: {
        description: "Reason of the failure. With refused, the model counts as not judged.",
        enum: API_REASONS,
      },
    },
  },
} as const satisfies JSONSchema;
