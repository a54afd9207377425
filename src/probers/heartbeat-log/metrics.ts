import { counter, gauge, type Metric } from "../../core/metric.ts";

const LOG_LABELS = ["heartbeat"] as const;

const OF_SERVICE = { keptFor: "a number that the service itself reports" };

/** Metrics that the `heartbeat_log` prober counts itself. */
export const logMetrics = {
  lines: counter("heartbeat_log_lines_total", "Lines read", LOG_LABELS),
  heartbeats: counter("heartbeat_log_heartbeats_total", "Heartbeats read", LOG_LABELS),
  parseFailures: counter(
    "heartbeat_log_parse_failures_total",
    "Lines that could not be parsed, by reason: too_long, or malformed if the line has the marker of a heartbeat",
    [...LOG_LABELS, "reason"],
  ),
  rotations: counter("heartbeat_log_rotations_total", "Rotations of the log, by kind: rename or truncate", [
    ...LOG_LABELS,
    "kind",
  ]),
  missed: counter(
    "heartbeat_log_missed_total",
    "Heartbeats that were not read, according to gaps in heartbeat_count",
    LOG_LABELS,
  ),
  restarts: counter(
    "heartbeat_log_restarts_total",
    "Restarts of the service, detected by a decrease of heartbeat_count or uptime_seconds",
    LOG_LABELS,
  ),
};

/** Metrics of well-known fields of a heartbeat. Other fields get a metric when they first occur. */
export const fieldMetrics: readonly Metric[] = [
  gauge(
    "heartbeat_log_messages_processed_delta",
    "Messages processed since the previous heartbeat",
    LOG_LABELS,
    OF_SERVICE,
  ),
  gauge(
    "heartbeat_log_consumer_errors_delta",
    "Errors of the consumer since the previous heartbeat",
    LOG_LABELS,
    OF_SERVICE,
  ),
  gauge(
    "heartbeat_log_orders_published_delta",
    "Orders published since the previous heartbeat",
    LOG_LABELS,
    OF_SERVICE,
  ),
  gauge(
    "heartbeat_log_publisher_errors_delta",
    "Errors of the publisher since the previous heartbeat",
    LOG_LABELS,
    OF_SERVICE,
  ),
  gauge("heartbeat_log_messages_per_second", "Messages processed per second", LOG_LABELS),
  gauge("heartbeat_log_orders_per_second", "Orders published per second", LOG_LABELS),
  gauge("heartbeat_log_error_rate_per_second", "Errors per second", LOG_LABELS),
  counter(
    "heartbeat_log_messages_processed_total",
    "Messages processed, from total_messages_processed",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_consumer_errors_total",
    "Errors of the consumer, from total_consumer_errors",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_orders_published_total",
    "Orders published, from total_orders_published",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_publisher_errors_total",
    "Errors of the publisher, from total_publisher_errors",
    LOG_LABELS,
  ),
  gauge("heartbeat_log_uptime_seconds", "Uptime of the service", LOG_LABELS),
  gauge("heartbeat_log_interval_seconds", "Time between heartbeats", LOG_LABELS, OF_SERVICE),
  gauge("heartbeat_log_heartbeat_count", "Number of the heartbeat since the service started", LOG_LABELS),
  gauge("heartbeat_log_consumer_is_running", "1 if the consumer is running, 0 if not", LOG_LABELS),
  gauge("heartbeat_log_consumer_is_healthy", "1 if the consumer is healthy, 0 if not", LOG_LABELS),
  gauge(
    "heartbeat_log_consumer_nats_connected",
    "1 if the consumer is connected to NATS, 0 if not",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_subscription_active",
    "1 if the subscription of the consumer is active, 0 if not",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_last_message_timestamp_seconds",
    "Time of the last message of the consumer as a Unix timestamp, from consumer_last_message_time",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_avg_processing_time_seconds",
    "Mean time to process a message, from consumer_avg_processing_time_ms",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_max_processing_time_seconds",
    "Longest time to process a message, from consumer_max_processing_time_ms",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_circuit_breaker_state",
    "State of the consumer's circuit breaker, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),
  gauge("heartbeat_log_publisher_is_running", "1 if the publisher is running, 0 if not", LOG_LABELS),
  gauge("heartbeat_log_publisher_is_healthy", "1 if the publisher is healthy, 0 if not", LOG_LABELS),
  gauge(
    "heartbeat_log_publisher_nats_connected",
    "1 if the publisher is connected to NATS, 0 if not",
    LOG_LABELS,
  ),
  gauge("heartbeat_log_publisher_queue_size", "Orders in the queue of the publisher", LOG_LABELS),
  gauge(
    "heartbeat_log_publisher_last_order_timestamp_seconds",
    "Time of the last order of the publisher as a Unix timestamp, from publisher_last_order_time",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_avg_publishing_time_seconds",
    "Mean time to publish an order, from publisher_avg_publishing_time_ms",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_max_publishing_time_seconds",
    "Longest time to publish an order, from publisher_max_publishing_time_ms",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_circuit_breaker_state",
    "State of the publisher's circuit breaker, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),
].map((metric): Metric => ({ ...metric, when: "if the heartbeat has the field" }));
