import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { countOf, listOf, lookUp, objectOf, textOf } from "./json.ts";
import { OPENAI_ERROR_REASONS, openaiErrorInside, readOpenaiError } from "./openai-error.ts";
import { malformedPiece, modelPiece, textPiece, usagePiece } from "./pieces.ts";
import type { FinishReason, Frame, Piece, PromptRequest, WireFormat, WireRequest } from "./types.ts";

/** OpenAI's Responses API. https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses = {
  api: "openai_responses",
  abilities: {
    options: [],
    system: true,
    tools: () => true,
    answer: "text",
    needsModel: false,
    leastMaxTokens: 16,
    completesAtLimit: true,
  },
  framing: "sse",
  fields: {
    model: "model",
    input: "prompt",
    instructions: "system",
    stream: "stream",
    max_output_tokens: "max_tokens",
  },
  credential: (key) => ({ authorization: `Bearer ${key}` }),
  endpoint: () => ({ root: "/v1", path: "/responses" }),
  request,
  readFrame,
  readWhole,
  readError: readOpenaiError,
  errorReasons: {
    ...OPENAI_ERROR_REASONS,
    // The prompt was flagged.
    invalid_prompt: "refused",
    vector_store_timeout: "server_error",
  },
} as const satisfies WireFormat;

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      ...defined({ model: question.model, instructions: question.system }),
      input: [{ role: "user", content: question.prompt }],
      max_output_tokens: question.maxTokens,
      ...(question.tools.length === 0
        ? {}
        : { tools: question.tools.map((tool) => ({ type: "function", ...tool })) }),
      stream: question.stream,
      // By default OpenAI keeps each response for a month; a probe never reads one again.
      store: false,
    },
  };
}

function readFrame({ event, data }: Frame): readonly Piece[] {
  const body = objectOf(data);
  // The data of an error event may have a different type, as in llama.cpp.
  const type = event === "error" ? event : (textOf(body["type"]) ?? event ?? "");
  switch (type) {
    case "response.created":
    case "response.in_progress":
      return modelPiece(objectOf(body["response"])["model"]);
    case "response.output_text.delta":
      return textPiece("output", body["delta"]);
    case "response.reasoning_text.delta":
    case "response.reasoning_summary_text.delta":
      return textPiece("reasoning", body["delta"]);
    case "response.refusal.delta":
      return textPiece("refusal", body["delta"]);
    case "response.output_item.added":
      return toolCall(objectOf(body["item"]), countOf(body["output_index"]));
    case "response.function_call_arguments.delta":
      return moreArguments(body);
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
    case "response.cancelled":
      return ending({ status: type.replace("response.", ""), ...objectOf(body["response"]) });
  }
  const error = openaiErrorInside(data, type === "error");
  return error === undefined ? [] : [{ kind: "error", error }];
}

function readWhole(answer: unknown): readonly Piece[] {
  const response = objectOf(answer);
  // A response object has a status, and its `error` is null unless it failed: `ending` reads that.
  const error = response["status"] === undefined ? openaiErrorInside(answer, false) : undefined;
  if (error !== undefined) return [{ kind: "error", error }];
  if (!Array.isArray(response["output"])) return [malformedPiece("the answer has no output")];
  return [...response["output"].flatMap(itemOf), ...ending(response)];
}

/** Reads one item of the output of a whole answer. */
function itemOf(value: unknown): readonly Piece[] {
  const item = objectOf(value);
  const content = listOf(item["content"]).map(objectOf);
  switch (item["type"]) {
    case "message":
      return content.flatMap((part) =>
        part["type"] === "refusal"
          ? textPiece("refusal", part["refusal"])
          : textPiece("output", part["text"]),
      );
    case "reasoning": {
      const thoughts = [...content, ...listOf(item["summary"]).map(objectOf)];
      return [
        { kind: "text", part: "reasoning", text: "" },
        ...thoughts.flatMap((part) => textPiece("reasoning", part["text"])),
      ];
    }
    default:
      return toolCall(item, undefined);
  }
}

function toolCall(item: JsonObject, index: number | undefined): readonly Piece[] {
  if (item["type"] !== "function_call") return [];
  return [
    {
      kind: "tool_call",
      ...defined({ call: index }),
      name: textOf(item["name"]) ?? "",
      arguments: { json: textOf(item["arguments"]) ?? "" },
    },
  ];
}

function moreArguments(body: JsonObject): readonly Piece[] {
  const index = countOf(body["output_index"]);
  const json = textOf(body["delta"]);
  return index === undefined || json === undefined
    ? []
    : [{ kind: "tool_call", call: index, arguments: { json } }];
}

/** Reads the final state of a response: the only place with token counts, and the end of a stream, which has no `[DONE]`. */
function ending(response: JsonObject): readonly Piece[] {
  const status = textOf(response["status"]) ?? "completed";
  const { error } = response;
  if (status === "failed" || status === "cancelled") {
    const apiError = readOpenaiError({ error: isObject(error) ? error : { code: status, message: status } });
    return apiError === undefined ? [] : [...usageOf(response), { kind: "error", error: apiError }];
  }
  return [
    ...modelPiece(response["model"]),
    ...usageOf(response),
    { kind: "finish", ...finishOf(response, status) },
    { kind: "end" },
  ];
}

const INCOMPLETE: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: "length",
  content_filter: "content_filter",
};

function finishOf(
  response: JsonObject,
  status: string,
): { readonly reason: FinishReason; readonly given: string } {
  const given = textOf(objectOf(response["incomplete_details"])["reason"]);
  // Compatible servers omit the reason of an incomplete answer, which can only be one of the two.
  if (given !== undefined || status === "incomplete")
    return {
      reason: given === undefined ? "length" : (lookUp(INCOMPLETE, given) ?? "other"),
      given: given ?? status,
    };
  if (status !== "completed") return { reason: "other", given: status };
  const called = listOf(response["output"]).some((item) => objectOf(item)["type"] === "function_call");
  return { reason: called ? "tool_calls" : "stop", given: status };
}

function usageOf(response: JsonObject): readonly Piece[] {
  const usage = objectOf(response["usage"]);
  return usagePiece({
    input: countOf(usage["input_tokens"]),
    output: countOf(usage["output_tokens"]),
    reasoning: countOf(objectOf(usage["output_tokens_details"])["reasoning_tokens"]),
    cached_input: countOf(objectOf(usage["input_tokens_details"])["cached_tokens"]),
  });
}
