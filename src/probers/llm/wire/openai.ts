import { defined } from "../../../core/defined.ts";
import {
  countOf,
  finishPiece,
  firstOf,
  isObject,
  type JsonObject,
  listOf,
  malformedPiece,
  modelPiece,
  objectOf,
  textOf,
  textPiece,
  usagePiece,
} from "./json.ts";
import { OPENAI_ERROR_REASONS, openaiErrorInside, readOpenaiError } from "./openai-error.ts";
import type { FinishReason, Frame, Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/**
 * OpenAI's chat completions and what its many imitators make of them (vLLM, llama.cpp, SGLang, LiteLLM, OpenRouter,
 * DeepSeek, Mistral, Groq, Together, LM Studio, Ollama's and TGI's compatible routes).
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

function request(ask: PromptRequest): WireRequest {
  return {
    body: {
      ...defined({ model: ask.model }),
      messages: [
        ...(ask.system === undefined ? [] : [{ role: "system", content: ask.system }]),
        { role: "user", content: ask.prompt },
      ],
      [ask.special.max_tokens_field ?? "max_completion_tokens"]: ask.maxTokens,
      ...(ask.tools.length === 0
        ? {}
        : { tools: ask.tools.map((tool) => ({ type: "function", function: tool })) }),
      ...(ask.stream ? { stream: true, stream_options: { include_usage: true } } : { stream: false }),
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
    ...said(objectOf(choice["delta"])),
    ...ending(choice),
    ...usageOf(chunk),
  ];
}

function readWhole(answer: unknown): readonly Piece[] {
  const error = openaiErrorInside(answer, false);
  if (error !== undefined) return [{ kind: "error", error }];
  const completion = objectOf(answer);
  const choice = firstOf(completion["choices"]);
  if (!isObject(choice)) return [malformedPiece("the answer has no choices")];
  return [
    ...modelPiece(completion["model"]),
    ...said(objectOf(choice["message"])),
    ...ending(choice),
    ...usageOf(completion),
    { kind: "end" },
  ];
}

/** The text of a delta or of a message, which have the same fields. */
function said(message: JsonObject): readonly Piece[] {
  const content = message["content"];
  return [
    // vLLM and OpenRouter name it one way, DeepSeek the other; servers that send both repeat themselves.
    ...textPiece("reasoning", textOf(message["reasoning"]) ?? message["reasoning_content"]),
    ...(Array.isArray(content) ? content.flatMap(partOf) : textPiece("output", content)),
    ...textPiece("refusal", message["refusal"]),
    ...listOf(message["tool_calls"]).map(toolCall),
  ];
}

/** Mistral's reasoning models send content as parts: `{type: "thinking", thinking: [{text}]}`, `{type: "text", text}`. */
function partOf(value: unknown): readonly Piece[] {
  const part = objectOf(value);
  if (part["type"] !== "thinking") return textPiece("output", part["text"]);
  const thinking = part["thinking"];
  if (!Array.isArray(thinking)) return textPiece("reasoning", thinking);
  return thinking.flatMap((thought) => textPiece("reasoning", objectOf(thought)["text"]));
}

/** A tool call, or a part of one: only the first part has the name. Some servers send no index, and whole calls. */
function toolCall(value: unknown): Piece {
  const call = objectOf(value);
  const called = objectOf(call["function"]);
  const index = countOf(call["index"]);
  const name = textOf(called["name"]);
  const given = called["arguments"];
  return {
    kind: "tool_call",
    ...defined({ call: index, name }),
    ...(typeof given === "string" ? { arguments: { json: given } } : {}),
    // Imitators send the arguments parsed.
    ...(isObject(given) ? { arguments: { value: given } } : {}),
  };
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  // Together's name for it.
  eos: "stop",
  length: "length",
  model_length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
};

/** Finish reasons with which a server says that it gave up, not that the model ended. */
const GAVE_UP: ReadonlySet<string> = new Set(["error", "insufficient_system_resource"]);

function ending(choice: JsonObject): readonly Piece[] {
  const given = textOf(choice["finish_reason"]);
  if (given === undefined) return [];
  if (GAVE_UP.has(given)) {
    return [{ kind: "error", error: { codes: [given], message: `finish_reason ${given}` } }];
  }
  return [finishPiece(FINISH_REASONS, given)];
}

/** Groq counts a streamed answer in a field of its own. */
function usageOf(answer: JsonObject): readonly Piece[] {
  const usage = objectOf(answer["usage"] ?? objectOf(answer["x_groq"])["usage"]);
  return usagePiece({
    input: countOf(usage["prompt_tokens"]),
    output: countOf(usage["completion_tokens"]),
    reasoning: countOf(objectOf(usage["completion_tokens_details"])["reasoning_tokens"]),
    cached_input: countOf(objectOf(usage["prompt_tokens_details"])["cached_tokens"]),
  });
}
