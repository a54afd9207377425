import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_CHANNELS = "no channels configured";

/** Builds the panels about messages that the exporter itself sends to people. */
export const channels = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Messages to people",
    description:
      "Attempts to deliver messages per interval: delivered, retried, or dead after the last attempt.",
    width: 12,
    none: NO_CHANNELS,
    queries: [
      {
        expr: `sum by (channel, result) (increase(${series("heartbeat_notify_deliveries_total")}[$__rate_interval]))`,
        legend: "{{channel}} {{result}}",
      },
    ],
  }),
  timeSeries({
    title: "Messages that wait",
    description: "Messages queued for delivery, and dead letters, which can be sent again.",
    unit: "none",
    min: 0,
    width: 12,
    none: NO_CHANNELS,
    queries: [
      { expr: series("heartbeat_notify_queue_length"), legend: "{{channel}} queued" },
      { expr: series("heartbeat_notify_dead_letters"), legend: "{{channel}} dead letters" },
    ],
  }),
];
