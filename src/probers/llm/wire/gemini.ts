import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { parseDuration } from "../../../core/units.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, firstOf, listOf, objectOf, statusOf, sumOf, textOf } from "./json.ts";
import { finishPiece, malformedPiece, modelPiece, textPiece, usagePiece } from "./pieces.ts";
import type {
  ApiError,
  FinishReason,
  Piece,
  PromptRequest,
  RequestSettings,
  WireEndpoint,
  WireFormat,
  WireRequest,
} from "./types.ts";

/** Google's Gemini API. https://ai.google.dev/api/generate-content */
export const gemini = {
  api: "gemini",
  abilities: { options: [], system: true, tools: () => true, answer: "text", needsModel: true },
  framing: "sse",
  fields: { contents: "prompt", systemInstruction: "system", system_instruction: "system" },
  // A key in the query would be logged by proxies.
  credential: (key) => ({ "x-goog-api-key": key }),
  endpoint,
  request,
  readFrame: ({ data }) => readChunk(data),
  readWhole,
  readError,
  errorReasons: {
    // `status`, a google.rpc.Code; the values of `reason` in google.rpc.ErrorInfo say more and are common codes.
    INVALID_ARGUMENT: "bad_request",
    // The free tier is not available in the exporter's country: https://ai.google.dev/gemini-api/docs/troubleshooting
    FAILED_PRECONDITION: "billing",
    RESOURCE_EXHAUSTED: "rate_limited",
    UNAVAILABLE: "overloaded",
    UNKNOWN: "server_error",
    DEADLINE_EXCEEDED: "server_error",
  },
} as const satisfies WireFormat;

function endpoint({ model = "", stream }: RequestSettings): WireEndpoint {
  const name = encodeURIComponent(model.replace(/^models\//, ""));
  return {
    prefix: "/v1beta",
    path: `/models/${name}:${stream ? "streamGenerateContent" : "generateContent"}`,
    ...(stream ? { query: { alt: "sse" } } : {}),
  };
}

function request(question: PromptRequest): WireRequest {
  return {
    body: {
      contents: [{ role: "user", parts: [{ text: question.prompt }] }],
      ...(question.system === undefined ? {} : { systemInstruction: { parts: [{ text: question.system }] } }),
      generationConfig: { maxOutputTokens: question.maxTokens },
      ...(question.tools.length === 0
        ? {}
        : { tools: [{ functionDeclarations: question.tools.map(declaration) }] }),
    },
  };
}

/** Declares a tool. The field `parameters` would only allow a subset of JSON Schema. */
const declaration = ({ parameters, ...tool }: PromptRequest["tools"][number]): object => ({
  ...tool,
  parametersJsonSchema: parameters,
});

/** Reads a whole answer. Without `alt=sse` a stream is an array of its chunks, and with it an error may be an array of one. */
function readWhole(answer: unknown): readonly Piece[] {
  const chunks = Array.isArray(answer) ? answer : [answer];
  const known = chunks.some((chunk) => {
    const { candidates, promptFeedback, error } = objectOf(chunk);
    return Array.isArray(candidates) || isObject(promptFeedback) || error !== undefined;
  });
  return known ? chunks.flatMap(readChunk) : [malformedPiece("the answer has no candidates")];
}

/**
 * Reads one chunk, or a whole answer, which has the same form. There is no sentinel: after a finish reason, the answer
 * ends where its input ends.
 */
function readChunk(data: unknown): readonly Piece[] {
  const chunk = objectOf(firstOf(data) ?? data);
  if (chunk["error"] !== undefined && chunk["error"] !== null) {
    return [
      { kind: "error", error: readError(data) ?? { codes: [], message: "an error without a message" } },
    ];
  }
  const candidate = objectOf(firstOf(chunk["candidates"]));
  const parts = listOf(objectOf(candidate["content"])["parts"]);
  return [
    ...modelPiece(chunk["modelVersion"]),
    ...parts.flatMap(partOf),
    ...ending(candidate["finishReason"], objectOf(chunk["promptFeedback"])["blockReason"]),
    ...usageOf(objectOf(chunk["usageMetadata"])),
  ];
}

function partOf(value: unknown): readonly Piece[] {
  const part = objectOf(value);
  const call = part["functionCall"];
  if (!isObject(call)) return textPiece(part["thought"] === true ? "reasoning" : "output", part["text"]);
  return [{ kind: "tool_call", name: textOf(call["name"]) ?? "", arguments: { value: call["args"] ?? {} } }];
}

/** Source: https://ai.google.dev/api/generate-content#FinishReason */
const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  LANGUAGE: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  MODEL_ARMOR: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  IMAGE_RECITATION: "content_filter",
};

/** Reads the reason why the model stopped. A blocked prompt has no candidates, only a block reason. */
function ending(finish: unknown, blocked: unknown): readonly Piece[] {
  const given = textOf(blocked);
  if (given !== undefined) return [{ kind: "filtered_prompt", certain: true, given }];
  return finish === "FINISH_REASON_UNSPECIFIED" ? [] : finishPiece(FINISH_REASONS, finish);
}

/** Reads token counts. Thoughts are counted separately from candidates, which are absent until the first output. */
function usageOf(usage: JsonObject): readonly Piece[] {
  const thoughts = countOf(usage["thoughtsTokenCount"]);
  return usagePiece({
    input: countOf(usage["promptTokenCount"]),
    output: sumOf(usage["candidatesTokenCount"], thoughts),
    reasoning: thoughts,
    cached_input: countOf(usage["cachedContentTokenCount"]),
  });
}

/** Reads `{"error": {code, message, status, details: [{reason}, {retryDelay}]}}`, also as the only element of an array. */
function readError(data: unknown): ApiError | undefined {
  const error = objectOf(objectOf(firstOf(data) ?? data)["error"]);
  const details = listOf(error["details"]).map(objectOf);
  const codes = codesIn(error);
  const message = textOf(error["message"]) ?? codes.join(" ");
  if (message === "") return undefined;
  const status = statusOf(error["code"]);
  const retryAfter = details.flatMap((detail) => delayOf(detail["retryDelay"]) ?? [])[0];
  return { codes, message, ...defined({ status, retryAfter }) };
}

/** Parses a `google.protobuf.Duration` such as `34.07s`, to whole seconds. */
function delayOf(value: unknown): ReturnType<typeof parseDuration> {
  const whole = /^(\d{1,6})(?:\.\d+)?s$/.exec(textOf(value) ?? "")?.[1];
  return whole === undefined ? undefined : parseDuration(`${whole}s`);
}
