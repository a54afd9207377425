import { exporterTile } from "../exporters.ts";
import type { PanelBuilder, Thresholds } from "../panels/options.ts";
import { stat } from "../panels/stat.ts";
import type { Series } from "../promql.ts";

const NONE_IS_GOOD: Thresholds = [
  [null, "text"],
  [0, "green"],
  [1, "red"],
];

const SIZE = { width: 4, height: 5 } as const;

/** Builds the panels about what did not arrive. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, SIZE),
  stat({
    ...SIZE,
    title: "Queued",
    description:
      "Events of relays and webhooks that wait to be delivered. A number that does not fall means that a receiver is down.",
    unit: "none",
    none: "no relays or webhooks",
    thresholds: [
      [null, "text"],
      [0, "green"],
      [1, "orange"],
    ],
    query: {
      expr: `sum(${series("heartbeat_relay_queue_length")} or ${series("heartbeat_webhook_queue_length")})`,
      legend: "queued",
    },
  }),
  stat({
    ...SIZE,
    title: "Dead letters",
    description:
      "Events that relays gave up. They are kept: repair the receiver, then replay them (docs/relay.md).",
    unit: "none",
    none: "no relays configured",
    thresholds: NONE_IS_GOOD,
    query: { expr: `sum(${series("heartbeat_relay_dead_letters")})`, legend: "dead" },
  }),
  stat({
    ...SIZE,
    title: "Truncated alerts",
    description:
      "Alerts in the last hour that Alertmanager left out of its notifications to relays and actions, because of max_alerts. Nothing is told or done about them.",
    unit: "none",
    decimals: 0,
    none: "no relays or actions",
    thresholds: NONE_IS_GOOD,
    query: {
      expr: `sum(\n  (increase(${series("heartbeat_relay_truncated_alerts_total")}[1h])\n  or increase(${series("heartbeat_action_truncated_alerts_total")}[1h]))\n  and on (job, instance) ${series("heartbeat_exporter_build_info")}\n)`,
      legend: "truncated",
    },
  }),
  stat({
    ...SIZE,
    title: "Exhausted actions",
    description: "Actions that made all their attempts without success. An operator has to intervene.",
    unit: "none",
    none: "no action has run",
    thresholds: NONE_IS_GOOD,
    query: { expr: `sum(${series("heartbeat_action_exhausted")})`, legend: "exhausted" },
  }),
  stat({
    ...SIZE,
    title: "Refused requests",
    description:
      "Requests to relays, actions, pings and control routes in the last hour that were refused because of a missing or wrong token.",
    unit: "none",
    decimals: 0,
    none: "no exporter",
    thresholds: [
      [null, "text"],
      [0, "green"],
      [1, "orange"],
    ],
    query: {
      expr: `sum(\n  increase(${series("heartbeat_exporter_auth_failures_total", 'guard!="web"')}[1h])\n  and on (job, instance) ${series("heartbeat_exporter_build_info")}\n)`,
      legend: "refused",
    },
  }),
];
