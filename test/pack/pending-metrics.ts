/**
 * Metrics that rules and dashboards use before the catalogue has them, by name, with their labels. To be emptied as
 * they come: a name that stands in both places fails a test.
 */
export const pendingMetrics: Readonly<Record<string, readonly string[]>> = {
  heartbeat_info: ["heartbeat", "source", "kind", "hostname", "owner"],
  heartbeat_pings_total: ["heartbeat", "source", "kind"],
  heartbeat_failed: ["heartbeat", "source"],
  heartbeat_last_duration_seconds: ["heartbeat", "source"],
  heartbeat_running_since_timestamp_seconds: ["heartbeat", "source"],

  heartbeat_log_lines_total: ["heartbeat"],
  heartbeat_log_heartbeats_total: ["heartbeat"],
  heartbeat_log_parse_failures_total: ["heartbeat", "reason"],
  heartbeat_log_rotations_total: ["heartbeat", "kind"],
  heartbeat_log_missed_total: ["heartbeat"],
  heartbeat_log_restarts_total: ["heartbeat"],
  heartbeat_log_heartbeat_count: ["heartbeat"],
  heartbeat_log_uptime_seconds: ["heartbeat"],
  heartbeat_log_consumer_errors_total: ["heartbeat"],
  heartbeat_log_publisher_errors_total: ["heartbeat"],
  heartbeat_log_consumer_last_message_timestamp_seconds: ["heartbeat"],
  heartbeat_log_messages_per_second: ["heartbeat"],
  heartbeat_log_error_rate_per_second: ["heartbeat"],
  heartbeat_log_consumer_is_running: ["heartbeat"],
  heartbeat_log_consumer_is_healthy: ["heartbeat"],
  heartbeat_log_consumer_nats_connected: ["heartbeat"],
  heartbeat_log_consumer_subscription_active: ["heartbeat"],
  heartbeat_log_publisher_is_running: ["heartbeat"],
  heartbeat_log_publisher_is_healthy: ["heartbeat"],
  heartbeat_log_publisher_nats_connected: ["heartbeat"],
  heartbeat_log_consumer_circuit_breaker_state: ["heartbeat", "state"],
  heartbeat_log_publisher_circuit_breaker_state: ["heartbeat", "state"],

  heartbeat_lease_renew_timestamp_seconds: ["heartbeat"],
  heartbeat_lease_duration_seconds: ["heartbeat"],
  heartbeat_lease_transitions: ["heartbeat"],
  heartbeat_lease_holder_info: ["heartbeat", "holder"],
  heartbeat_exporter_leader: [],

  heartbeat_group_status: ["group", "status"],

  heartbeat_target_maintenance: ["target", "module"],
  heartbeat_maintenance: ["heartbeat", "source"],

  heartbeat_exporter_store_up: [],
  heartbeat_exporter_store_write_failures_total: ["reason"],
  heartbeat_exporter_store_size_bytes: [],
  heartbeat_exporter_store_results: [],
  heartbeat_exporter_down_seconds: [],

  heartbeat_relay_deliveries_total: ["relay", "result"],
  heartbeat_relay_queue_length: ["relay"],
  heartbeat_relay_dead_letters: ["relay"],
  heartbeat_action_attempts_total: ["action", "result"],
  heartbeat_action_cooldown_until_timestamp_seconds: ["action", "target"],
  heartbeat_action_exhausted: ["action", "target"],
};

/** Values of `reason` of probe_skipped that are still to come. */
export const pendingSkipReasons: readonly string[] = ["not_leader"];
