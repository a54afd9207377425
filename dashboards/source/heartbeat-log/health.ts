import { ofHeartbeats } from "../beats.ts";
import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { tiles } from "../panels/stat.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { table } from "../panels/table.ts";
import { NAME, named, type Series, stateCode, union, withLabel } from "../promql.ts";
import { CIRCUITS, yesNo } from "../states.ts";
import { ofField } from "./fields.ts";

const NO_FIELD = "no heartbeat log with such fields";

const PARTS = ["consumer", "publisher"] as const;

/** Fields that both consumers and publishers report. */
const INDICATORS = ["is_running", "is_healthy", "nats_connected"] as const;

/** Builds the panels about what services report about themselves. */
export const health = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 8 }),
  table({
    title: "System health",
    description:
      "State of the consumer and publisher of each service, as reported by the service. Red: not running, unhealthy, or not connected to NATS. A dash: not reported.",
    width: 13,
    none: NO_FIELD,
    rows: { name: { title: "Service", width: 160 } },
    columns: PARTS.flatMap((part) =>
      INDICATORS.map((field) => ({
        title: `${part} ${field.replaceAll("_", " ")}`,
        unit: "none",
        width: 95,
        states: yesNo("yes", "no"),
        expr: ofField(series, `${part}_${field}`, "min"),
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
    none: NO_FIELD,
    thresholds: [[null, "blue"]],
    query: { expr: ofField(series, "uptime_seconds"), legend: NAME },
  }),
  stateTimeline({
    title: "Circuit breakers",
    description:
      "Closed: requests pass. Open: requests are blocked for a while. Half open: single requests are tried.",
    width: 12,
    none: NO_FIELD,
    states: CIRCUITS,
    query: {
      expr: union(
        ...PARTS.map((part) =>
          withLabel(
            `max by (name) (${named(`(${stateCode(series, `heartbeat_log_${part}_circuit_breaker_state`, "state", CIRCUITS)})`)})`,
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
      "Health of consumer and publisher, and whether the subscription is active (green) or not (red).",
    width: 12,
    none: NO_FIELD,
    states: yesNo("yes", "no"),
    query: {
      expr: union(
        withLabel(ofField(series, "consumer_is_healthy", "min"), "part", "consumer"),
        withLabel(ofField(series, "publisher_is_healthy", "min"), "part", "publisher"),
        withLabel(ofField(series, "consumer_subscription_active", "min"), "part", "subscription"),
      ),
      legend: `${NAME} {{part}}`,
    },
  }),
];
