import { defined } from "../../../core/defined.ts";
import { type JsonObject } from "../../../core/json-object.ts";
import { countOf, objectOf, sumOf, textOf } from "./json.ts";
import { readOpenaiError } from "./openai-error.ts";
import { finishPiece, malformedPiece, modelPiece, textPiece, usagePiece } from "./pieces.ts";
import type {
  ApiError,
  FinishReason,
  Frame,
  Piece,
  PromptRequest,
  WireFormat,
  WireRequest,
} from "./types.ts";

/** The version that all servers of this API support. */
const DEFAULT_VERSION = "2023-06-01";

/** Anthropic's Messages API. https://docs.anthropic.com/en/api/messages */
export const anthropic = {
  api: "anthropic",
  abilities: { options: ["api_version"], system: true, tools: () => true, answer: "text", needsModel: false },
  framing: "sse",
  fields: {
    model: "model",
    messages: "prompt",
    system: "system",
    stream: "stream",
    max_tokens: "max_tokens",
  },
  credential: (key) => ({ "x-api-key": key }),
  endpoint: () => ({ prefix: "/v1", path: "/messages" }),
  request,
  readFrame,
  readWhole,
  readError,
  errorReasons: {
    invalid_request_error: "bad_request",
    request_too_large: "bad_request",
    authentication_error: "auth",
    permission_error: "auth",
    billing_error: "billing",
    not_found_error: "model_not_found",
    rate_limit_error: "rate_limited",
    overloaded_error: "overloaded",
    api_error: "server_error",
    timeout_error: "server_error",
    // Error types of llama.cpp, which also speaks this API.
    unavailable_error: "loading",
    server_error: "server_error",
  },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    headers: { "anthropic-version": question.special.api_version ?? DEFAULT_VERSION },
    body: {
      ...defined({ model: question.model, system: question.system }),
      messages: [{ role: "user", content: question.prompt }],
      max_tokens: question.maxTokens,
      ...(question.tools.length === 0
        ? {}
        : {
            tools: question.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
          }),
      stream: question.stream,
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const body = objectOf(data);
  // The data of an error event may have a different type, as in llama.cpp.
  switch (event === "error" ? event : (textOf(body["type"]) ?? event ?? "")) {
    case "message_start": {
      const message = objectOf(body["message"]);
      return [...modelPiece(message["model"]), ...usageOf(message["usage"])];
    }
    case "content_block_start":
      return blockOf(objectOf(body["content_block"]), countOf(body["index"]));
    case "content_block_delta":
      return deltaOf(objectOf(body["delta"]), countOf(body["index"]));
    case "message_delta":
      return [
        ...usageOf(body["usage"]),
        ...finishPiece(FINISH_REASONS, objectOf(body["delta"])["stop_reason"]),
      ];
    case "message_stop":
      return [{ kind: "end" }];
    case "error":
      return [
        { kind: "error", error: readError(data) ?? { codes: [], message: "an error without a message" } },
      ];
    default:
      // `ping`, and events of later versions, which the API asks clients to ignore.
      return [];
  }
}

function readWhole(answer: unknown): readonly Piece[] {
  const message = objectOf(answer);
  const error = message["type"] === "error" || message["error"] !== undefined ? readError(answer) : undefined;
  if (error !== undefined) return [{ kind: "error", error }];
  if (!Array.isArray(message["content"])) return [malformedPiece("the answer has no content")];
  return [
    ...modelPiece(message["model"]),
    ...message["content"].flatMap((block) => blockOf(objectOf(block), undefined)),
    ...usageOf(message["usage"]),
    ...finishPiece(FINISH_REASONS, message["stop_reason"]),
    { kind: "end" },
  ];
}

/** Reads a block of content. In a stream it has only begun, and later events refer to it by its index. */
function blockOf(block: JsonObject, index: number | undefined): readonly Piece[] {
  switch (block["type"]) {
    case "text":
      return textPiece("output", block["text"]);
    case "thinking":
      return textPiece("reasoning", block["thinking"]);
    case "redacted_thinking":
      return [{ kind: "text", part: "reasoning", text: "" }];
    case "tool_use":
      return [
        {
          kind: "tool_call",
          name: textOf(block["name"]) ?? "",
          // In a stream the input is an empty object here and follows as JSON.
          ...(index === undefined ? { arguments: { value: block["input"] } } : { call: index }),
        },
      ];
    default:
      return [];
  }
}

function deltaOf(delta: JsonObject, index: number | undefined): readonly Piece[] {
  switch (delta["type"]) {
    case "text_delta":
      return textPiece("output", delta["text"]);
    case "thinking_delta":
      return textPiece("reasoning", delta["thinking"]);
    case "input_json_delta": {
      const json = textOf(delta["partial_json"]);
      return json === undefined || index === undefined
        ? []
        : [{ kind: "tool_call", call: index, arguments: { json } }];
    }
    default:
      return [];
  }
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** Reads token counts, which are cumulative within a stream. The API counts cached input separately from other input. */
function usageOf(value: unknown): readonly Piece[] {
  const usage = objectOf(value);
  const cached = countOf(usage["cache_read_input_tokens"]);
  const input = countOf(usage["input_tokens"]);
  return usagePiece({
    input: input === undefined ? undefined : sumOf(input, cached, usage["cache_creation_input_tokens"]),
    output: countOf(usage["output_tokens"]),
    reasoning: countOf(objectOf(usage["output_tokens_details"])["thinking_tokens"]),
    cached_input: cached,
  });
}

/**
 * The beginning of the API's message for an account without credit, which has the type `invalid_request_error` and no code
 * in version 2023-06-01. No other message of the API begins like this.
 */
const NO_CREDIT = /^Your credit balance is too low to access the (?:Anthropic|Claude) API\b/;

/** Reads `{"type": "error", "error": {type, message, details: {error_code}}}`, and OpenAI's form as used by compatible servers. */
function readError(data: unknown): ApiError | undefined {
  const error = readOpenaiError(data);
  return error?.codes[0] === "invalid_request_error" && NO_CREDIT.test(error.message)
    ? { ...error, codes: ["credit_balance_too_low", ...error.codes] }
    : error;
}
