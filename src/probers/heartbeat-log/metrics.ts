import { counter, gauge, type Metric } from "../../core/metric.ts";

const LOG_LABELS = ["heartbeat"] as const;

/** Metrics that the `heartbeat_log` prober counts itself. */
export const logMetrics = {
  lines: counter("heartbeat_log_lines_total", "Lines read", LOG_LABELS),
  heartbeats: counter("heartbeat_log_heartbeats_total", "Heartbeats read", LOG_LABELS),
  parseFailures: counter(
    "heartbeat_log_parse_failures_total",
    "Lines that could not be read: too_long, or malformed though the marker is in them",
    [...LOG_LABELS, "reason"],
  ),
  rotations: counter(
    "heartbeat_log_rotations_total",
    "How often the log was renamed, or emptied, under the one who reads it",
    [...LOG_LABELS, "kind"],
  ),
  missed: counter(
    "heartbeat_log_missed_total",
    "Heartbeats that were not read, by the gaps in heartbeat_count",
    LOG_LABELS,
  ),
  restarts: counter(
    "heartbeat_log_restarts_total",
    "Restarts of the service, by a heartbeat_count or uptime_seconds that fell",
    LOG_LABELS,
  ),
};

/** Metrics of well-known fields of a heartbeat. Other fields get a metric when they first occur. */
export const fieldMetrics: readonly Metric[] = [
  gauge(
    "heartbeat_log_messages_processed_delta",
    "Messages processed since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_errors_delta",
    "Errors of the consumer since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_orders_published_delta",
    "Orders published since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_errors_delta",
    "Errors of the publisher since the heartbeat before, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_messages_per_second",
    "Messages processed per second, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge("heartbeat_log_orders_per_second", "Orders published per second, as the heartbeat says", LOG_LABELS),
  gauge("heartbeat_log_error_rate_per_second", "Errors per second, as the heartbeat says", LOG_LABELS),
  counter(
    "heartbeat_log_messages_processed_total",
    "Messages processed, from total_messages_processed of the heartbeat",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_consumer_errors_total",
    "Errors of the consumer, from total_consumer_errors of the heartbeat",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_orders_published_total",
    "Orders published, from total_orders_published of the heartbeat",
    LOG_LABELS,
  ),
  counter(
    "heartbeat_log_publisher_errors_total",
    "Errors of the publisher, from total_publisher_errors of the heartbeat",
    LOG_LABELS,
  ),
  gauge("heartbeat_log_uptime_seconds", "How long the service runs, as the heartbeat says", LOG_LABELS),
  gauge("heartbeat_log_interval_seconds", "Time between heartbeats, as the heartbeat says", LOG_LABELS),
  gauge(
    "heartbeat_log_heartbeat_count",
    "Number of the heartbeat since the start of the service, as it says",
    LOG_LABELS,
  ),
  gauge("heartbeat_log_consumer_is_running", "Whether the consumer runs, as the heartbeat says", LOG_LABELS),
  gauge(
    "heartbeat_log_consumer_is_healthy",
    "Whether the consumer is healthy, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_nats_connected",
    "Whether the consumer is connected to NATS, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_subscription_active",
    "Whether the subscription of the consumer is active, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_last_message_timestamp_seconds",
    "When the consumer got its last message, as a Unix timestamp, from consumer_last_message_time of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_avg_processing_time_seconds",
    "Mean time to process a message, from consumer_avg_processing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_max_processing_time_seconds",
    "Longest time to process a message, from consumer_max_processing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_consumer_circuit_breaker_state",
    "State of the circuit breaker of the consumer, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),
  gauge(
    "heartbeat_log_publisher_is_running",
    "Whether the publisher runs, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_is_healthy",
    "Whether the publisher is healthy, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_nats_connected",
    "Whether the publisher is connected to NATS, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_queue_size",
    "Orders that wait to be published, as the heartbeat says",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_last_order_timestamp_seconds",
    "When the publisher published its last order, as a Unix timestamp, from publisher_last_order_time of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_avg_publishing_time_seconds",
    "Mean time to publish an order, from publisher_avg_publishing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_max_publishing_time_seconds",
    "Longest time to publish an order, from publisher_max_publishing_time_ms of the heartbeat",
    LOG_LABELS,
  ),
  gauge(
    "heartbeat_log_publisher_circuit_breaker_state",
    "State of the circuit breaker of the publisher, one series per state: closed, open, half_open",
    [...LOG_LABELS, "state"],
  ),
];
