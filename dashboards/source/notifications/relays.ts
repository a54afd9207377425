import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_RELAYS = "no relays configured";

/** Builds the panels about relays of Alertmanager's notifications. */
export const relays = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Relay deliveries",
    description:
      "Attempts to deliver events per interval: delivered, retried, or dead after the last attempt.",
    width: 8,
    none: NO_RELAYS,
    queries: [
      {
        expr: `sum by (relay, result) (increase(${series("heartbeat_relay_deliveries_total")}[$__rate_interval]))`,
        legend: "{{relay}} {{result}}",
      },
    ],
  }),
  timeSeries({
    title: "Relay queues",
    description: "Events queued for delivery, and dead letters, which can be replayed.",
    unit: "none",
    min: 0,
    width: 8,
    none: NO_RELAYS,
    queries: [
      { expr: series("heartbeat_relay_queue_length"), legend: "{{relay}} queued" },
      { expr: series("heartbeat_relay_dead_letters"), legend: "{{relay}} dead letters" },
    ],
  }),
  bars({
    title: "Alerts truncated by Alertmanager",
    description:
      "Alerts per interval that Alertmanager left out of notifications because of max_alerts, by relay or action.",
    width: 8,
    none: "no relays or actions",
    queries: [
      {
        expr: `increase(${series("heartbeat_relay_truncated_alerts_total")}[$__rate_interval])`,
        legend: "{{relay}}",
      },
      {
        expr: `increase(${series("heartbeat_action_truncated_alerts_total")}[$__rate_interval])`,
        legend: "{{action}}",
      },
    ],
  }),
];
