import { exporterTile } from "../exporters.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { stat, tiles } from "../panels/stat.ts";
import { fresh } from "../probes.ts";
import { lost, NAME, named, type Series } from "../promql.ts";
import { GREY, type State, yesNo } from "../states.ts";

const NO_MODELS = "no llm targets configured";

/** The states of {@link available}. */
export const AVAILABLE = [
  ...yesNo("available", "unavailable"),
  { name: "unknown", code: 2, color: GREY },
] as const satisfies readonly State[];

/** Builds the panels about the last probes. */
export const now = (series: Series): readonly PanelBuilder[] => [
  exporterTile(series, { width: 3, height: 5 }),
  tiles({
    title: "Models",
    description:
      "Available if the model answered the last probe, correctly or not. See Answers for correctness. Grey: no fresh result, or its exporter is down.",
    unit: "none",
    width: 8,
    height: 5,
    none: NO_MODELS,
    states: AVAILABLE,
    query: { expr: `sort(${available(series)})`, legend: NAME },
  }),
  tiles({
    title: "Answers",
    description:
      "Correct if the last answer of the model met every expectation of its module. Grey: the last probe got no answer.",
    unit: "none",
    width: 7,
    height: 5,
    none: NO_MODELS,
    states: [...yesNo("correct", "wrong"), { name: "no answer", code: 2, color: GREY }],
    query: { expr: `sort(${orModels(series, series("probe_llm_answer_correct"))})`, legend: NAME },
  }),
  stat({
    title: "In fallback",
    description:
      "Number of models in fallback mode, whose consumers use their fallback. An alert fires if fallback lasts longer than max_duration.",
    unit: "none",
    width: 3,
    height: 5,
    none: "no failover",
    thresholds: [
      [null, "text"],
      [0, "green"],
      [1, "orange"],
    ],
    query: {
      expr: `sum(max by (target, module) (${series("heartbeat_current_mode", 'mode="fallback"')}))`,
      legend: "in fallback",
    },
  }),
  stat({
    title: "Cost in this time range",
    description: "Cost of the probes in the selected time range, by the prices in the configuration.",
    unit: "currencyUSD",
    decimals: 4,
    width: 3,
    height: 5,
    none: "no prices",
    thresholds: [[null, "blue"]],
    query: {
      expr: `sum(increase(${series("heartbeat_llm_cost_dollars_total")}[$__range]))`,
      legend: "spent",
    },
  }),
];

/** Adds models without a value, as unknown. */
const orModels = (series: Series, expr: string): string => {
  const models = 'kind="llm"';
  return `(min by (name) (${named(fresh(series, expr))})
or on (name) 2 * group by (name) (${named(series("heartbeat_target_info", models))})
or on (name) 2 * group by (name) (${named(lost(series, "heartbeat_target_info", models))}))`;
};

/** Returns whether each model answered its last probe. */
export const available = (series: Series): string => orModels(series, series("heartbeat_model_available"));
