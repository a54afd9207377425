import { namedBeat } from "../beats.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";
import { ofField } from "./fields.ts";

const NO_FIELD = "no heartbeat log with such fields";

/** Builds the panels about rates of messages, orders and errors. */
export const processing = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Message processing rate",
    description:
      "Messages per second, as reported by each service. An alert fires below 0.5 for ten minutes.",
    unit: "suffix:/s",
    min: 0,
    width: 12,
    none: NO_FIELD,
    queries: [
      {
        expr: ofField(series, "messages_per_second"),
        legend: NAME,
      },
    ],
  }),
  timeSeries({
    title: "Error rate trends",
    description:
      "Errors per second, as reported by each service, with the mean of the preceding hour as a dashed line. An alert fires above 0.1 for five minutes.",
    unit: "suffix:/s",
    min: 0,
    width: 12,
    none: NO_FIELD,
    queries: [
      {
        expr: ofField(series, "error_rate_per_second"),
        legend: NAME,
      },
      {
        expr: `max by (name, heartbeat) (${namedBeat(`avg_over_time(${series("heartbeat_log_error_rate_per_second")}[1h])`)})`,
        legend: `${NAME} mean of 1h`,
        limit: true,
      },
    ],
  }),
  timeSeries({
    title: "Rates computed by the exporter",
    description:
      "Messages, orders and errors per second, computed from the totals in the log. Restarts of the service do not distort them.",
    unit: "suffix:/s",
    min: 0,
    width: 12,
    none: NO_FIELD,
    queries: [
      ["messages_processed", "messages"],
      ["orders_published", "orders"],
      ["consumer_errors", "consumer errors"],
      ["publisher_errors", "publisher errors"],
    ].map(([name = "", legend = ""]) => ({
      expr: `max by (name, heartbeat) (${namedBeat(`rate(${series(`heartbeat_log_${name}_total`)}[$__rate_interval])`)})`,
      legend: `${NAME} ${legend}`,
    })),
  }),
  timeSeries({
    title: "Orders",
    description: "Orders per second, as reported by each service.",
    unit: "suffix:/s",
    min: 0,
    width: 12,
    none: NO_FIELD,
    queries: [{ expr: ofField(series, "orders_per_second"), legend: NAME }],
  }),
];
