import { defined } from "../../../core/defined.ts";
import type { LlmReason } from "../reasons.ts";
import { firstOf, isObject, objectOf, textOf } from "./json.ts";
import type { ApiError } from "./types.ts";

/** What OpenAI's error codes mean, and those of its imitators. https://platform.openai.com/docs/guides/error-codes */
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
  // llama.cpp sends this type only while it loads its model.
  unavailable_error: "loading",
  server_error: "server_error",
  content_filter: "refused",
  context_length_exceeded: "bad_request",
} as const satisfies Record<string, LlmReason>;

/** An error inside an answer that began as a success: `{"error": ...}`, or flat where the event or the object says so. */
export function openaiErrorInside(data: unknown, named: boolean): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const flat = named || body["object"] === "error" || body["type"] === "error";
  return (body["error"] ?? undefined) !== undefined || flat ? readOpenaiError(data) : undefined;
}

/**
 * Reads `{"error": {message, type, code}}`, the same without the envelope (vLLM), `{"error": "text"}` and FastAPI's
 * `{"detail": ...}`, each also as the only element of an array (Gemini's compatible route).
 */
export function readOpenaiError(data: unknown): ApiError | undefined {
  const body = objectOf(firstOf(data) ?? data);
  const nested = body["error"] ?? undefined;
  const error = isObject(nested) ? nested : body;
  const message = textOf(nested) ?? textOf(error["message"]) ?? textOf(body["detail"]);
  const given = [error["code"], error["type"], error["status"]];
  const codes = given.filter((code) => textOf(code) !== undefined).map(String);
  if (nested === undefined && message === undefined && codes.length === 0) return undefined;
  // OpenRouter and vLLM put the HTTP status into `code`, some as a string.
  const status = given.map(statusOf).find((code) => code !== undefined);
  return { codes, message: message ?? codes.join(" "), ...defined({ status }) };
}

/** `code` when it is the HTTP status of an error. */
export function statusOf(code: unknown): number | undefined {
  const status = typeof code === "string" ? Number(code) : code;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}
