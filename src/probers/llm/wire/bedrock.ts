import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, listOf, lookUp, objectOf, sumOf, textOf } from "./json.ts";
import { finishPiece, malformedPiece, textPiece, usagePiece } from "./pieces.ts";
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
 * Bedrock's Converse API with an API key. Only whole answers are read: its streams are binary frames with checksums, which
 * would need a new value of `framing` and a `readFrame` of their own.
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
    ValidationException: "bad_request",
    ServiceQuotaExceededException: "rate_limited",
    ModelErrorException: "server_error",
    ModelTimeoutException: "server_error",
    ModelStreamErrorException: "stream_error",
  },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      messages: [{ role: "user", content: [{ text: question.prompt }] }],
      ...(question.system === undefined ? {} : { system: [{ text: question.system }] }),
      inferenceConfig: { maxTokens: question.maxTokens },
      ...(question.tools.length === 0 ? {} : { toolConfig: { tools: question.tools.map(toolSpec) } }),
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
    ...finishPiece(FINISH_REASONS, body["stopReason"]),
    ...usageOf(objectOf(body["usage"])),
    ...filteredPrompt(body),
    { kind: "end" },
  ];
}

/**
 * Recognizes a prompt that a guardrail or a filter refused: its text is then the guardrail's, not the model's. The stop
 * reason is the same for an answer, so that the trace decides, or that the model has written no token.
 */
function filteredPrompt(body: JsonObject): readonly Piece[] {
  const given = textOf(body["stopReason"]) ?? "";
  if (lookUp(FINISH_REASONS, given) !== "content_filter") return [];
  const { inputAssessment, outputAssessments } = objectOf(objectOf(body["trace"])["guardrail"]);
  const byTrace = isObject(inputAssessment) && !isObject(outputAssessments);
  const isPrompt = byTrace || countOf(objectOf(body["usage"])["outputTokens"]) === 0;
  return isPrompt ? [{ kind: "filtered_prompt", certain: true, given }] : [];
}

function blockOf(value: unknown): readonly Piece[] {
  const block = objectOf(value);
  if (isObject(block["reasoningContent"])) {
    const text = textOf(objectOf(block["reasoningContent"]["reasoningText"])["text"]) ?? "";
    // Redacted reasoning has no text, but is a sign of life.
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

/** Reads token counts. The API counts cached input separately from other input. */
function usageOf(usage: JsonObject): readonly Piece[] {
  const cached = countOf(usage["cacheReadInputTokens"]);
  const input = countOf(usage["inputTokens"]);
  return usagePiece({
    input: input === undefined ? undefined : sumOf(input, cached, usage["cacheWriteInputTokens"]),
    output: countOf(usage["outputTokens"]),
    cached_input: cached,
  });
}

/**
 * The beginnings of the messages for a model that does not exist, or not under this name. Their type, `ValidationException`,
 * is that of any invalid request. https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
const NOT_OFFERED =
  /^The provided model identifier is invalid\b|^Invocation of model ID \S+ with on-demand throughput isn.t supported\b/;

/** Reads `{"message": ...}`. The type is in a header or in `__type`, with a namespace before it or an address after it. */
function readError(data: unknown, headers: Headers): ApiError | undefined {
  const body = objectOf(data);
  const error = objectOf(body["error"]);
  const types = [headers["x-amzn-errortype"], body["__type"], error["type"]].flatMap(
    (type) => textOf(type) ?? [],
  );
  // "ThrottlingException:http://internal.amazon.com/..." and "com.amazon.coral.service#ThrottlingException"
  const codes = types.map((type) => type.replace(/:.*$/s, "").replace(/^.*#/s, ""));
  const message = textOf(body["message"]) ?? textOf(body["Message"]) ?? textOf(error["message"]);
  if (message === undefined && codes.length === 0) return undefined;
  const known = [...new Set([...codes, ...codesIn(body["error"] ?? body)])];
  const isUnknownModel = codes.includes("ValidationException") && NOT_OFFERED.test(message ?? "");
  return {
    codes: isUnknownModel ? ["model_not_found", ...known] : known,
    message: message ?? known.join(" "),
  };
}
