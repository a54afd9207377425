/**
 * Metrics that rules and dashboards use before the catalogue has them, by name, with their labels. To be emptied as
 * they come: a name that stands in both places fails a test.
 */
export const pendingMetrics: Readonly<Record<string, readonly string[]>> = {
  heartbeat_target_maintenance: ["target", "module"],
  heartbeat_maintenance: ["heartbeat", "source"],

  heartbeat_relay_deliveries_total: ["relay", "result"],
  heartbeat_relay_queue_length: ["relay"],
  heartbeat_relay_dead_letters: ["relay"],
  heartbeat_action_attempts_total: ["action", "result"],
  heartbeat_action_cooldown_until_timestamp_seconds: ["action", "target"],
  heartbeat_action_exhausted: ["action", "target"],
};
