import type { DashboardOptions } from "./dashboard.ts";
import { stat, stateTimeline, timeSeries } from "./panels.ts";
import { CIRCUITS, type Series, stateCode, yesNo } from "./promql.ts";
import { table } from "./table.ts";

const NO_LOG = "no heartbeat log is read, or its lines do not have this field";

export const heartbeatLog: DashboardOptions = {
  uid: "heartbeat-log",
  title: "Heartbeat / Heartbeat log",
  description:
    "What services write into their heartbeat logs: rates, errors, performance and health of consumer and publisher.",
  of: "heartbeat_log_lines_total",
  choices: { heartbeat: "heartbeat_log_lines_total" },
  rows: (series) => [
    { title: "System health indicators", panels: health(series) },
    { title: "Processing", panels: processing(series) },
    { title: "Performance", panels: performance(series) },
    { title: "The log itself", panels: log(series) },
  ],
};

/** The numbers of consumers and publishers are alike; these are the names of both. */
const INDICATORS = ["is_running", "is_healthy", "nats_connected"] as const;

const indicator = (series: Series, name: string): string =>
  `min by (heartbeat) (${series(`heartbeat_log_${name}`)})`;

const health = (series: Series) => [
  table({
    title: "System health",
    description:
      "What each service says of its consumer and publisher. A red one is a part that stopped, is ill, or lost its connection to NATS.",
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
    description: "How long ago each service wrote its last heartbeat.",
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
    description: "How long each service has been running, as it says itself.",
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
    description: "Closed: traffic flows. Open: the service gave up for a while. Half open: it tries again.",
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
      "Consumer and publisher as healthy (green) or not (red), and whether the subscription is active.",
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
    description: "Messages per second, as each service reports them. Under 0.5 for ten minutes is alerted.",
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
      "Errors per second, as each service reports them; dashed its mean over the last hour. Over 0.1 for five minutes is alerted.",
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
    title: "Counted by the exporter",
    description:
      "Messages, orders and errors per second from the totals in the log: restarts of the service are not counted twice.",
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
    description: "Orders per second, as each service reports them.",
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
      "Mean and longest time to process a message and to publish an order. A maximum that leaves its mean behind is where queues begin.",
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
    title: "Queue of the publisher",
    description: "Orders that wait to be published. One that only grows is not being emptied.",
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
    description: "How long ago the last message came and the last order went.",
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
    description: "Lines of the log per second, and heartbeats among them.",
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
    title: "Lines that are no heartbeats as they should be",
    description:
      "Heartbeat lines per step that could not be read, by reason, and heartbeats that are missing in the numbering.",
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
