import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { llmReasons } from "../../../src/probers/llm/reasons.ts";
import { reasonOfCommonCode } from "../../../src/probers/llm/wire/error-codes.ts";
import { type Api, WIRE_FORMATS } from "../../../src/probers/llm/wire/index.ts";
import { ask, detailOf, events, json, reasonOf, serve, streamed } from "./support.ts";

/** An error response as a service sends it. */
interface Row {
  readonly name: string;
  readonly api?: Api;
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
  readonly reason: string;
}

const error = (fields: object): object => ({ error: { message: "x", ...fields } });
const aws = (type: string): Record<string, string> => ({ "x-amzn-errortype": `${type}:http://amazon.com/` });
const google = (status: string, reason: string, message = "x"): object => ({
  error: {
    code: 403,
    message,
    status,
    details: [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" },
      { "@type": "type.googleapis.com/google.rpc.Help", links: [] },
    ],
  },
});

const money: readonly Row[] = [
  { name: "402 without a code", status: 402, body: error({}), reason: "billing" },
  {
    name: "OpenAI, quota",
    status: 429,
    body: error({ type: "insufficient_quota", param: null, code: "insufficient_quota" }),
    reason: "billing",
  },
  {
    name: "OpenAI, hard limit",
    status: 400,
    body: error({ type: "invalid_request_error", code: "billing_hard_limit_reached" }),
    reason: "billing",
  },
  {
    name: "money beside the type of a rate limit",
    status: 429,
    body: error({ code: "rate_limit_exceeded", type: "insufficient_quota" }),
    reason: "billing",
  },
  {
    name: "LiteLLM, older",
    status: 400,
    body: error({ type: "budget_exceeded", param: null, code: "400" }),
    reason: "billing",
  },
  { name: "LiteLLM", status: 429, body: error({ type: "budget_exceeded", code: "429" }), reason: "billing" },
  {
    name: "LiteLLM, by the class of the error",
    status: 400,
    body: error({ type: "BudgetExceededError" }),
    reason: "billing",
  },
  {
    name: "a balance under 429",
    status: 429,
    body: error({ type: "insufficient_balance_error" }),
    reason: "billing",
  },
  {
    name: "a balance under 403, without an envelope",
    status: 403,
    body: { code: "INSUFFICIENT_BALANCE", message: "Insufficient account balance" },
    reason: "billing",
  },
  {
    name: "Novita",
    status: 403,
    body: { code: 403, reason: "NOT_ENOUGH_BALANCE", message: "not enough balance", metadata: {} },
    reason: "billing",
  },
  {
    name: "Moonshot",
    status: 429,
    body: error({ type: "exceeded_current_quota_error" }),
    reason: "billing",
  },
  {
    name: "DeepSeek",
    status: 402,
    body: error({ message: "Insufficient Balance", type: "unknown_error", code: "invalid_request_error" }),
    reason: "billing",
  },
  {
    name: "One API",
    status: 403,
    body: error({ type: "new_api_error", code: "insufficient_user_quota" }),
    reason: "billing",
  },
  {
    name: "Volcengine",
    status: 403,
    body: error({ code: "AccountOverdueError", type: "Forbidden" }),
    reason: "billing",
  },
  {
    name: "DashScope",
    status: 400,
    body: error({ code: "Arrearage", type: "Arrearage" }),
    reason: "billing",
  },
  {
    name: "Anthropic, by the code",
    api: "anthropic",
    status: 400,
    body: {
      type: "error",
      ...error({ type: "invalid_request_error", details: { error_code: "billing_error" } }),
    },
    reason: "billing",
  },
  {
    name: "Anthropic, by the type",
    api: "anthropic",
    status: 402,
    body: { type: "error", ...error({ type: "billing_error" }) },
    reason: "billing",
  },
  {
    name: "Google, billing",
    api: "gemini",
    status: 403,
    body: google("PERMISSION_DENIED", "BILLING_DISABLED"),
    reason: "billing",
  },
  {
    name: "Google's compatible route, billing",
    status: 403,
    body: [google("PERMISSION_DENIED", "BILLING_DISABLED")],
    reason: "billing",
  },
  {
    name: "Google's compatible route, country",
    status: 400,
    body: [error({ code: 400, status: "FAILED_PRECONDITION" })],
    reason: "billing",
  },
  {
    name: "words only",
    status: 500,
    body: error({ message: "Insufficient balance: your credit balance is too low, check your billing" }),
    reason: "server_error",
  },
];

const models: readonly Row[] = [
  {
    name: "Groq, decommissioned",
    status: 400,
    body: error({ type: "invalid_request_error", code: "model_decommissioned" }),
    reason: "model_not_found",
  },
  {
    name: "a gateway",
    status: 400,
    body: error({ type: "invalid_request_error", param: null, code: "model_not_found" }),
    reason: "model_not_found",
  },
  { name: "One API", status: 503, body: error({ code: "model_not_found" }), reason: "model_not_found" },
  {
    name: "Mistral",
    status: 400,
    body: { object: "error", message: "x", type: "invalid_model", code: "1500" },
    reason: "model_not_found",
  },
  { name: "GitHub", status: 400, body: error({ code: "unknown_model" }), reason: "model_not_found" },
  {
    name: "Azure, deployment",
    api: "azure_openai",
    status: 404,
    body: error({ code: "DeploymentNotFound" }),
    reason: "model_not_found",
  },
  { name: "gone", status: 410, body: error({}), reason: "model_not_found" },
  {
    name: "Volcengine",
    status: 404,
    body: error({ code: "InvalidEndpointOrModel.NotFound", type: "NotFound" }),
    reason: "model_not_found",
  },
  { name: "vLLM", status: 400, body: error({ type: "NotFoundError" }), reason: "model_not_found" },
];

const credentials: readonly Row[] = [
  {
    name: "LiteLLM under 400",
    status: 400,
    body: error({ type: "auth_error", code: "400" }),
    reason: "auth",
  },
  { name: "LiteLLM, expired", status: 400, body: error({ type: "expired_key" }), reason: "auth" },
  {
    name: "LiteLLM, a model of others",
    status: 400,
    body: error({ type: "key_model_access_denied" }),
    reason: "auth",
  },
  {
    name: "OpenAI, country",
    status: 403,
    body: error({ code: "unsupported_country_region_territory", type: "request_forbidden" }),
    reason: "auth",
  },
  {
    name: "Groq, a blocked model",
    status: 403,
    body: error({ code: "model_permission_blocked_project" }),
    reason: "auth",
  },
  {
    name: "Google, key",
    api: "gemini",
    status: 400,
    body: google("INVALID_ARGUMENT", "API_KEY_INVALID"),
    reason: "auth",
  },
  {
    name: "Google's compatible route, key",
    status: 400,
    body: [google("INVALID_ARGUMENT", "API_KEY_INVALID")],
    reason: "auth",
  },
  {
    name: "Google, service",
    api: "gemini",
    status: 403,
    body: google("PERMISSION_DENIED", "SERVICE_DISABLED"),
    reason: "auth",
  },
  {
    name: "Google, suspended",
    api: "gemini",
    status: 403,
    body: google("PERMISSION_DENIED", "CONSUMER_SUSPENDED"),
    reason: "auth",
  },
  ...[
    "AccessDeniedException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "IncompleteSignature",
  ].map(
    (type): Row => ({
      name: `AWS, ${type}`,
      api: "bedrock",
      status: 400,
      body: { message: "x" },
      headers: aws(type),
      reason: "auth",
    }),
  ),
];

const load: readonly Row[] = [
  {
    name: "Moonshot, overloaded",
    status: 429,
    body: error({ type: "engine_overloaded_error" }),
    reason: "overloaded",
  },
  {
    name: "Mistral, capacity",
    status: 429,
    body: { object: "error", message: "x", type: "service_tier_capacity_exceeded", code: "3505" },
    reason: "overloaded",
  },
  { name: "DashScope", status: 400, body: error({ code: "Throttling.RateQuota" }), reason: "rate_limited" },
  {
    name: "AWS, loading",
    api: "bedrock",
    status: 429,
    body: { message: "x" },
    headers: aws("ModelNotReadyException"),
    reason: "loading",
  },
  { name: "an unknown code", status: 400, body: error({ code: "strange" }), reason: "bad_request" },
  { name: "a name of Object", status: 400, body: error({ code: "constructor" }), reason: "bad_request" },
  {
    name: "LiteLLM, filter",
    status: 400,
    body: error({ type: "ContentPolicyViolationError" }),
    reason: "refused",
  },
];

describe.each([
  { about: "money", rows: money },
  { about: "models", rows: models },
  { about: "credentials", rows: credentials },
  { about: "load", rows: load },
])("an error about $about", ({ rows }) => {
  test.each(rows)("$name: $reason", async ({ api = "openai", status, body, headers, reason }) => {
    const result = await ask(await serve(json(body, status, headers ?? {})), {
      options: { api },
      target: { model: "m" },
    });
    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
    expect(result.answered).toBe(reason === "refused" ? undefined : false);
  });
});

describe.each(WIRE_FORMATS.map(({ api }) => api))("%s: common codes hold behind a gateway", (api) => {
  test.each([
    { status: 400, code: "budget_exceeded", reason: "billing" },
    { status: 403, code: "INSUFFICIENT_BALANCE", reason: "billing" },
    { status: 429, code: "insufficient_quota", reason: "billing" },
    { status: 400, code: "model_decommissioned", reason: "model_not_found" },
    { status: 400, code: "invalid_api_key", reason: "auth" },
    { status: 400, code: "content_policy_violation", reason: "refused" },
    { status: 429, code: "no_such_code", reason: "rate_limited" },
  ])("$code under $status: $reason", async ({ status, code, reason }) => {
    const result = await ask(await serve(json(error({ code }), status)), {
      options: { api },
      target: { model: "m" },
    });
    expect(reasonOf(result)).toBe(reason);
  });
});

test("an error inside a stream is told by its code and status too", async () => {
  const reply = streamed(events(error({ code: 400, type: "budget_exceeded" })));
  expect(reasonOf(await ask(await serve(reply)))).toBe("billing");
  const vague = streamed(events(error({ code: 429, type: "server_error" })));
  expect(reasonOf(await ask(await serve(vague)))).toBe("rate_limited");
});

describe("a model that Hugging Face is loading", () => {
  test.each([
    { estimate: 20.2, headers: {}, wait: 21 },
    { estimate: 20.2, headers: { "retry-after": "3" }, wait: 3 },
    { estimate: 0, headers: {}, wait: undefined },
    { estimate: 1e9, headers: {}, wait: 86_400 },
  ])("asks for a wait of $wait s by $estimate and $headers", async ({ estimate, headers, wait }) => {
    const body = { error: "Model x is currently loading", estimated_time: estimate };
    const result = await ask(await serve(json(body, 503, headers)));
    expect(reasonOf(result)).toBe("loading");
    expect(result.retryAfter).toBe(wait);
  });
});

describe("reasonOfCommonCode", () => {
  test.each([
    "insufficient_balance",
    "INSUFFICIENT_BALANCE",
    "InsufficientBalance",
    "insufficient_balance_error",
    "InsufficientBalanceError",
    "Insufficient Balance",
    "insufficient-balance",
  ])("knows %s", (code) => {
    expect(reasonOfCommonCode(code)).toBe("billing");
  });

  test("knows no texts", () => {
    const text = `insufficient_balance${" ".repeat(100)}`;
    expect(reasonOfCommonCode(text)).toBeUndefined();
    expect(reasonOfCommonCode("Your credit balance is too low")).toBeUndefined();
    expect(reasonOfCommonCode("__proto__")).toBeUndefined();
  });

  test("returns a reason or nothing for any text", () => {
    const known = new Set<unknown>([undefined, ...llmReasons]);
    fc.assert(
      fc.property(fc.string(), (code) => {
        expect(known.has(reasonOfCommonCode(code))).toBe(true);
      }),
    );
  });
});
