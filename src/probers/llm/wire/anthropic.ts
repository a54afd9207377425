import { defined } from "../../../core/defined.ts";
import {
  countOf,
  finishPiece,
  type JsonObject,
  malformedPiece,
  modelPiece,
  objectOf,
  sumOf,
  textOf,
  textPiece,
  usagePiece,
} from "./json.ts";
import { readOpenaiError } from "./openai-error.ts";
import type {
  ApiError,
  FinishReason,
  Frame,
  Piece,
  PromptRequest,
  WireFormat,
  WireRequest,
} from "./types.ts";

/** The version that every server speaks that speaks this API. */
const DEFAULT_VERSION = "2023-06-01";

/** Anthropic's Messages. https://docs.anthropic.com/en/api/messages */
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
    // llama.cpp speaks this API with error types of its own.
    unavailable_error: "loading",
    server_error: "server_error",
  },
} as const satisfies WireFormat;

function request(ask: PromptRequest): WireRequest {
  return {
    headers: { "anthropic-version": ask.special.api_version ?? DEFAULT_VERSION },
    body: {
      ...defined({ model: ask.model, system: ask.system }),
      messages: [{ role: "user", content: ask.prompt }],
      max_tokens: ask.maxTokens,
      ...(ask.tools.length === 0
        ? {}
        : { tools: ask.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })) }),
      stream: ask.stream,
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const body = objectOf(data);
  // The data of an error event may have a type of its own, as llama.cpp's has.
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
      return [...usageOf(body["usage"]), ...ending(objectOf(body["delta"])["stop_reason"])];
    case "message_stop":
      return [{ kind: "end" }];
    case "error":
      return [{ kind: "error", error: readError(data) ?? { codes: [], message: "an error without words" } }];
    default:
      // `ping`, and whatever the API adds: its versions promise to be read this way.
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
    ...ending(message["stop_reason"]),
    { kind: "end" },
  ];
}

/** A block of content, which in a stream has only begun, and is then known by its index. */
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
          // The input of a block that has only begun is an empty object, and comes as JSON afterwards.
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

function ending(value: unknown): readonly Piece[] {
  const reason = textOf(value);
  return reason === undefined ? [] : [finishPiece(FINISH_REASONS, reason)];
}

/** Counts are cumulative within a stream. What the cache knew is counted apart from the rest of the input. */
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

/** Reads `{"type": "error", "error": {type, message, details: {error_code}}}`, and OpenAI's errors of what imitates it. */
function readError(data: unknown): ApiError | undefined {
  const code = textOf(objectOf(objectOf(objectOf(data)["error"])["details"])["error_code"]);
  const error = readOpenaiError(data);
  return error === undefined || code === undefined ? error : { ...error, codes: [code, ...error.codes] };
}
