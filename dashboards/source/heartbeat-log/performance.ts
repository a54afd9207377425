import type { PanelBuilder } from "../panels/options.ts";
import { timeSeries } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";
import { ofField } from "./fields.ts";

const NO_FIELD = "no heartbeat log with such fields";

/** Builds the panels about durations and queues. */
export const performance = (series: Series): readonly PanelBuilder[] => [
  timeSeries({
    title: "Performance metrics",
    description:
      "Mean and maximum time for processing a message and publishing an order. A maximum that grows faster than the mean indicates that a queue is building up.",
    unit: "s",
    min: 0,
    width: 12,
    none: NO_FIELD,
    queries: [
      ["consumer_avg_processing", "processing mean"],
      ["consumer_max_processing", "processing max"],
      ["publisher_avg_publishing", "publishing mean"],
      ["publisher_max_publishing", "publishing max"],
    ].map(([name = "", legend = ""]) => ({
      expr: ofField(series, `${name}_time_seconds`),
      legend: `${NAME} ${legend}`,
    })),
  }),
  timeSeries({
    title: "Publisher queue",
    description: "Orders waiting to be published. If the queue only grows, the publisher cannot keep up.",
    unit: "none",
    min: 0,
    width: 6,
    none: NO_FIELD,
    queries: [
      {
        expr: ofField(series, "publisher_queue_size"),
        legend: NAME,
      },
    ],
  }),
  timeSeries({
    title: "Since the last message and order",
    description: "Time since each service received its last message and published its last order.",
    unit: "s",
    min: 0,
    width: 6,
    none: NO_FIELD,
    queries: [
      {
        expr: `time() - ${ofField(series, "consumer_last_message_timestamp_seconds")}`,
        legend: `${NAME} message`,
      },
      {
        expr: `time() - ${ofField(series, "publisher_last_order_timestamp_seconds")}`,
        legend: `${NAME} order`,
      },
    ],
  }),
];
