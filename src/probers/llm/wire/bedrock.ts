import {
  countOf,
  finishPiece,
  isObject,
  type JsonObject,
  listOf,
  malformedPiece,
  objectOf,
  sumOf,
  textOf,
  textPiece,
  usagePiece,
} from "./json.ts";
import type {
  ApiError,
  FinishReason,
  Headers,
  Piece,
  PromptRequest,
  WireFormat,
  WireRequest,
} from "./types.ts";

/**
 * Bedrock's Converse with an API key. Only whole answers are read: a stream of it is neither events nor lines but
 * frames of bytes with checksums, which would be one more `framing` and this format's `readFrame`.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export const bedrock = {
  api: "bedrock",
  abilities: { options: [], system: true, tools: () => true, answer: "text", needsModel: true },
  framing: "none",
  fields: { messages: "prompt", system: "system" },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  // Models may be named by ARN, which contains slashes.
  endpoint: ({ model = "" }) => ({ path: `/model/${encodeURIComponent(model)}/converse` }),
  request,
  readFrame: ({ data }) => readWhole(data),
  readWhole,
  readError,
  errorReasons: {
    AccessDeniedException: "auth",
    UnrecognizedClientException: "auth",
    ExpiredTokenException: "auth",
    ResourceNotFoundException: "model_not_found",
    ValidationException: "bad_request",
    ThrottlingException: "rate_limited",
    ServiceQuotaExceededException: "rate_limited",
    // A status of 429 all the same: the model is being loaded.
    ModelNotReadyException: "loading",
    ServiceUnavailableException: "overloaded",
    ModelErrorException: "server_error",
    ModelTimeoutException: "server_error",
    ModelStreamErrorException: "stream_error",
    InternalServerException: "server_error",
  },
} as const satisfies WireFormat;

function request(ask: PromptRequest): WireRequest {
  return {
    body: {
      messages: [{ role: "user", content: [{ text: ask.prompt }] }],
      ...(ask.system === undefined ? {} : { system: [{ text: ask.system }] }),
      inferenceConfig: { maxTokens: ask.maxTokens },
      ...(ask.tools.length === 0 ? {} : { toolConfig: { tools: ask.tools.map(toolSpec) } }),
    },
  };
}

const toolSpec = ({ parameters, ...tool }: PromptRequest["tools"][number]): object => ({
  toolSpec: { ...tool, inputSchema: { json: parameters } },
});

function readWhole(answer: unknown): readonly Piece[] {
  const body = objectOf(answer);
  const message = objectOf(body["output"])["message"];
  if (!isObject(message)) {
    const error = readError(answer, {});
    return [error === undefined ? malformedPiece("the answer has no message") : { kind: "error", error }];
  }
  return [
    ...listOf(message["content"]).flatMap(blockOf),
    ...ending(body["stopReason"]),
    ...usageOf(objectOf(body["usage"])),
    { kind: "end" },
  ];
}

function blockOf(value: unknown): readonly Piece[] {
  const block = objectOf(value);
  if (isObject(block["reasoningContent"])) {
    const text = textOf(objectOf(block["reasoningContent"]["reasoningText"])["text"]) ?? "";
    // Without text it is redacted, but there was some.
    return [{ kind: "text", part: "reasoning", text }];
  }
  const call = block["toolUse"];
  if (isObject(call)) {
    return [{ kind: "tool_call", name: textOf(call["name"]) ?? "", arguments: { value: call["input"] } }];
  }
  return textPiece("output", block["text"]);
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

function ending(value: unknown): readonly Piece[] {
  const reason = textOf(value);
  return reason === undefined ? [] : [finishPiece(FINISH_REASONS, reason)];
}

/** What the cache knew is counted apart from the rest of the input. */
function usageOf(usage: JsonObject): readonly Piece[] {
  const cached = countOf(usage["cacheReadInputTokens"]);
  const input = countOf(usage["inputTokens"]);
  return usagePiece({
    input: input === undefined ? undefined : sumOf(input, cached, usage["cacheWriteInputTokens"]),
    output: countOf(usage["outputTokens"]),
    cached_input: cached,
  });
}

/** Reads `{"message": ...}`, whose type stands in a header or in `__type`, behind a namespace or before an address. */
function readError(data: unknown, headers: Headers): ApiError | undefined {
  const body = objectOf(data);
  const error = objectOf(body["error"]);
  const given = [headers["x-amzn-errortype"], body["__type"], error["type"]].flatMap(
    (type) => textOf(type) ?? [],
  );
  // "ThrottlingException:http://internal.amazon.com/..." and "com.amazon.coral.service#ThrottlingException"
  const codes = given.map((type) => type.replace(/:.*$/s, "").replace(/^.*#/s, ""));
  const message = textOf(body["message"]) ?? textOf(body["Message"]) ?? textOf(error["message"]);
  return message === undefined && codes.length === 0
    ? undefined
    : { codes, message: message ?? codes.join(" ") };
}
