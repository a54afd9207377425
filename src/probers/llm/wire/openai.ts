import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { promptFilter } from "./azure-filter.ts";
import { chatMessages, functionTools } from "./chat-fields.ts";
import { countOf, firstOf, listOf, objectOf, textOf } from "./json.ts";
import { OPENAI_ERROR_REASONS, openaiErrorInside, readOpenaiError } from "./openai-error.ts";
import { finishPiece, malformedPiece, modelPiece, textPiece, usagePiece } from "./pieces.ts";
import { reasoningOf, reasoningPart } from "./reasoning.ts";
import type { FinishReason, Frame, Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/**
 * OpenAI's chat completions, as spoken by OpenAI and by compatible servers (vLLM, llama.cpp, SGLang, LiteLLM, OpenRouter,
 * DeepSeek, Mistral, Groq, Together, LM Studio, the compatible routes of Ollama and TGI).
 * https://platform.openai.com/docs/api-reference/chat
 */
export const openai = {
  api: "openai",
  abilities: {
    options: ["max_tokens_field"],
    system: true,
    tools: () => true,
    answer: "text",
    needsModel: false,
  },
  framing: "sse",
  fields: {
    model: "model",
    messages: "prompt and system",
    stream: "stream",
    max_tokens: "max_tokens",
    max_completion_tokens: "max_tokens",
  },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: () => ({ root: "/v1", path: "/chat/completions" }),
  request,
  readFrame,
  readWhole,
  readError: readOpenaiError,
  errorReasons: OPENAI_ERROR_REASONS,
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      ...defined({ model: question.model }),
      messages: chatMessages(question),
      [question.special.max_tokens_field ?? "max_completion_tokens"]: question.maxTokens,
      ...functionTools(question),
      ...(question.stream ? { stream: true, stream_options: { include_usage: true } } : { stream: false }),
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const error = openaiErrorInside(data, event === "error");
  if (error !== undefined) return [{ kind: "error", error }];
  const chunk = objectOf(data);
  const choice = objectOf(firstOf(chunk["choices"]));
  return [
    ...modelPiece(chunk["model"]),
    ...promptFilter(chunk, false),
    ...messagePieces(objectOf(choice["delta"])),
    ...ending(choice),
    ...usageOf(chunk),
  ];
}

function readWhole(answer: unknown): readonly Piece[] {
  const error = openaiErrorInside(answer, false);
  if (error !== undefined) return [{ kind: "error", error }];
  const completion = objectOf(answer);
  const choice = firstOf(completion["choices"]);
  const filtered = promptFilter(completion, true);
  if (filtered.length > 0) return [...modelPiece(completion["model"]), ...usageOf(completion), ...filtered];
  if (!isObject(choice)) return [malformedPiece("the answer has no choices")];
  return [
    ...modelPiece(completion["model"]),
    ...messagePieces(objectOf(choice["message"])),
    ...ending(choice),
    ...usageOf(completion),
    { kind: "end" },
  ];
}

/** Reads a delta or a message, which have the same fields. */
function messagePieces(message: JsonObject): readonly Piece[] {
  const content = message["content"];
  return [
    ...reasoningOf(message),
    ...(Array.isArray(content) ? content.flatMap(partOf) : textPiece("output", content)),
    ...textPiece("refusal", message["refusal"]),
    ...listOf(message["tool_calls"]).map(toolCall),
  ];
}

/** Reads one part of the content of reasoning models that send several: reasoning, or `{type: "text", text}`. */
function partOf(value: unknown): readonly Piece[] {
  const part = objectOf(value);
  return reasoningPart(part) ?? textPiece("output", part["text"]);
}

/** Reads a tool call, or a part of one: only the first part has the name. Servers without an index send whole calls. */
function toolCall(value: unknown): Piece {
  const call = objectOf(value);
  const toolFunction = objectOf(call["function"]);
  const index = countOf(call["index"]);
  const name = textOf(toolFunction["name"]);
  const args = toolFunction["arguments"];
  return {
    kind: "tool_call",
    ...defined({ call: index, name }),
    ...(typeof args === "string" ? { arguments: { json: args } } : {}),
    // Some compatible servers send parsed arguments.
    ...(isObject(args) ? { arguments: { value: args } } : {}),
  };
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  // Mistral.
  model_length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  // Zhipu.
  sensitive: "content_filter",
};

/** Finish reasons of a server that failed, rather than of a model that finished. */
const FAILURES: ReadonlySet<string> = new Set(["error", "insufficient_system_resource"]);

function ending(choice: JsonObject): readonly Piece[] {
  const reason = textOf(choice["finish_reason"]) ?? "";
  // OpenRouter: the error of the provider behind it.
  const error = isObject(choice["error"]) ? readOpenaiError({ error: choice["error"] }) : undefined;
  if (error !== undefined) return [{ kind: "error", error }];
  if (FAILURES.has(reason)) {
    return [{ kind: "error", error: { codes: [reason], message: `finish_reason ${reason}` } }];
  }
  return finishPiece(FINISH_REASONS, reason);
}

/** Reads the token counts, which Groq puts into a field of its own when streaming. */
function usageOf(answer: JsonObject): readonly Piece[] {
  const usage = objectOf(answer["usage"] ?? objectOf(answer["x_groq"])["usage"]);
  return usagePiece({
    input: countOf(usage["prompt_tokens"]),
    output: countOf(usage["completion_tokens"]),
    reasoning: countOf(objectOf(usage["completion_tokens_details"])["reasoning_tokens"]),
    cached_input: countOf(objectOf(usage["prompt_tokens_details"])["cached_tokens"]),
  });
}
