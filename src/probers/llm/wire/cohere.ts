import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { chatMessages, functionTools } from "./chat-fields.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, listOf, objectOf, textOf } from "./json.ts";
import { finishPiece, malformedPiece, textPiece, usagePiece } from "./pieces.ts";
import type {
  ApiError,
  FinishReason,
  Frame,
  Piece,
  PromptRequest,
  WireFormat,
  WireRequest,
} from "./types.ts";

/** Version 2 of Cohere's chat API. https://docs.cohere.com/v2/reference/chat */
export const cohere = {
  api: "cohere",
  abilities: { options: [], system: true, tools: () => true, answer: "text", needsModel: true },
  framing: "sse",
  fields: { model: "model", messages: "prompt and system", stream: "stream", max_tokens: "max_tokens" },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: () => ({ prefix: "/v2", path: "/chat" }),
  request,
  readFrame,
  readWhole,
  readError,
  // Errors have no codes of their own; the HTTP status decides.
  errorReasons: {},
  // Blocked input or output: https://docs.cohere.com/reference/errors
  statusReasons: { 498: "refused" },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      ...defined({ model: question.model }),
      messages: chatMessages(question),
      max_tokens: question.maxTokens,
      ...functionTools(question),
      stream: question.stream,
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const body = objectOf(data);
  const delta = objectOf(body["delta"]);
  const message = objectOf(delta["message"]);
  switch (textOf(body["type"]) ?? event ?? "") {
    case "content-start":
    case "content-delta":
      return partOf(message["content"]);
    case "tool-plan-delta":
      return textPiece("reasoning", message["tool_plan"]);
    case "tool-call-start":
    case "tool-call-delta":
      return toolCall(message["tool_calls"], countOf(body["index"]));
    case "message-end":
      return ending(delta["finish_reason"], delta["usage"], textOf(delta["error"]));
  }
  // Data without a type but with a message is an error, as in the body of an unsuccessful response.
  const error = body["type"] === undefined ? readError(data) : undefined;
  return error === undefined ? [] : [{ kind: "error", error }];
}

function readWhole(answer: unknown): readonly Piece[] {
  const body = objectOf(answer);
  const { message } = body;
  if (!isObject(message)) {
    const error = readError(answer);
    return [error === undefined ? malformedPiece("the answer has no message") : { kind: "error", error }];
  }
  return [
    ...textPiece("reasoning", message["tool_plan"]),
    ...listOf(message["content"]).flatMap(partOf),
    ...listOf(message["tool_calls"]).flatMap((call) => toolCall(call, undefined)),
    ...ending(body["finish_reason"], body["usage"], undefined),
  ];
}

/** Reads a part of the content: output, or reasoning before it. */
function partOf(value: unknown): readonly Piece[] {
  const part = objectOf(value);
  return [...textPiece("reasoning", part["thinking"]), ...textPiece("output", part["text"])];
}

function toolCall(value: unknown, index: number | undefined): readonly Piece[] {
  const toolFunction = objectOf(objectOf(value)["function"]);
  const name = textOf(toolFunction["name"]);
  const json = textOf(toolFunction["arguments"]);
  return [
    {
      kind: "tool_call",
      ...defined({ call: index, name }),
      ...(json === undefined ? {} : { arguments: { json } }),
    },
  ];
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  // The context of the model is full.
  ERROR_LIMIT: "length",
  TOOL_CALL: "tool_calls",
  ERROR_TOXIC: "content_filter",
};

/** Finish reasons of an API that failed, rather than of a model that finished. */
const FAILURES: ReadonlySet<string> = new Set(["ERROR", "TIMEOUT"]);

function ending(value: unknown, counts: unknown, message: string | undefined): readonly Piece[] {
  const reason = textOf(value) ?? "";
  const usage = usageOf(objectOf(counts));
  if (FAILURES.has(reason)) {
    const error: ApiError = { codes: [reason], message: message ?? `finish_reason ${reason}` };
    return [...usage, { kind: "error", error }];
  }
  return [...usage, ...finishPiece(FINISH_REASONS, reason), { kind: "end" }];
}

/** Reads token counts: `tokens` is what the model processed, `billed_units` excludes what Cohere adds to the prompt. */
function usageOf(usage: JsonObject): readonly Piece[] {
  const tokens = objectOf(usage["tokens"] ?? usage["billed_units"]);
  return usagePiece({
    input: countOf(tokens["input_tokens"]),
    output: countOf(tokens["output_tokens"]),
    cached_input: countOf(usage["cached_tokens"]),
  });
}

/** Reads `{"id", "message"}`, and `{"error": {message}}` of compatible servers. */
function readError(data: unknown): ApiError | undefined {
  const body = objectOf(data);
  const message = textOf(body["message"]) ?? textOf(objectOf(body["error"])["message"]);
  return message === undefined ? undefined : { codes: codesIn(body["error"] ?? body), message };
}
