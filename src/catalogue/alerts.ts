import { counter, gauge } from "../core/metric.ts";

/** Metrics of relays, actions, webhooks and channels. */
export const alertMetrics = {
  relayDeliveries: counter(
    "heartbeat_relay_deliveries_total",
    "Attempts to deliver events, by result: delivered, retried or dead",
    ["relay", "result"],
  ),
  relayQueueLength: gauge("heartbeat_relay_queue_length", "Events waiting to be delivered", ["relay"]),
  relayDeadLetters: gauge(
    "heartbeat_relay_dead_letters",
    "Events that could not be delivered and were given up",
    ["relay"],
  ),
  relayTruncatedAlerts: counter(
    "heartbeat_relay_truncated_alerts_total",
    "Alerts that Alertmanager left out of notifications because of max_alerts",
    ["relay"],
  ),
  actionTruncatedAlerts: counter(
    "heartbeat_action_truncated_alerts_total",
    "Alerts that Alertmanager left out of notifications because of max_alerts",
    ["action"],
  ),
  actionAttempts: counter(
    "heartbeat_action_attempts_total",
    "Attempts to act on alerts, by result: success, failure, timeout, dry_run or refused",
    ["action", "result"],
  ),
  actionCooldown: gauge(
    "heartbeat_action_cooldown_until_timestamp_seconds",
    "End of the cooldown of the action for the target, as a Unix timestamp; absent before the first attempt",
    ["action", "target"],
    { when: "after the first attempt" },
  ),
  actionExhausted: gauge(
    "heartbeat_action_exhausted",
    "1 if the alert still fires after all attempts, so that an operator has to intervene, 0 if not",
    ["action", "target"],
    { when: "after the first alert" },
  ),
  webhookDeliveries: counter(
    "heartbeat_webhook_deliveries_total",
    "Attempts to deliver events to a webhook, by result: delivered, retried or dropped",
    ["webhook", "result"],
  ),
  webhookQueue: gauge("heartbeat_webhook_queue_length", "Events waiting to be delivered", ["webhook"]),
  notifyDeliveries: counter(
    "heartbeat_notify_deliveries_total",
    "Attempts to deliver messages to a channel, by result: delivered, retried or dead",
    ["channel", "result"],
  ),
  notifyQueueLength: gauge("heartbeat_notify_queue_length", "Messages waiting to be delivered to a channel", [
    "channel",
  ]),
  notifyDeadLetters: gauge(
    "heartbeat_notify_dead_letters",
    "Messages that could not be delivered to a channel and were given up",
    ["channel"],
  ),
};
