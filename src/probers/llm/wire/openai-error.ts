import { defined } from "../../../core/defined.ts";
import { isObject, type JsonObject } from "../../../core/json-object.ts";
import { seconds } from "../../../core/units.ts";
import type { LlmReason } from "../reasons.ts";
import { codesIn } from "./error-codes.ts";
import { countOf, firstOf, objectOf, statusOf, textOf } from "./json.ts";
import type { ApiError } from "./types.ts";

/** Failure reasons by error codes that mean something else, or more, in OpenAI's API and compatible ones than elsewhere. */
export const OPENAI_ERROR_REASONS = {
  // Sent by llama.cpp, and only while it loads its model.
  unavailable_error: "loading",
  // Gemini's compatible route: as in its own API.
  FAILED_PRECONDITION: "billing",
} as const satisfies Record<string, LlmReason>;

/**
 * Reads an error inside a successful response: `{"error": ...}`, or the error without that envelope.
 * @param named whether the name of the event says that it is an error
 */
export function openaiErrorInside(data: unknown, named: boolean): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const flat = named || body["object"] === "error" || body["type"] === "error";
  return (body["error"] ?? undefined) !== undefined || flat ? readOpenaiError(data) : undefined;
}

/**
 * Reads `{"error": {message, type, code}}`, the same without the envelope (vLLM), `{"error": "text"}`, and FastAPI's
 * `{"detail": ...}`, each of them also as the only element of an array (Gemini's compatible route).
 */
export function readOpenaiError(data: unknown): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const nested = body["error"] ?? undefined;
  const error = isObject(nested) ? nested : body;
  const message = textOf(nested) ?? textOf(error["message"]) ?? textOf(body["detail"]);
  const codes = [...new Set([...codesIn(error), ...(error === body ? [] : codesIn(body))])];
  if (nested === undefined && message === undefined && codes.length === 0) return undefined;
  // OpenRouter and vLLM put the HTTP status into `code`, some servers as a string.
  const status = [error["code"], error["type"], error["status"]]
    .map(statusOf)
    .find((code) => code !== undefined);
  return withLoading(body, { codes, message: message ?? codes.join(" "), ...defined({ status }) });
}

/** Longest wait for a model that is believed. */
const LONGEST_LOADING = 86_400;

/** Adds that a model is being loaded, which Hugging Face tells by `estimated_time`, in seconds, beside the error. */
export function withLoading(body: JsonObject, error: ApiError): ApiError {
  const estimate = countOf(body["estimated_time"]);
  if (estimate === undefined) return error;
  const wait = Math.min(Math.ceil(estimate), LONGEST_LOADING);
  return {
    ...error,
    codes: ["model_loading", ...error.codes],
    ...(wait === 0 ? {} : { retryAfter: seconds(wait) }),
  };
}
