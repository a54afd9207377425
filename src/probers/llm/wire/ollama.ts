import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { seconds } from "../../../core/units.ts";
import { chatMessages, functionTools } from "./chat-fields.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, listOf, objectOf, statusOf, textOf } from "./json.ts";
import { finishPiece, modelPiece, textPiece, usagePiece } from "./pieces.ts";
import type { ApiError, FinishReason, Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/** Ollama's own API, through its chat or its generate route. https://github.com/ollama/ollama/blob/main/docs/api.md */
export const ollama = {
  api: "ollama",
  abilities: {
    options: ["ollama_route"],
    system: true,
    tools: ({ ollama_route }) => ollama_route !== "generate",
    answer: "text",
    needsModel: true,
  },
  framing: "json_lines",
  fields: {
    model: "model",
    messages: "prompt and system",
    prompt: "prompt",
    system: "system",
    stream: "stream",
  },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: ({ special }) => ({
    prefix: "/api",
    path: special.ollama_route === "generate" ? "/generate" : "/chat",
  }),
  request,
  readFrame: ({ data }) => readLine(data),
  // A whole answer has the form of the last line of a stream, plus the text.
  readWhole: readLine,
  readError,
  errorReasons: {},
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  const { model, system, prompt, stream, maxTokens } = question;
  const common = { ...defined({ model }), stream, options: { num_predict: maxTokens } };
  if (question.special.ollama_route === "generate") {
    return { body: { ...common, ...defined({ system }), prompt } };
  }
  return { body: { ...common, messages: chatMessages(question), ...functionTools(question) } };
}

function readLine(data: unknown): readonly Piece[] {
  const line = objectOf(data);
  const error = readError(data);
  if (error !== undefined) return [{ kind: "error", error }];
  const message = objectOf(line["message"]);
  return [
    ...modelPiece(line["model"]),
    ...textPiece("reasoning", message["thinking"] ?? line["thinking"]),
    ...textPiece("output", message["content"] ?? line["response"]),
    ...listOf(message["tool_calls"]).map(toolCall),
    ...(line["done"] === true ? ending(line) : unfinished(line)),
  ];
}

/** Reports a line that is not Ollama's, which would otherwise pass for a stream that was cut off. */
function unfinished(line: JsonObject): readonly Piece[] {
  return typeof line["done"] === "boolean" || isObject(line["message"]) || "response" in line
    ? []
    : [{ kind: "fault", reason: "malformed", detail: "a line with neither message nor response" }];
}

/** Reads a tool call, which comes whole and with parsed arguments. */
function toolCall(value: unknown): Piece {
  const toolFunction = objectOf(objectOf(value)["function"]);
  return {
    kind: "tool_call",
    name: textOf(toolFunction["name"]) ?? "",
    arguments: { value: toolFunction["arguments"] },
  };
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = { stop: "stop", length: "length" };

function ending(line: JsonObject): readonly Piece[] {
  // Versions before 0.1.40 report no reason.
  const reason = textOf(line["done_reason"]) ?? "stop";
  const nanoseconds = countOf(line["load_duration"]);
  return [
    ...finishPiece(FINISH_REASONS, reason),
    ...usagePiece({ input: countOf(line["prompt_eval_count"]), output: countOf(line["eval_count"]) }),
    ...(nanoseconds === undefined ? [] : [{ kind: "load", duration: seconds(nanoseconds / 1e9) } as const]),
    { kind: "end" },
  ];
}

/** Reads `{"error": "text"}`, which has no codes, and `{"error": {message, type}}` of gateways. */
function readError(data: unknown): ApiError | undefined {
  const body = objectOf(data);
  const error = objectOf(body["error"]);
  const message = textOf(body["error"]) ?? textOf(error["message"]);
  if (message === undefined) return undefined;
  const status = statusOf(body["status_code"] ?? error["code"]);
  return { codes: codesIn(isObject(body["error"]) ? error : body), message, ...defined({ status }) };
}
