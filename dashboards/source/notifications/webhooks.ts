import type { PanelBuilder } from "../panels/options.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import type { Series } from "../promql.ts";

const NO_WEBHOOKS = "no webhooks configured";

/** Builds the panels about webhooks of the exporter's events. */
export const webhooks = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Webhook deliveries",
    description:
      "Attempts to deliver events per interval: delivered, retried, or dropped after the last attempt.",
    width: 12,
    none: NO_WEBHOOKS,
    queries: [
      {
        expr: `sum by (webhook, result) (increase(${series("heartbeat_webhook_deliveries_total")}[$__rate_interval]))`,
        legend: "{{webhook}} {{result}}",
      },
    ],
  }),
  timeSeries({
    title: "Webhook queues",
    description:
      "Events that wait to be delivered. A queue that only grows belongs to a receiver that is down.",
    unit: "none",
    min: 0,
    width: 12,
    none: NO_WEBHOOKS,
    queries: [{ expr: series("heartbeat_webhook_queue_length"), legend: "{{webhook}}" }],
  }),
];
