import type { PanelBuilder } from "../panels/options.ts";
import { stateTimeline } from "../panels/state-timeline.ts";
import { bars, timeSeries } from "../panels/time-series.ts";
import { NAME, named, type Series } from "../promql.ts";
import { present } from "../states.ts";
import { ONLY_WITH_DETAILS } from "../texts.ts";

/** Builds the panels about tokens, cost and budgets. */
export const cost = (series: Series): readonly PanelBuilder[] => [
  bars({
    title: "Tokens used by probes",
    description: "Tokens per interval used by probes, by type, as counted by the API.",
    width: 8,
    none: "no API reports token counts",
    queries: [
      {
        expr: `sum by (target, type) (increase(${series("heartbeat_llm_tokens_total", 'type=~"input|output"')}[$__rate_interval]))`,
        legend: "{{target}} {{type}}",
      },
    ],
  }),
  timeSeries({
    title: "Cost per day",
    description: "Cost of the probes per day at the present rate, by the prices in the configuration.",
    unit: "currencyUSD",
    min: 0,
    width: 8,
    none: "no prices configured",
    queries: [
      {
        expr: `86400 * sum by (target) (rate(${series("heartbeat_llm_cost_dollars_total")}[$__rate_interval]))`,
        legend: "{{target}}",
      },
    ],
  }),
  timeSeries({
    title: "Budget left",
    description:
      "Tokens (left axis) and dollars (right axis) left in the budget with the least left. At 0 no prompts are sent until the next hour or day, and the last result stays on display.",
    unit: "short",
    min: 0,
    width: 8,
    none: "no budget configured",
    queries: [
      {
        expr: `min by (target) (${series("heartbeat_llm_budget_remaining_tokens")})`,
        legend: "{{target}} tokens",
      },
      {
        expr: `min by (target) (${series("heartbeat_llm_budget_remaining_dollars")})`,
        legend: "{{target}} dollars",
        unit: "currencyUSD",
      },
    ],
  }),
  timeSeries({
    title: "Rate limit remaining",
    description: "Remaining requests or tokens of each rate limit, as reported in the last response.",
    unit: "short",
    min: 0,
    width: 12,
    none: ONLY_WITH_DETAILS,
    queries: [{ expr: named(series("probe_llm_ratelimit_remaining")), legend: `${NAME} {{kind}}` }],
  }),
  stateTimeline({
    title: "Skipped probes",
    description:
      "When and why probes were skipped: the budget was used up, or another exporter leads. Meanwhile the last result stays on display.",
    width: 12,
    none: "no probe was skipped",
    states: present("skipped", "purple"),
    query: { expr: named(series("probe_skipped")), legend: `${NAME} {{reason}}` },
  }),
];
