import type { PanelBuilder } from "../panels/options.ts";
import { bars } from "../panels/time-series.ts";
import { NAME, type Series } from "../promql.ts";
import { increaseOf } from "./fields.ts";

const NO_LOG = "no heartbeat log";

/** Builds the panels about the log files. */
export const log = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Lines",
    description: "Log lines per interval, and the heartbeats among them.",
    width: 8,
    none: NO_LOG,
    queries: [
      {
        expr: increaseOf(series, "lines"),
        legend: `${NAME} lines`,
      },
      {
        expr: increaseOf(series, "heartbeats"),
        legend: `${NAME} heartbeats`,
      },
    ],
  }),
  bars({
    title: "Invalid and missing heartbeats",
    description:
      "Heartbeat lines that could not be parsed, by reason, and heartbeats missing from the numbering, per interval.",
    width: 8,
    none: NO_LOG,
    queries: [
      {
        expr: increaseOf(series, "parse_failures", "reason"),
        legend: `${NAME} {{reason}}`,
      },
      {
        expr: increaseOf(series, "missed"),
        legend: `${NAME} missed`,
      },
    ],
  }),
  bars({
    title: "Restarts and rotations",
    description: "Restarts of the service and rotations of its log per interval.",
    width: 8,
    none: NO_LOG,
    queries: [
      {
        expr: increaseOf(series, "restarts"),
        legend: `${NAME} restarts`,
      },
      {
        expr: increaseOf(series, "rotations", "kind"),
        legend: `${NAME} {{kind}}`,
      },
    ],
  }),
];
