import { gauge } from "../../core/metric.ts";

/** Metrics of the `llm` prober. */
export const llmMetrics = {
  firstToken: gauge(
    "probe_llm_time_to_first_token_seconds",
    "Time from the request to the first token of any kind; only of streamed answers",
  ),
  firstOutputToken: gauge(
    "probe_llm_time_to_first_output_token_seconds",
    "Time from the request to the first token of the answer, after any reasoning; only of streamed answers",
  ),
  interToken: gauge(
    "probe_llm_inter_token_latency_seconds",
    "Mean time between tokens: (last - first) / (n - 1), n from the usage where given",
  ),
  maxStall: gauge("probe_llm_max_stall_seconds", "Longest silence between two pieces of the answer"),
  tokens: gauge("probe_llm_tokens", "Tokens of this probe as the API counted them", ["type"]),
  tokensPerSecond: gauge(
    "probe_llm_tokens_per_second",
    "Output tokens per second between the first and the last token",
  ),
  answerCorrect: gauge("probe_llm_answer_correct", "Whether the answer met every expectation"),
  finishReason: gauge(
    "probe_llm_finish_reason",
    "Why the model stopped: stop, length, tool_calls, content_filter, or other for an answer that is not complete; the value is always 1",
    ["reason"],
  ),
  modelInfo: gauge(
    "probe_llm_model_info",
    "Model asked for and model that says it answered; the value is always 1",
    ["requested_model", "response_model"],
  ),
  modelMismatch: gauge(
    "probe_llm_model_mismatch",
    "Whether another model than the requested (or an allowed) one answered",
  ),
  loadDuration: gauge(
    "probe_llm_model_load_duration_seconds",
    "Time that the server spent loading the model before it could answer, as it says itself (ollama)",
  ),
  rateLimitRemaining: gauge(
    "probe_llm_ratelimit_remaining",
    "What is left of a rate limit, as the response says: requests, tokens, input_tokens or output_tokens",
    ["kind"],
  ),
  rateLimitReset: gauge(
    "probe_llm_ratelimit_reset_timestamp_seconds",
    "When a rate limit is whole again, as the response says, as a Unix timestamp",
    ["kind"],
  ),
  phaseDuration: gauge(
    "probe_llm_phase_duration_seconds",
    "Time spent in each phase before the answer: resolve, connect, tls, headers",
    ["phase"],
  ),
};
