import { counter, gauge } from "../core/metric.ts";

/** Metrics of relays, actions and webhooks. */
export const alertMetrics = {
  relayDeliveries: counter(
    "heartbeat_relay_deliveries_total",
    "Attempts to deliver events, by result: delivered, retried or dead",
    ["relay", "result"],
  ),
  relayQueueLength: gauge("heartbeat_relay_queue_length", "Events that wait to be delivered", ["relay"]),
  relayDeadLetters: gauge("heartbeat_relay_dead_letters", "Events that were given up", ["relay"]),
  actionAttempts: counter(
    "heartbeat_action_attempts_total",
    "What was done about alerts: success, failure, timeout, dry_run, or refused",
    ["action", "result"],
  ),
  actionCooldown: gauge(
    "heartbeat_action_cooldown_until_timestamp_seconds",
    "Until when the action does nothing about the target, as a Unix timestamp; absent before the first attempt",
    ["action", "target"],
  ),
  actionExhausted: gauge(
    "heartbeat_action_exhausted",
    "Whether all attempts were made and the alert fires still: somebody has to look",
    ["action", "target"],
  ),
  webhookDeliveries: counter(
    "heartbeat_webhook_deliveries_total",
    "Attempts to tell a webhook of an event, by result: delivered, retried (it will be tried again), dropped",
    ["webhook", "result"],
  ),
  webhookQueue: gauge("heartbeat_webhook_queue_length", "Events that wait to be delivered", ["webhook"]),
};
