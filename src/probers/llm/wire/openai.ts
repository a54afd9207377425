import { countOf, firstOf, isObject, objectOf, textOf } from "./json.ts";
import type { ApiError, Ask, FinishReason, Frame, Piece, Usage, WireFormat, WireRequest } from "./types.ts";

/**
 * OpenAI's chat completions and what its many imitators make of them (vLLM, llama.cpp, SGLang, LiteLLM, OpenRouter,
 * DeepSeek, Mistral, Ollama's and TGI's compatible routes).
 * https://platform.openai.com/docs/api-reference/chat
 */
export const openai = {
  api: "openai",
  framing: "sse",
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  request,
  readFrame,
  readWhole,
  readError,
  errorReasons: {
    invalid_api_key: "auth",
    authentication_error: "auth",
    permission_error: "auth",
    insufficient_quota: "billing",
    billing_not_active: "billing",
    billing_hard_limit_reached: "billing",
    rate_limit_exceeded: "rate_limited",
    rate_limit_error: "rate_limited",
    model_not_found: "model_not_found",
    invalid_model: "model_not_found",
    DeploymentNotFound: "model_not_found",
    overloaded_error: "overloaded",
    insufficient_system_resource: "overloaded",
    // llama.cpp sends this type only while it loads its model.
    unavailable_error: "loading",
    server_error: "server_error",
    content_filter: "refused",
    context_length_exceeded: "bad_request",
  },
} as const satisfies WireFormat;

function request(ask: Ask): WireRequest {
  return {
    root: "/v1",
    path: "/chat/completions",
    body: {
      ...(ask.model === undefined ? {} : { model: ask.model }),
      messages: [
        ...(ask.system === undefined ? [] : [{ role: "system", content: ask.system }]),
        { role: "user", content: ask.prompt },
      ],
      [ask.maxTokensField]: ask.maxTokens,
      ...(ask.stream ? { stream: true, stream_options: { include_usage: true } } : { stream: false }),
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const error = errorInside(data, event === "error");
  if (error !== undefined) return [{ kind: "error", error }];
  const chunk = objectOf(data);
  const choice = objectOf(firstOf(chunk["choices"]));
  return [
    ...modelOf(chunk["model"]),
    ...said(objectOf(choice["delta"])),
    ...ending(choice),
    ...usageOf(chunk["usage"]),
  ];
}

function readWhole(answer: unknown): readonly Piece[] {
  const error = errorInside(answer, false);
  if (error !== undefined) return [{ kind: "error", error }];
  const completion = objectOf(answer);
  const choice = firstOf(completion["choices"]);
  if (!isObject(choice)) {
    return [{ kind: "fault", reason: "malformed", detail: "the answer has no choices" }];
  }
  return [
    ...modelOf(completion["model"]),
    ...said(objectOf(choice["message"])),
    ...ending(choice),
    ...usageOf(completion["usage"]),
    { kind: "end" },
  ];
}

/** The text of a delta or of a message, which have the same fields. */
function said(message: Readonly<Record<string, unknown>>): readonly Piece[] {
  const pieces: Piece[] = [];
  const add = (part: "output" | "reasoning" | "refusal", value: unknown): void => {
    const text = textOf(value);
    if (text !== undefined) pieces.push({ kind: "text", part, text });
  };
  // vLLM and OpenRouter name it one way, DeepSeek the other; servers that send both repeat themselves.
  add("reasoning", textOf(message["reasoning"]) ?? message["reasoning_content"]);
  const content = message["content"];
  if (Array.isArray(content)) for (const part of content) addPart(objectOf(part), add);
  else add("output", content);
  add("refusal", message["refusal"]);
  if (firstOf(message["tool_calls"]) !== undefined) pieces.push({ kind: "tool_call" });
  return pieces;
}

/** Mistral's reasoning models send content as parts: `{type: "thinking", thinking: [{text}]}`, `{type: "text", text}`. */
function addPart(
  part: Readonly<Record<string, unknown>>,
  add: (part: "output" | "reasoning", value: unknown) => void,
): void {
  if (part["type"] !== "thinking") return add("output", part["text"]);
  const thinking = part["thinking"];
  if (!Array.isArray(thinking)) return add("reasoning", thinking);
  for (const thought of thinking) add("reasoning", objectOf(thought)["text"]);
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  model_length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
};

/** Finish reasons with which a server says that it gave up, not that the model ended. */
const GAVE_UP: ReadonlySet<string> = new Set(["error", "insufficient_system_resource"]);

function ending(choice: Readonly<Record<string, unknown>>): readonly Piece[] {
  const given = textOf(choice["finish_reason"]);
  if (given === undefined) return [];
  if (GAVE_UP.has(given)) {
    return [{ kind: "error", error: { codes: [given], message: `finish_reason ${given}` } }];
  }
  const reason = Object.hasOwn(FINISH_REASONS, given) ? FINISH_REASONS[given] : undefined;
  return [{ kind: "finish", reason: reason ?? "other" }];
}

/** Azure's first chunk names the model "". */
function modelOf(value: unknown): readonly Piece[] {
  const name = textOf(value);
  return name === undefined ? [] : [{ kind: "model", name }];
}

function usageOf(value: unknown): readonly Piece[] {
  if (!isObject(value)) return [];
  const counts = {
    input: countOf(value["prompt_tokens"]),
    output: countOf(value["completion_tokens"]),
    reasoning: countOf(objectOf(value["completion_tokens_details"])["reasoning_tokens"]),
    cached_input: countOf(objectOf(value["prompt_tokens_details"])["cached_tokens"]),
  };
  const usage: Usage = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
  return [{ kind: "usage", usage }];
}

/** An error inside an answer that began as a success: `{"error": ...}`, or flat where the event or the object says so. */
function errorInside(data: unknown, named: boolean): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const flat = named || body["object"] === "error" || body["type"] === "error";
  return (body["error"] ?? undefined) !== undefined || flat ? readError(data) : undefined;
}

/**
 * Reads `{"error": {message, type, code}}`, the same without the envelope (vLLM), `{"error": "text"}` and FastAPI's
 * `{"detail": ...}`, each also as the only element of an array (Gemini's compatible route).
 */
function readError(data: unknown): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const nested = body["error"] ?? undefined;
  const error = isObject(nested) ? nested : body;
  const message = textOf(nested) ?? textOf(error["message"]) ?? textOf(body["detail"]);
  const given = [error["code"], error["type"], error["status"]];
  const codes = given.filter((code) => textOf(code) !== undefined).map(String);
  if (nested === undefined && message === undefined && codes.length === 0) return undefined;
  // OpenRouter and vLLM put the HTTP status into `code`, some as a string.
  const status = given.map(statusOf).find((code) => code !== undefined);
  return { codes, message: message ?? codes.join(" "), ...(status === undefined ? {} : { status }) };
}

function statusOf(code: unknown): number | undefined {
  const status = typeof code === "string" ? Number(code) : code;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}
