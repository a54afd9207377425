import { defined } from "../../../core/defined.ts";
import type { LlmReason } from "../reasons.ts";
import { firstOf, isObject, objectOf, statusOf, textOf } from "./json.ts";
import type { ApiError } from "./types.ts";

/** Failure reasons by error code of OpenAI and compatible servers. https://platform.openai.com/docs/guides/error-codes */
export const OPENAI_ERROR_REASONS = {
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
  // Sent by llama.cpp, and only while it loads its model.
  unavailable_error: "loading",
  server_error: "server_error",
  content_filter: "refused",
  context_length_exceeded: "bad_request",
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
  const candidates = [error["code"], error["type"], error["status"]];
  const codes = candidates.filter((code) => textOf(code) !== undefined).map(String);
  if (nested === undefined && message === undefined && codes.length === 0) return undefined;
  // OpenRouter and vLLM put the HTTP status into `code`, some servers as a string.
  const status = candidates.map(statusOf).find((code) => code !== undefined);
  return { codes, message: message ?? codes.join(" "), ...defined({ status }) };
}
