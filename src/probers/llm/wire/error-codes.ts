import type { LlmReason } from "../reasons.ts";
import { listOf, lookUp, objectOf, textOf } from "./json.ts";

/** The codes of each reason, normalized. Gateways pass on codes of the APIs behind them, so that they hold for all formats. */
const CODES_OF_REASON = {
  billing: [
    // OpenAI.
    "insufficient_quota",
    "billing_not_active",
    "billing_hard_limit_reached",
    "billing_limit_reached",
    // Anthropic's `billing_error`.
    "billing",
    "credit_balance_too_low",
    // LiteLLM.
    "budget_exceeded",
    "exceeded_budget",
    // Moonshot's `exceeded_current_quota_error`.
    "exceeded_current_quota",
    // Together.
    "credit_limit",
    "credit_limit_exceeded",
    // Venice, Novita, sub2api and others.
    "insufficient_balance",
    "insufficient_account_balance",
    "not_enough_balance",
    "balance_not_enough",
    "insufficient_credit",
    "insufficient_credits",
    "not_enough_credits",
    "credits_exhausted",
    "out_of_credits",
    "insufficient_funds",
    "payment_required",
    "spend_limit_exceeded",
    "spending_limit_exceeded",
    "spending_limit_reached",
    // One API and its relatives.
    "insufficient_user_quota",
    "pre_consume_token_quota_failed",
    // Alibaba's DashScope and Volcengine's Ark.
    "arrearage",
    "allocation_quota_free_tier_only",
    "account_overdue",
    // google.rpc.ErrorInfo.
    "billing_disabled",
  ],
  auth: [
    "invalid_api_key",
    "incorrect_api_key",
    "missing_api_key",
    "no_api_key",
    "api_key_not_found",
    "api_key_expired",
    "api_key_disabled",
    "authentication",
    "authentication_failed",
    "invalid_authentication",
    "auth",
    "unauthenticated",
    "unauthorized",
    "permission",
    "permission_denied",
    "access_denied",
    "forbidden",
    "invalid_token",
    "token_expired",
    "expired_token",
    "account_deactivated",
    "organization_deactivated",
    "unsupported_country_region_territory",
    // Groq.
    "model_permission_blocked_org",
    "model_permission_blocked_project",
    "model_terms_required",
    // LiteLLM.
    "expired_key",
    "token_not_found_in_db",
    "key_model_access_denied",
    "team_model_access_denied",
    "user_model_access_denied",
    "project_model_access_denied",
    "org_model_access_denied",
    // AWS.
    "unrecognized_client",
    "invalid_client_token_id",
    "incomplete_signature",
    "invalid_signature",
    "signature_does_not_match",
    "missing_authentication_token",
    "not_authorized",
    "opt_in_required",
    // google.rpc.ErrorInfo.
    "api_key_invalid",
    "api_key_service_blocked",
    "api_key_ip_address_blocked",
    "api_key_http_referrer_blocked",
    "api_key_android_app_blocked",
    "api_key_ios_app_blocked",
    "service_disabled",
    "consumer_invalid",
    "consumer_suspended",
    "credentials_missing",
    "access_token_expired",
    "access_token_scope_insufficient",
    "access_token_type_unsupported",
    "account_state_invalid",
    "user_project_denied",
    "user_blocked_by_admin",
    "security_policy_violated",
    "org_restriction_violation",
    "location_policy_violated",
    "resource_usage_restriction_violated",
  ],
  model_not_found: [
    "model_not_found",
    "model_not_exist",
    "model_not_exists",
    "model_does_not_exist",
    "no_such_model",
    "unknown_model",
    "invalid_model",
    "invalid_model_name",
    "invalid_model_id",
    "unsupported_model",
    "model_not_supported",
    "model_not_available",
    "model_not_open",
    "model_not_allowed",
    "model_decommissioned",
    "model_deprecated",
    "model_retired",
    "model_shutdown",
    "service_model_deprecated",
    "deployment_not_found",
    "deployment_model_not_supported",
    "engine_not_found",
    "invalid_endpoint_or_model_not_found",
    "not_found",
    "resource_not_found",
  ],
  rate_limited: [
    "rate_limit",
    "rate_limited",
    "rate_limit_exceeded",
    "rate_limit_reached",
    "too_many_requests",
    "throttling",
    "throttled",
    "throttling_rate_quota",
    "throttling_allocation_quota",
    "throttling_burst_rate",
    "request_limit_exceeded",
    "resource_quota_exceeded",
  ],
  overloaded: [
    "overloaded",
    "engine_overloaded",
    "model_overloaded",
    "server_overloaded",
    "insufficient_system_resource",
    "service_tier_capacity_exceeded",
    "capacity_exceeded",
    "no_capacity",
    "server_busy",
    "service_unavailable",
  ],
  loading: ["model_not_ready", "model_loading", "loading_model"],
  refused: [
    "content_filter",
    "content_policy_violation",
    "responsible_ai_policy_violation",
    "moderation_blocked",
    // OpenRouter's moderation, by the field beside the code.
    "flagged_input",
    // DashScope.
    "data_inspection_failed",
  ],
  server_error: ["server", "internal", "internal_server", "internal_failure"],
  bad_request: ["context_length_exceeded", "context_window_exceeded"],
} as const satisfies Partial<Record<LlmReason, readonly string[]>>;

const REASON_OF_CODE: Readonly<Record<string, LlmReason>> = Object.fromEntries(
  Object.entries(CODES_OF_REASON).flatMap(([reason, codes]) =>
    codes.map((code) => [code, reason as keyof typeof CODES_OF_REASON]),
  ),
);

/** Longest code that is looked up. A longer one is a text. */
const LONGEST_CODE = 100;

/** Returns the reason that an error code stands for in most APIs, however it is spelled: `InsufficientBalance`, `insufficient_balance_error`. */
export function reasonOfCommonCode(code: string): LlmReason | undefined {
  if (code.length > LONGEST_CODE) return undefined;
  const words = code
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_");
  return lookUp(REASON_OF_CODE, words.replace(/_(?:error|exception)$/, ""));
}

/** Fields of an error that hold its codes, the most specific first. */
const CODE_FIELDS = ["error_code", "code", "reason", "error_type", "type", "status"] as const;

/** Returns the codes in an error, and in the objects inside it that refine it, the most specific first, numbers as text. */
export function codesIn(error: unknown): readonly string[] {
  const fields = objectOf(error);
  const metadata = objectOf(fields["metadata"]);
  const values = [
    // google.rpc.ErrorInfo, and Anthropic's details, which are an object.
    ...listOf(fields["details"]).map((detail) => objectOf(detail)["reason"]),
    objectOf(fields["details"])["error_code"],
    // Azure.
    objectOf(fields["innererror"])["code"],
    // OpenRouter.
    metadata["error_type"],
    textOf(metadata["flagged_input"]) === undefined ? undefined : "flagged_input",
    ...CODE_FIELDS.map((field) => fields[field]),
  ];
  return [...new Set(values.flatMap((value) => codeOf(value) ?? []))];
}

const codeOf = (value: unknown): string | undefined =>
  typeof value === "number" && Number.isFinite(value) ? String(value) : textOf(value);
