import { defined } from "../core/defined.ts";
import type { Emitter, Metric } from "../core/metric.ts";

/**
 * Every metric of the exporter, once. Names, labels and help come from here and only from here; `docs/metrics.md` is
 * generated from it, and a contract test holds a real scrape against it both ways.
 *
 * Rules: base units, `_total` for counters, one series per state, bounded label values, and a series only when there
 * is a value. `process_*` and `nodejs_*` come from prom-client and are not repeated here.
 */

const metric =
  (type: Metric["type"]) =>
  <const Label extends string = never>(
    emitter: Emitter,
    name: string,
    help: string,
    labels: readonly Label[] = [],
    buckets?: readonly number[],
  ): Metric<Label> => ({ name, type, help, labels, emitter, ...defined({ buckets }) });

const gauge = metric("gauge");
const counter = metric("counter");
const histogram = metric("histogram");

/** From a cache hit on the same machine to the slowest reasoning model: 10 ms to 120 s. */
const LLM_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];
const INTER_TOKEN_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
];

const TARGET_LABELS = ["target", "module"] as const;
const HEARTBEAT_LABELS = ["heartbeat", "source"] as const;
const LOG_LABELS = ["heartbeat"] as const;

export const catalogue = {
  // Every result.
  probeSuccess: gauge("probe", "probe_success", "Whether the probe succeeded (1) or failed (0)"),
  probeDuration: gauge("probe", "probe_duration_seconds", "How long the probe took"),
  probeTimeout: gauge("probe", "probe_timeout_seconds", "How long the probe was allowed to take"),
  probeFailureReason: gauge(
    "probe",
    "probe_failure_reason",
    "Why the probe failed; present, with value 1, only on failure",
    ["reason"],
  ),
  probeResultAge: gauge(
    "probe",
    "probe_result_age_seconds",
    "Time since the shown result was obtained; 0 when the probe ran for this scrape",
  ),

  probeSkipped: gauge(
    "llm",
    "probe_skipped",
    "Why no newer result will come for now, as a reason: budget_exhausted, or not_leader where another replica sends the prompts; present, with value 1, only then. What stands beside it is the last result",
    ["reason"],
  ),

  // http, with blackbox_exporter's names.
  httpStatusCode: gauge(
    "http",
    "probe_http_status_code",
    "Status code of the final response, 0 if there was none",
  ),
  httpContentLength: gauge(
    "http",
    "probe_http_content_length",
    "Content-Length of the final response in bytes, -1 if it announced none",
  ),
  httpBodyLength: gauge(
    "http",
    "probe_http_uncompressed_body_length",
    "Length of the final response's body in bytes, after decompression",
  ),
  httpRedirects: gauge("http", "probe_http_redirects", "Number of redirects followed"),
  httpSsl: gauge("http", "probe_http_ssl", "Whether the final response came over TLS"),
  httpVersion: gauge("http", "probe_http_version", "HTTP version of the final response, 0 if there was none"),
  httpDuration: gauge(
    "http",
    "probe_http_duration_seconds",
    "Time spent in each phase of the request, summed over redirects",
    ["phase"],
  ),
  httpLastModified: gauge(
    "http",
    "probe_http_last_modified_timestamp_seconds",
    "Last-Modified of the final response as a Unix timestamp",
  ),
  failedDueToRegex: gauge(
    "http",
    "probe_failed_due_to_regex",
    "Whether a body or header expression made the probe fail",
  ),
  failedDueToCel: gauge(
    "http",
    "probe_failed_due_to_cel",
    "Whether a CEL expression over the JSON body made the probe fail; only with such expressions",
  ),
  dnsLookupTime: gauge("http", "probe_dns_lookup_time_seconds", "Time taken to resolve the target's name"),
  ipProtocol: gauge(
    "http",
    "probe_ip_protocol",
    "IP version that was chosen: 4 or 6, 0 if resolution failed",
  ),
  ipAddrHash: gauge(
    "http",
    "probe_ip_addr_hash",
    "FNV-32a hash of the chosen IP address; changes when the address does",
  ),
  sslEarliestCertExpiry: gauge(
    "http",
    "probe_ssl_earliest_cert_expiry",
    "Earliest expiry among the certificates that the target sent, as a Unix timestamp",
  ),
  sslLastChainExpiry: gauge(
    "http",
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "Expiry of the verified chain that expires last, as a Unix timestamp",
  ),
  sslLastChainInfo: gauge(
    "http",
    "probe_ssl_last_chain_info",
    "The target's leaf certificate; the value is always 1",
    ["fingerprint_sha256", "subject", "issuer", "subjectalternative", "serialnumber"],
  ),
  tlsClientCertExpiry: gauge(
    "http",
    "probe_tls_client_certificate_expiry_timestamp_seconds",
    "Expiry of the client certificate that the module shows, as a Unix timestamp",
  ),
  tlsVersionInfo: gauge("http", "probe_tls_version_info", "TLS version in use; the value is always 1", [
    "version",
  ]),
  tlsCipherInfo: gauge("http", "probe_tls_cipher_info", "TLS cipher in use; the value is always 1", [
    "cipher",
  ]),

  // llm: facts of one probe.
  llmFirstToken: gauge(
    "llm",
    "probe_llm_time_to_first_token_seconds",
    "Time from the request to the first token of any kind; only of streamed answers",
  ),
  llmFirstOutputToken: gauge(
    "llm",
    "probe_llm_time_to_first_output_token_seconds",
    "Time from the request to the first token of the answer, after any reasoning; only of streamed answers",
  ),
  llmInterToken: gauge(
    "llm",
    "probe_llm_inter_token_latency_seconds",
    "Mean time between tokens: (last - first) / (n - 1), n from the usage where given",
  ),
  llmMaxStall: gauge(
    "llm",
    "probe_llm_max_stall_seconds",
    "Longest silence between two pieces of the answer",
  ),
  llmTokens: gauge("llm", "probe_llm_tokens", "Tokens of this probe as the API counted them", ["type"]),
  llmTokensPerSecond: gauge(
    "llm",
    "probe_llm_tokens_per_second",
    "Output tokens per second between the first and the last token",
  ),
  llmAnswerCorrect: gauge("llm", "probe_llm_answer_correct", "Whether the answer met every expectation"),
  llmFinishReason: gauge(
    "llm",
    "probe_llm_finish_reason",
    "Why the model stopped: stop, length, tool_calls, content_filter or other; the value is always 1",
    ["reason"],
  ),
  llmModelInfo: gauge(
    "llm",
    "probe_llm_model_info",
    "Model asked for and model that says it answered; the value is always 1",
    ["requested_model", "response_model"],
  ),
  llmModelMismatch: gauge(
    "llm",
    "probe_llm_model_mismatch",
    "Whether another model than the requested (or an allowed) one answered",
  ),
  llmLoadDuration: gauge(
    "llm",
    "probe_llm_model_load_duration_seconds",
    "Time that the server spent loading the model before it could answer, as it says itself (ollama)",
  ),
  llmColdStart: gauge(
    "llm",
    "probe_llm_cold_start",
    "Whether the probe came after a silence of cold_start.after or more; its times are then in no histogram and never degrade its target",
  ),
  llmRateLimitRemaining: gauge(
    "llm",
    "probe_llm_ratelimit_remaining",
    "What is left of a rate limit, as the response says: requests, tokens, input_tokens or output_tokens",
    ["kind"],
  ),
  llmRateLimitReset: gauge(
    "llm",
    "probe_llm_ratelimit_reset_timestamp_seconds",
    "When a rate limit is whole again, as the response says, as a Unix timestamp",
    ["kind"],
  ),
  llmPhaseDuration: gauge(
    "llm",
    "probe_llm_phase_duration_seconds",
    "Time spent in each phase before the answer: resolve, connect, tls, headers",
    ["phase"],
  ),

  // Heartbeats: one model for push, log and lease.
  heartbeatLastSeen: gauge(
    "heartbeat",
    "heartbeat_last_seen_timestamp_seconds",
    "When the heartbeat last reported, by its own clock, as a Unix timestamp; absent when it never did",
    HEARTBEAT_LABELS,
  ),
  heartbeatTimeout: gauge(
    "heartbeat",
    "heartbeat_timeout_seconds",
    "How long the heartbeat may be silent",
    HEARTBEAT_LABELS,
  ),
  heartbeatUp: gauge(
    "heartbeat",
    "heartbeat_up",
    "Whether the heartbeat is silent for less than its timeout, time in which the exporter was not there to hear left out, and has neither failed nor left a start without its end; absent when it never reported",
    HEARTBEAT_LABELS,
  ),
  heartbeatInfo: gauge(
    "heartbeat",
    "heartbeat_info",
    "Facts about the heartbeat, with its configured labels besides; the value is always 1",
    [...HEARTBEAT_LABELS, "kind", "hostname", "owner"],
  ),
  heartbeatPings: counter(
    "heartbeat",
    "heartbeat_pings_total",
    "Pings by what they said: success, start, fail or log; only of pushes",
    [...HEARTBEAT_LABELS, "kind"],
  ),
  heartbeatFailed: gauge(
    "heartbeat",
    "heartbeat_failed",
    "Whether the last word of the heartbeat was a fail; only of pushes that have said something",
    HEARTBEAT_LABELS,
  ),
  heartbeatLastDuration: gauge(
    "heartbeat",
    "heartbeat_last_duration_seconds",
    "Time from start to end of the last run of which both were reported; only of pushes",
    HEARTBEAT_LABELS,
  ),
  heartbeatRunningSince: gauge(
    "heartbeat",
    "heartbeat_running_since_timestamp_seconds",
    "When the earliest run began that has not ended yet, as a Unix timestamp; only while there is one",
    HEARTBEAT_LABELS,
  ),

  // Kubernetes leases.
  leaseRenew: gauge(
    "heartbeat",
    "heartbeat_lease_renew_timestamp_seconds",
    "When the lease was last renewed, by the clock of its holder, as a Unix timestamp",
    ["heartbeat"],
  ),
  leaseDuration: gauge(
    "heartbeat",
    "heartbeat_lease_duration_seconds",
    "How long others wait after a renewal before they take the lease, as it says itself",
    ["heartbeat"],
  ),
  leaseTransitions: gauge(
    "heartbeat",
    "heartbeat_lease_transitions",
    "How often the lease went from one holder to another, as it says itself",
    ["heartbeat"],
  ),
  leaseHolder: gauge(
    "heartbeat",
    "heartbeat_lease_holder_info",
    "Who holds the lease; the value is always 1, and absent while nobody does",
    ["heartbeat", "holder"],
  ),

  // Heartbeat logs: what was read, and what the heartbeats say.
  logLines: counter("heartbeat", "heartbeat_log_lines_total", "Lines read", LOG_LABELS),
  logHeartbeats: counter("heartbeat", "heartbeat_log_heartbeats_total", "Heartbeats read", LOG_LABELS),
  logParseFailures: counter(
    "heartbeat",
    "heartbeat_log_parse_failures_total",
    "Lines that could not be read: too_long, or malformed though the marker is in them",
    [...LOG_LABELS, "reason"],
  ),
  logRotations: counter(
    "heartbeat",
    "heartbeat_log_rotations_total",
    "How often the log was renamed, or emptied, under the one who reads it",
    [...LOG_LABELS, "kind"],
  ),
  logMissed: counter(
    "heartbeat",
    "heartbeat_log_missed_total",
    "Heartbeats that were not read, by the gaps in heartbeat_count",
    LOG_LABELS,
  ),
  logRestarts: counter(
    "heartbeat",
    "heartbeat_log_restarts_total",
    "Restarts of the service, by a heartbeat_count or uptime_seconds that fell",
    LOG_LABELS,
  ),
  logProcessedDelta: gauge(
    "heartbeat",
    "heartbeat_log_messages_processed_delta",
    "Messages processed since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  logConsumerErrorsDelta: gauge(
    "heartbeat",
    "heartbeat_log_consumer_errors_delta",
    "Errors of the consumer since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  logOrdersDelta: gauge(
    "heartbeat",
    "heartbeat_log_orders_published_delta",
    "Orders published since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  logPublisherErrorsDelta: gauge(
    "heartbeat",
    "heartbeat_log_publisher_errors_delta",
    "Errors of the publisher since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  logMessageRate: gauge(
    "heartbeat",
    "heartbeat_log_messages_per_second",
    "Messages processed per second, as the heartbeat says",
    LOG_LABELS,
  ),
  logOrderRate: gauge(
    "heartbeat",
    "heartbeat_log_orders_per_second",
    "Orders published per second, as the heartbeat says",
    LOG_LABELS,
  ),
  logErrorRate: gauge(
    "heartbeat",
    "heartbeat_log_error_rate_per_second",
    "Errors per second, as the heartbeat says",
    LOG_LABELS,
  ),
  logProcessed: counter(
    "heartbeat",
    "heartbeat_log_messages_processed_total",
    "Messages processed, from total_messages_processed of the heartbeat",
    LOG_LABELS,
  ),
  logConsumerErrors: counter(
    "heartbeat",
    "heartbeat_log_consumer_errors_total",
    "Errors of the consumer, from total_consumer_errors of the heartbeat",
    LOG_LABELS,
  ),
  logOrders: counter(
    "heartbeat",
    "heartbeat_log_orders_published_total",
    "Orders published, from total_orders_published of the heartbeat",
    LOG_LABELS,
  ),
  logPublisherErrors: counter(
    "heartbeat",
    "heartbeat_log_publisher_errors_total",
    "Errors of the publisher, from total_publisher_errors of the heartbeat",
    LOG_LABELS,
  ),
  logUptime: gauge(
    "heartbeat",
    "heartbeat_log_uptime_seconds",
    "How long the service runs, as the heartbeat says",
    LOG_LABELS,
  ),
  logInterval: gauge(
    "heartbeat",
    "heartbeat_log_interval_seconds",
    "Time between heartbeats, as the heartbeat says",
    LOG_LABELS,
  ),
  logCount: gauge(
    "heartbeat",
    "heartbeat_log_heartbeat_count",
    "Number of the heartbeat since the start of the service, as it says",
    LOG_LABELS,
  ),
  logConsumerRunning: gauge(
    "heartbeat",
    "heartbeat_log_consumer_is_running",
    "Whether the consumer runs, as the heartbeat says",
    LOG_LABELS,
  ),
  logConsumerHealthy: gauge(
    "heartbeat",
    "heartbeat_log_consumer_is_healthy",
    "Whether the consumer is healthy, as the heartbeat says",
    LOG_LABELS,
  ),
  logConsumerConnected: gauge(
    "heartbeat",
    "heartbeat_log_consumer_nats_connected",
    "Whether the consumer is connected to NATS, as the heartbeat says",
    LOG_LABELS,
  ),
  logConsumerSubscribed: gauge(
    "heartbeat",
    "heartbeat_log_consumer_subscription_active",
    "Whether the subscription of the consumer is active, as the heartbeat says",
    LOG_LABELS,
  ),
  logConsumerLast: gauge(
    "heartbeat",
    "heartbeat_log_consumer_last_message_timestamp_seconds",
    "When the consumer got its last message, as a Unix timestamp, from consumer_last_message_time of the heartbeat",
    LOG_LABELS,
  ),
  logConsumerAverage: gauge(
    "heartbeat",
    "heartbeat_log_consumer_avg_processing_time_seconds",
    "Mean time to process a message, from consumer_avg_processing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  logConsumerMax: gauge(
    "heartbeat",
    "heartbeat_log_consumer_max_processing_time_seconds",
    "Longest time to process a message, from consumer_max_processing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  logConsumerBreaker: gauge(
    "heartbeat",
    "heartbeat_log_consumer_circuit_breaker_state",
    "State of the circuit breaker of the consumer, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),
  logPublisherRunning: gauge(
    "heartbeat",
    "heartbeat_log_publisher_is_running",
    "Whether the publisher runs, as the heartbeat says",
    LOG_LABELS,
  ),
  logPublisherHealthy: gauge(
    "heartbeat",
    "heartbeat_log_publisher_is_healthy",
    "Whether the publisher is healthy, as the heartbeat says",
    LOG_LABELS,
  ),
  logPublisherConnected: gauge(
    "heartbeat",
    "heartbeat_log_publisher_nats_connected",
    "Whether the publisher is connected to NATS, as the heartbeat says",
    LOG_LABELS,
  ),
  logPublisherQueue: gauge(
    "heartbeat",
    "heartbeat_log_publisher_queue_size",
    "Orders that wait to be published, as the heartbeat says",
    LOG_LABELS,
  ),
  logPublisherLast: gauge(
    "heartbeat",
    "heartbeat_log_publisher_last_order_timestamp_seconds",
    "When the publisher published its last order, as a Unix timestamp, from publisher_last_order_time of the heartbeat",
    LOG_LABELS,
  ),
  logPublisherAverage: gauge(
    "heartbeat",
    "heartbeat_log_publisher_avg_publishing_time_seconds",
    "Mean time to publish an order, from publisher_avg_publishing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  logPublisherMax: gauge(
    "heartbeat",
    "heartbeat_log_publisher_max_publishing_time_seconds",
    "Longest time to publish an order, from publisher_max_publishing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  logPublisherBreaker: gauge(
    "heartbeat",
    "heartbeat_log_publisher_circuit_breaker_state",
    "State of the circuit breaker of the publisher, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),

  // Memory of probes, per configured target.
  healthChecks: counter("state", "heartbeat_health_checks_total", "Probes by result", [
    ...TARGET_LABELS,
    "status",
  ]),
  healthCheckDuration: histogram(
    "state",
    "heartbeat_health_check_duration_seconds",
    "Duration of probes by result",
    [...TARGET_LABELS, "status"],
    LLM_BUCKETS,
  ),
  failures: counter("state", "heartbeat_failures_total", "Failed probes by reason", [
    ...TARGET_LABELS,
    "reason",
  ]),
  consecutiveFailures: gauge(
    "state",
    "heartbeat_consecutive_failures",
    "Failures in a row, ignored reasons left out",
    TARGET_LABELS,
  ),
  consecutiveSuccesses: gauge(
    "state",
    "heartbeat_consecutive_successes",
    "Successes in a row",
    TARGET_LABELS,
  ),
  modelAvailable: gauge(
    "state",
    "heartbeat_model_available",
    "Whether the last probe got an answer from the model, be it a wrong one",
    TARGET_LABELS,
  ),
  targetHealthy: gauge(
    "state",
    "heartbeat_target_healthy",
    "Whether the target is healthy, after thresholds; absent while unknown",
    TARGET_LABELS,
  ),
  targetStatus: gauge(
    "state",
    "heartbeat_target_status",
    "Status of the target, one series per status: healthy, degraded (healthy but slower than expected), unhealthy, unknown",
    [...TARGET_LABELS, "status"],
  ),
  currentMode: gauge(
    "state",
    "heartbeat_current_mode",
    "Mode of a target with failover, one series per mode",
    [...TARGET_LABELS, "mode"],
  ),
  modeSince: gauge(
    "state",
    "heartbeat_mode_since_timestamp_seconds",
    "When the current mode was entered, as a Unix timestamp",
    TARGET_LABELS,
  ),
  modeForced: gauge("state", "heartbeat_mode_forced", "Whether the mode was forced by hand", TARGET_LABELS),
  failoverEvents: counter(
    "state",
    "heartbeat_failover_events_total",
    "Changes of mode: triggered or recovered",
    [...TARGET_LABELS, "type"],
  ),
  lastProbe: gauge(
    "state",
    "heartbeat_last_probe_timestamp_seconds",
    "When the last probe ended, as a Unix timestamp",
    TARGET_LABELS,
  ),
  lastSuccess: gauge(
    "state",
    "heartbeat_last_success_timestamp_seconds",
    "When the last successful probe ended, as a Unix timestamp",
    TARGET_LABELS,
  ),
  llmTokensTotal: counter(
    "state",
    "heartbeat_llm_tokens_total",
    "Tokens spent on probes, as the API counted them",
    [...TARGET_LABELS, "type"],
  ),
  llmCost: counter(
    "state",
    "heartbeat_llm_cost_dollars_total",
    "Dollars spent on probes, by the prices of the configuration; tokens that the API did not count are estimated",
    TARGET_LABELS,
  ),
  llmBudgetTokens: gauge(
    "state",
    "heartbeat_llm_budget_remaining_tokens",
    "Tokens left in the tightest budget that holds for the target, its module's included",
    TARGET_LABELS,
  ),
  llmBudgetDollars: gauge(
    "state",
    "heartbeat_llm_budget_remaining_dollars",
    "Dollars left in the tightest budget that holds for the target, its module's included",
    TARGET_LABELS,
  ),
  llmTier: gauge(
    "state",
    "probe_llm_tier",
    "Whether the last cheap question of the tier was answered with success; no answer of the model, and absent before the first",
    [...TARGET_LABELS, "tier"],
  ),
  llmFirstTokenHistogram: histogram(
    "state",
    "heartbeat_llm_time_to_first_token_seconds",
    "Time to first token of probes",
    TARGET_LABELS,
    LLM_BUCKETS,
  ),
  llmInterTokenHistogram: histogram(
    "state",
    "heartbeat_llm_inter_token_latency_seconds",
    "Inter-token latency of probes",
    TARGET_LABELS,
    INTER_TOKEN_BUCKETS,
  ),

  // Thresholds as metrics, so that one static rule file serves every configuration.
  interval: gauge("state", "heartbeat_interval_seconds", "Configured interval between probes", TARGET_LABELS),
  failureThreshold: gauge(
    "state",
    "heartbeat_failure_threshold",
    "Failures in a row until unhealthy",
    TARGET_LABELS,
  ),
  healthyThreshold: gauge(
    "state",
    "heartbeat_healthy_threshold",
    "Successes in a row until healthy",
    TARGET_LABELS,
  ),
  expectedDuration: gauge(
    "state",
    "heartbeat_expected_duration_seconds",
    "Configured duration beyond which the target counts as degraded",
    TARGET_LABELS,
  ),
  sloObjective: gauge(
    "state",
    "heartbeat_slo_objective_ratio",
    "Configured share of probes that are to succeed",
    TARGET_LABELS,
  ),
  failoverMaxDuration: gauge(
    "state",
    "heartbeat_failover_max_duration_seconds",
    "Configured time in fallback after which it is overdue",
    TARGET_LABELS,
  ),
  targetInfo: gauge(
    "state",
    "heartbeat_target_info",
    "Facts about a configured target, with its configured labels besides; the value is always 1",
    [...TARGET_LABELS, "critical", "kind"],
  ),

  // Groups, and components that report themselves.
  groupStatus: gauge(
    "group",
    "heartbeat_group_status",
    "Status of the group, one series per status: healthy, degraded, unhealthy, unknown",
    ["group", "status"],
  ),
  groupMembers: gauge("group", "heartbeat_group_members", "Members of the group by their status", [
    "group",
    "status",
  ]),
  groupInfo: gauge("group", "heartbeat_group_info", "Configured labels of the group; the value is always 1", [
    "group",
  ]),
  componentStatus: gauge(
    "group",
    "heartbeat_component_status",
    "Status that the component reported, one series per status; unknown when its report is older than its ttl",
    ["component", "status"],
  ),
  componentLastReport: gauge(
    "group",
    "heartbeat_component_last_report_timestamp_seconds",
    "When the component last reported, as a Unix timestamp",
    ["component"],
  ),

  // Relays, actions, maintenance.
  relayDeliveries: counter(
    "notify",
    "heartbeat_relay_deliveries_total",
    "Attempts to deliver events, by result: delivered, retried or dead",
    ["relay", "result"],
  ),
  relayQueueLength: gauge("notify", "heartbeat_relay_queue_length", "Events that wait to be delivered", [
    "relay",
  ]),
  relayDeadLetters: gauge("notify", "heartbeat_relay_dead_letters", "Events that were given up", ["relay"]),
  actionAttempts: counter(
    "notify",
    "heartbeat_action_attempts_total",
    "What was done about alerts: success, failure, timeout, dry_run, or refused",
    ["action", "result"],
  ),
  actionCooldown: gauge(
    "notify",
    "heartbeat_action_cooldown_until_timestamp_seconds",
    "Until when the action does nothing about the target, as a Unix timestamp; absent before the first attempt",
    ["action", "target"],
  ),
  actionExhausted: gauge(
    "notify",
    "heartbeat_action_exhausted",
    "Whether all attempts were made and the alert fires still: somebody has to look",
    ["action", "target"],
  ),
  targetMaintenance: gauge(
    "notify",
    "heartbeat_target_maintenance",
    "Whether the target is worked on, so that nothing is concluded from failures; only where a window is about it",
    TARGET_LABELS,
  ),
  heartbeatMaintenance: gauge(
    "heartbeat",
    "heartbeat_maintenance",
    "Whether the heartbeat is worked on, so that its silence is expected; only where a window is about it",
    HEARTBEAT_LABELS,
  ),

  // The exporter itself.
  buildInfo: gauge(
    "exporter",
    "heartbeat_exporter_build_info",
    "Version of the exporter and of Node.js; the value is always 1",
    ["version", "node_version"],
  ),
  configReloadSuccessful: gauge(
    "exporter",
    "heartbeat_exporter_config_last_reload_successful",
    "Whether the last attempt to load the configuration succeeded",
  ),
  configReloadTimestamp: gauge(
    "exporter",
    "heartbeat_exporter_config_last_reload_success_timestamp_seconds",
    "When the configuration in use was loaded, as a Unix timestamp",
  ),
  exporterLeader: gauge(
    "exporter",
    "heartbeat_exporter_leader",
    "Whether this replica holds the lease and so sends the prompts; only with a lease in the configuration",
  ),
  probesInFlight: gauge("exporter", "heartbeat_exporter_probes_in_flight", "Probes running now"),
  probesQueued: gauge("exporter", "heartbeat_exporter_probes_queued", "Probes waiting for a free place now"),
  storeUp: gauge(
    "exporter",
    "heartbeat_exporter_store_up",
    "Whether the store could be written at the last attempt; without a store there is none",
  ),
  storeWriteFailures: counter(
    "exporter",
    "heartbeat_exporter_store_write_failures_total",
    "Attempts to write the store that failed, by reason: full, read_only, locked, corrupt, io",
    ["reason"],
  ),
  storeSize: gauge(
    "exporter",
    "heartbeat_exporter_store_size_bytes",
    "Size of the store's files when it was last written",
  ),
  storeResults: gauge(
    "exporter",
    "heartbeat_exporter_store_results",
    "Results of the past that the store holds",
  ),
  down: gauge(
    "exporter",
    "heartbeat_exporter_down_seconds",
    "How long nobody was there before this start, by what the store remembers",
  ),
  eventStreams: gauge(
    "exporter",
    "heartbeat_exporter_event_streams",
    "Clients that follow /api/v1/events at present",
  ),
  eventStreamsDropped: counter(
    "exporter",
    "heartbeat_exporter_event_streams_dropped_total",
    "Clients of /api/v1/events that were dropped because they did not read",
  ),
  webhookDeliveries: counter(
    "exporter",
    "heartbeat_webhook_deliveries_total",
    "Attempts to tell a webhook of an event, by result: delivered, retried (it will be tried again), dropped",
    ["webhook", "result"],
  ),
  webhookQueue: gauge("exporter", "heartbeat_webhook_queue_length", "Events that wait to be delivered", [
    "webhook",
  ]),
  eventLoopLag: gauge(
    "exporter",
    "heartbeat_exporter_event_loop_lag_seconds",
    "99th percentile of the event loop's delay since the last scrape; it bounds the error of measured times",
  ),
};

/** The catalogue as a list, in its order. */
export const metrics: readonly Metric[] = Object.values(catalogue);
