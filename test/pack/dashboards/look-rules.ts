import { readsOf } from "../promql.ts";
import type { PanelJson } from "./json.ts";
import { breaking, type DashboardRule, fieldsOf, linksOf } from "./rule.ts";

/** Units that Grafana rescales, with what it shows. */
const UNREADABLE: Readonly<Record<string, string>> = {
  d: "12 days as 1.71 weeks",
  cps: "a failure per quarter of an hour as 0.00111 c/s",
  ops: "the same in ops/s",
  mps: "messages as 0.0667 msg/s",
};

/** Width of a screen of 1600 pixels, without Grafana's margins, in columns of 24. */
const COLUMN_WIDTH = (1600 - 32) / 24;

/** Least width of a column without one. */
const LEAST_WIDTH = 70;

/** Returns the shown columns of a table, by their titles. */
const columnsOf = ({ transformations = [] }: PanelJson): readonly string[] =>
  transformations.flatMap(({ options }) => Object.values(options.renameByName ?? {}));

/** Rules about how panels look. */
export const lookRules: readonly DashboardRule[] = [
  {
    rule: "timelines have fixed colors, and mappings with the colors of states",
    reason:
      "With colors by thresholds and mergeValues, values become ranges of thresholds and mappings are ignored: 22 minutes of outage were green.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["state-timeline"], ({ fieldConfig }) => {
        const { color, mappings = [] } = fieldConfig.defaults ?? {};
        return color?.mode !== "fixed" || mappings.length < 2;
      }),
  },
  {
    rule: "timelines have no pages",
    reason: "Grafana shows a pager under a single page.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["state-timeline"], (panel) => panel.options?.perPage !== null),
  },
  {
    rule: "names of tiles are larger than their values",
    reason: "The color tells the state already: `down` was 40 pixels high, and who was down 6.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["stat"], (panel) => {
        const { textMode, text } = panel.options ?? {};
        return textMode === "value_and_name" && !((text?.titleSize ?? 0) > (text?.valueSize ?? 0));
      }),
  },
  {
    rule: "no unit that Grafana rescales",
    reason: `It would show ${Object.values(UNREADABLE).join(", ")}.`,
    violations: (_dashboard, panels) =>
      panels
        .flatMap(fieldsOf)
        .filter(({ unit = "" }) => unit in UNREADABLE)
        .map(({ place, unit }) => `${place}: ${unit}`),
  },
  {
    rule: "cells of heat maps are counts, and their axis has a unit",
    reason: "The legend counted probes in seconds.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["heatmap"], (panel) => {
        const { yAxis, cellValues } = panel.options ?? {};
        return panel.fieldConfig.defaults.unit !== "short" || cellValues?.unit !== "short" || !yAxis?.unit;
      }),
  },
  {
    rule: "counts per interval have an interval of a minute",
    reason: "Bars of single scrapes are fractions of one event.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["timeseries"], ({ fieldConfig, interval }) => {
        return fieldConfig.defaults.custom?.drawStyle === "bars" && interval !== "1m";
      }),
  },
  {
    rule: "columns of tables fit",
    reason: "At 1600 pixels the last columns were off the screen.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["table"], (panel) => {
        const widths = new Map(fieldsOf(panel).map(({ column, "custom.width": width }) => [column, width]));
        const sum = columnsOf(panel).reduce((total, title) => total + (widths.get(title) ?? LEAST_WIDTH), 0);
        return sum > panel.gridPos.w * COLUMN_WIDTH;
      }),
  },
  {
    rule: "legends are tables only beside a graph",
    reason: "Below it Grafana shows three rows and scrolls.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["timeseries"], (panel) => {
        const { legend } = panel.options ?? {};
        return legend?.displayMode === "table" && legend.placement !== "right";
      }),
  },
  {
    rule: "series of probes are named by target or instance",
    reason: "Series of /probe have no target: their legend was `Value`, and tables began with an empty name.",
    violations: (_dashboard, panels) =>
      panels.flatMap(({ title, targets = [] }) =>
        targets
          .filter(({ expr, legendFormat }) => {
            const ofProbes = readsOf(expr.replaceAll(/\$\w+/g, "1m")).selectors.some(({ metric = "" }) =>
              metric.startsWith("probe_"),
            );
            const withoutAbsence = expr.split("or on () label_replace(-1002")[0] ?? "";
            return legendFormat.includes("{{target}}") && ofProbes && /probe_/.test(withoutAbsence);
          })
          .map(({ refId }) => `${title} / ${refId}`),
      ),
  },
  {
    rule: "a value has at most one link to a dashboard",
    reason: "A click on a target offered `if it is of kind http` and `if it is of kind llm`.",
    violations: (_dashboard, panels) =>
      panels
        .flatMap(fieldsOf)
        .filter(({ links = [] }) => links.filter(({ url }) => url.startsWith("/d/")).length > 1)
        .map(({ place }) => place),
  },
  {
    rule: "links pass the data source, the exporters and the time range on",
    reason: "With two Prometheus sources, the other dashboard opened on the wrong one.",
    violations: (_dashboard, panels) =>
      panels.flatMap((panel) =>
        linksOf(panel)
          .filter((url) => url.startsWith("/d/"))
          .filter((url) =>
            [
              "var-datasource=${datasource}",
              "${job:queryparam}",
              "${instance:queryparam}",
              "${__url_time_range}",
            ].some((part) => !url.includes(part)),
          )
          .map((url) => `${panel.title}: ${url}`),
      ),
  },
  {
    rule: "links read only fields that the table keeps",
    reason: "A field that a transformation removed is undefined in links.",
    violations: (_dashboard, panels) =>
      panels.flatMap((panel) => {
        const removed = new Set(
          (panel.transformations ?? []).flatMap(({ options }) => Object.keys(options.excludeByName ?? {})),
        );
        return linksOf(panel)
          .flatMap((url) => [...url.matchAll(/__data\.fields\.(\w+)/g)].map(([, field = ""]) => field))
          .filter((field) => removed.has(field))
          .map((field) => `${panel.title}: ${field}`);
      }),
  },
];
