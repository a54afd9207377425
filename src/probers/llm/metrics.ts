import { gauge } from "../../core/metric.ts";

const STREAMED = "after a streamed answer, unless the exporter stood still meanwhile";
const TWO_TOKENS =
  "after a streamed answer in more than one piece, unless the exporter stood still meanwhile";
const FROM_GATEWAY = "if a gateway reports it";

/** Metrics of the `llm` prober. */
export const llmMetrics = {
  firstToken: gauge(
    "probe_llm_time_to_first_token_seconds",
    "Time from the request to the first token of any kind; only for streamed answers",
    [],
    { when: STREAMED },
  ),
  firstOutputToken: gauge(
    "probe_llm_time_to_first_output_token_seconds",
    "Time from the request to the first token of the answer itself, after any reasoning; only for streamed answers",
    [],
    { when: STREAMED },
  ),
  interToken: gauge(
    "probe_llm_inter_token_latency_seconds",
    "Mean time between tokens: (last - first) / (n - 1), with n from the API's usage if it gives one",
    [],
    { when: TWO_TOKENS },
  ),
  maxStall: gauge(
    "probe_llm_max_stall_seconds",
    "Longest gap between two pieces of the answer, without stalls of the exporter",
    [],
    {
      when: "after a streamed answer in more than one piece",
      detail: true,
    },
  ),
  tokens: gauge("probe_llm_tokens", "Tokens of this probe as counted by the API, by type", ["type"], {
    when: "for the types that the API counts",
    detail: true,
  }),
  tokensPerSecond: gauge(
    "probe_llm_tokens_per_second",
    "Output tokens per second between the first and the last token",
    [],
    { when: TWO_TOKENS, detail: true },
  ),
  answerCorrect: gauge("probe_llm_answer_correct", "1 if the answer met every expectation, 0 if not", [], {
    when: "after an answer",
  }),
  finishReason: gauge(
    "probe_llm_finish_reason",
    "Reason why the model stopped: stop, length, tool_calls, content_filter, or other for an answer that is not complete; the value is always 1",
    ["reason"],
    { when: "if the API says why it stopped" },
  ),
  modelInfo: gauge(
    "probe_llm_model_info",
    "Model that was requested and model that the API says answered; the value is always 1",
    ["requested_model", "response_model"],
    { when: "if the API names the model" },
  ),
  modelMismatch: gauge(
    "probe_llm_model_mismatch",
    "1 if a model answered that is neither the requested nor an allowed one, 0 if not",
    [],
    { when: "if the API names the model" },
  ),
  servedByInfo: gauge(
    "probe_llm_served_by_info",
    "Deployment, provider or model that served the answer, as a gateway reports it; the value is always 1",
    ["served_by"],
    { when: FROM_GATEWAY, detail: true },
  ),
  gatewayFallbacks: gauge(
    "probe_llm_gateway_fallbacks",
    "Fallbacks to another model that the gateway made for this response, as it reports them",
    [],
    { when: FROM_GATEWAY },
  ),
  gatewayRetries: gauge(
    "probe_llm_gateway_retries",
    "Retries that the gateway made for this response, as it reports them",
    [],
    { when: FROM_GATEWAY, detail: true },
  ),
  loadDuration: gauge(
    "probe_llm_model_load_duration_seconds",
    "Time that the server spent loading the model before it answered, as the server reports it (ollama)",
    [],
    { when: "if the API reports it (ollama)", detail: true },
  ),
  rateLimitRemaining: gauge(
    "probe_llm_ratelimit_remaining",
    "Remainder of a rate limit as the response reports it, by kind: requests, tokens, input_tokens or output_tokens",
    ["kind"],
    { when: "if the API reports it", detail: true },
  ),
  rateLimitReset: gauge(
    "probe_llm_ratelimit_reset_timestamp_seconds",
    "Time when a rate limit is fully reset, as the response reports it, as a Unix timestamp",
    ["kind"],
    { when: "if the API reports it", detail: true },
  ),
  phaseDuration: gauge(
    "probe_llm_phase_duration_seconds",
    "Time spent in each phase before the answer: resolve, connect, tls, headers",
    ["phase"],
    { when: "for the phases that the probe reached", detail: true },
  ),
};
