import type { DashboardOptions } from "./dashboard.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { CIRCUITS, type Series, stateCode, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_LOG = "no heartbeat log, or no such field in its lines";

export const heartbeatLog: DashboardOptions = {
  uid: "heartbeat-log",
  title: "Heartbeat / Heartbeat log",
  description:
    "Values from the heartbeat logs of services: rates, errors, performance, and health of consumer and publisher.",
  of: "heartbeat_log_lines_total",
  choices: { heartbeat: "heartbeat_log_lines_total" },
  rows: (series) => [
    { title: "System health indicators", panels: health(series) },
    { title: "Processing", panels: processing(series) },
    { title: "Performance", panels: performance(series) },
    { title: "Log files", panels: log(series) },
  ],
};

/** Fields that both consumers and publishers report. */
const INDICATORS = ["is_running", "is_healthy", "nats_connected"] as const;

const indicator = (series: Series, name: string): string =>
  `min by (heartbeat) (${series(`heartbeat_log_${name}`)})`;

const health = (series: Series) => [
  table({
    title: "System health",
    description:
      "State of the consumer and publisher of each service, as reported by the service. Red: not running, unhealthy, or not connected to NATS.",
    width: 16,
    noData: NO_LOG,
    rows: { heartbeat: "Service" },
    columns: ["consumer", "publisher"].flatMap((part) =>
      INDICATORS.map((name) => ({
        title: `${part} ${name.replaceAll("_", " ")}`,
        unit: "none",
        states: yesNo("yes", "no"),
        expr: indicator(series, `${part}_${name}`),
      })),
    ),
  }),
  stat({
    title: "Last heartbeat",
    description: "Time since each service wrote its last heartbeat.",
    unit: "s",
    decimals: 0,
    width: 4,
    height: 8,
    noData: NO_LOG,
    names: true,
    thresholds: [[null, "blue"]],
    queries: [
      {
        expr: `time() - max by (heartbeat) (${series("heartbeat_last_seen_timestamp_seconds", 'source="log"')})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  stat({
    title: "Uptime",
    description: "How long each service has been running, as reported by the service.",
    unit: "s",
    decimals: 0,
    width: 4,
    height: 8,
    noData: NO_LOG,
    names: true,
    thresholds: [[null, "blue"]],
    queries: [
      { expr: `max by (heartbeat) (${series("heartbeat_log_uptime_seconds")})`, legend: "{{heartbeat}}" },
    ],
  }),
  stateTimeline({
    title: "Circuit breakers",
    description:
      "Closed: requests pass. Open: requests are blocked for a while. Half open: single requests are tried.",
    unit: "none",
    width: 12,
    noData: NO_LOG,
    states: CIRCUITS,
    queries: ["consumer", "publisher"].map((part) => ({
      expr: `max by (heartbeat) (\n  ${stateCode(series, `heartbeat_log_${part}_circuit_breaker_state`, "state", CIRCUITS)}\n)`,
      legend: `{{heartbeat}} ${part}`,
    })),
  }),
  stateTimeline({
    title: "Health over time",
    description:
      "Health of consumer and publisher, and whether the subscription is active (green) or not (red).",
    unit: "none",
    width: 12,
    noData: NO_LOG,
    states: yesNo("yes", "no"),
    queries: [
      { expr: indicator(series, "consumer_is_healthy"), legend: "{{heartbeat}} consumer" },
      { expr: indicator(series, "publisher_is_healthy"), legend: "{{heartbeat}} publisher" },
      { expr: indicator(series, "consumer_subscription_active"), legend: "{{heartbeat}} subscription" },
    ],
  }),
];

const processing = (series: Series) => [
  timeSeries({
    title: "Message processing rate",
    description:
      "Messages per second, as reported by each service. An alert fires below 0.5 for ten minutes.",
    unit: "mps",
    min: 0,
    width: 12,
    noData: NO_LOG,
    queries: [
      {
        expr: `sum by (heartbeat) (${series("heartbeat_log_messages_per_second")})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  timeSeries({
    title: "Error rate trends",
    description:
      "Errors per second, as reported by each service, with the mean of the preceding hour as a dashed line. An alert fires above 0.1 for five minutes.",
    unit: "cps",
    min: 0,
    width: 12,
    noData: NO_LOG,
    queries: [
      {
        expr: `sum by (heartbeat) (${series("heartbeat_log_error_rate_per_second")})`,
        legend: "{{heartbeat}}",
      },
      {
        expr: `sum by (heartbeat) (avg_over_time(${series("heartbeat_log_error_rate_per_second")}[1h]))`,
        legend: "{{heartbeat}} mean of 1h",
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Rates computed by the exporter",
    description:
      "Messages, orders and errors per second, computed from the totals in the log. Restarts of the service do not distort them.",
    unit: "cps",
    min: 0,
    width: 12,
    noData: NO_LOG,
    queries: [
      ["messages_processed", "messages"],
      ["orders_published", "orders"],
      ["consumer_errors", "consumer errors"],
      ["publisher_errors", "publisher errors"],
    ].map(([name = "", legend = ""]) => ({
      expr: `sum by (heartbeat) (rate(${series(`heartbeat_log_${name}_total`)}[$__rate_interval]))`,
      legend: `{{heartbeat}} ${legend}`,
    })),
  }),
  timeSeries({
    title: "Orders",
    description: "Orders per second, as reported by each service.",
    unit: "cps",
    min: 0,
    width: 12,
    noData: NO_LOG,
    queries: [
      { expr: `sum by (heartbeat) (${series("heartbeat_log_orders_per_second")})`, legend: "{{heartbeat}}" },
    ],
  }),
];

const performance = (series: Series) => [
  timeSeries({
    title: "Performance metrics",
    description:
      "Mean and maximum time for processing a message and publishing an order. A maximum that grows faster than the mean indicates that a queue is building up.",
    unit: "s",
    min: 0,
    width: 12,
    noData: NO_LOG,
    queries: [
      ["consumer_avg_processing", "processing mean"],
      ["consumer_max_processing", "processing max"],
      ["publisher_avg_publishing", "publishing mean"],
      ["publisher_max_publishing", "publishing max"],
    ].map(([name = "", legend = ""]) => ({
      expr: `max by (heartbeat) (${series(`heartbeat_log_${name}_time_seconds`)})`,
      legend: `{{heartbeat}} ${legend}`,
    })),
  }),
  timeSeries({
    title: "Publisher queue",
    description: "Orders waiting to be published. If the queue only grows, the publisher cannot keep up.",
    unit: "none",
    min: 0,
    width: 6,
    noData: NO_LOG,
    queries: [
      {
        expr: `max by (heartbeat) (${series("heartbeat_log_publisher_queue_size")})`,
        legend: "{{heartbeat}}",
      },
    ],
  }),
  timeSeries({
    title: "Since the last message and order",
    description: "Time since each service received its last message and published its last order.",
    unit: "s",
    min: 0,
    width: 6,
    noData: NO_LOG,
    queries: [
      {
        expr: `time() - max by (heartbeat) (${series("heartbeat_log_consumer_last_message_timestamp_seconds")})`,
        legend: "{{heartbeat}} message",
      },
      {
        expr: `time() - max by (heartbeat) (${series("heartbeat_log_publisher_last_order_timestamp_seconds")})`,
        legend: "{{heartbeat}} order",
      },
    ],
  }),
];

const log = (series: Series) => [
  timeSeries({
    title: "Lines",
    description: "Log lines per second, and the heartbeats among them.",
    unit: "cps",
    min: 0,
    width: 8,
    noData: NO_LOG,
    queries: [
      {
        expr: `sum by (heartbeat) (rate(${series("heartbeat_log_lines_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} lines",
      },
      {
        expr: `sum by (heartbeat) (rate(${series("heartbeat_log_heartbeats_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} heartbeats",
      },
    ],
  }),
  timeSeries({
    title: "Invalid and missing heartbeats",
    description:
      "Heartbeat lines that could not be parsed, by reason, and heartbeats missing from the numbering, per step.",
    unit: "none",
    bars: true,
    width: 8,
    noData: NO_LOG,
    queries: [
      {
        expr: `sum by (heartbeat, reason) (increase(${series("heartbeat_log_parse_failures_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} {{reason}}",
      },
      {
        expr: `sum by (heartbeat) (increase(${series("heartbeat_log_missed_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} missed",
      },
    ],
  }),
  timeSeries({
    title: "Restarts and rotations",
    description: "Restarts of the service and rotations of its log per step.",
    unit: "none",
    bars: true,
    width: 8,
    noData: NO_LOG,
    queries: [
      {
        expr: `sum by (heartbeat) (increase(${series("heartbeat_log_restarts_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} restarts",
      },
      {
        expr: `sum by (heartbeat, kind) (increase(${series("heartbeat_log_rotations_total")}[$__rate_interval]))`,
        legend: "{{heartbeat}} {{kind}}",
      },
    ],
  }),
];
