import { ofHeartbeats } from "../beats.ts";
import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { NAME, type Series, stateCode, union, withLabel } from "../promql.ts";
import { CIRCUITS, GREY, type State, yesNo } from "../states.ts";
import { ofField, stateOf } from "./fields.ts";

const NO_FIELD = "no heartbeat log with such fields";

/** What services report, and what is shown of one that is silent. */
const REPORTED: readonly State[] = [...yesNo("yes", "no"), { name: "unknown", code: 2, color: GREY }];

const PARTS = ["consumer", "publisher"] as const;

/** Fields that both consumers and publishers report. */
const INDICATORS = ["is_running", "is_healthy", "nats_connected"] as const;

/** Builds the panels about what services report about themselves. */
export const health = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 8 }),
  table({
    title: "System health",
    description:
      "State of the consumer and publisher of each service, as reported by the service. Red: not running, unhealthy, or not connected to NATS. A dash: not reported. Grey: the service is silent.",
    width: 13,
    none: NO_FIELD,
    rows: { name: { title: "Service", width: 160 } },
    hidden: ["heartbeat"],
    columns: PARTS.flatMap((part) =>
      INDICATORS.map((field) => ({
        title: `${part} ${field.replaceAll("_", " ")}`,
        unit: "none",
        width: 95,
        states: REPORTED,
        expr: stateOf(series, series(`heartbeat_log_${part}_${field}`), 2),
      })),
    ),
  }),
  tiles({
    title: "Last heartbeat",
    description:
      "Time since each service wrote its last heartbeat. Whether that is too long, its tile on the overview says.",
    unit: "s",
    decimals: 0,
    width: 4,
    height: 8,
    none: "no heartbeat log",
    thresholds: [[null, "blue"]],
    query: {
      expr: `time() - ${ofHeartbeats(series, "heartbeat_last_seen_timestamp_seconds", 'source="log"')}`,
      legend: NAME,
    },
  }),
  tiles({
    title: "Uptime",
    description: "How long each service has been running, as reported by the service.",
    unit: "s",
    decimals: 0,
    width: 4,
    height: 8,
    none: NO_FIELD,
    thresholds: [[null, "blue"]],
    query: { expr: ofField(series, "uptime_seconds"), legend: NAME },
  }),
  stateTimeline({
    title: "Circuit breakers",
    description:
      "Closed: requests pass. Open: requests are blocked for a while. Half open: single requests are tried. Grey: the service is silent.",
    width: 12,
    none: NO_FIELD,
    states: [...CIRCUITS, { name: "unknown", code: 0, color: GREY }],
    query: {
      expr: union(
        ...PARTS.map((part) =>
          withLabel(
            stateOf(
              series,
              `(${stateCode(series, `heartbeat_log_${part}_circuit_breaker_state`, "state", CIRCUITS)})`,
              0,
            ),
            "part",
            part,
          ),
        ),
      ),
      legend: `${NAME} {{part}}`,
    },
  }),
  stateTimeline({
    title: "Health over time",
    description:
      "Health of consumer and publisher, and whether the subscription is active (green) or not (red). Grey: the service is silent.",
    width: 12,
    none: NO_FIELD,
    states: REPORTED,
    query: {
      expr: union(
        withLabel(stateOf(series, series("heartbeat_log_consumer_is_healthy"), 2), "part", "consumer"),
        withLabel(stateOf(series, series("heartbeat_log_publisher_is_healthy"), 2), "part", "publisher"),
        withLabel(
          stateOf(series, series("heartbeat_log_consumer_subscription_active"), 2),
          "part",
          "subscription",
        ),
      ),
      legend: `${NAME} {{part}}`,
    },
  }),
];
