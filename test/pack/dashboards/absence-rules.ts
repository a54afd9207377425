import type { PanelJson } from "./json.ts";
import { breaking, colorOfNothing, type DashboardRule, fieldsOf, mapped } from "./rule.ts";

const GREY = "#7b7f87";

/** Panels that show a value or state per series, in color. */
const COLORED = ["stat", "bargauge", "state-timeline"];

/** Values that stand for something that is not configured, for no exporter, and for something that cannot be told. */
const [NOT_CONFIGURED, NO_EXPORTER, OTHERWISE] = [-1001, -1002, -1003];

/** Functions that have a value as long as there were values in the range. */
const OVER_RANGE =
  /\b(?:increase|rate|resets|changes|(?:avg|min|max|sum|quantile|count)_over_time)\((?!timestamp)/;

/** Panels whose subject is the exporter itself. */
const aboutExporters = ({ title }: PanelJson): boolean => title.startsWith("Exporter");

/** Rules about what a panel shows when a value is missing, the exporter is dead, or nothing is configured. */
export const absenceRules: readonly DashboardRule[] = [
  {
    rule: "no base color is green",
    reason:
      "A value that is missing takes the color of the base threshold: with a dead exporter, whole rows of panels were green.",
    violations: (_dashboard, panels) =>
      panels
        .flatMap(fieldsOf)
        .filter(({ thresholds }) => /green/.test(thresholds?.steps[0]?.color ?? ""))
        .map(({ place }) => place),
  },
  {
    rule: "missing values are mapped to grey",
    reason: "Unknown is neither good nor bad, and noValue has no color of its own.",
    violations: (_dashboard, panels) => [
      ...breaking(
        panels,
        ["stat", "bargauge"],
        ({ fieldConfig }) => colorOfNothing(fieldConfig.defaults.mappings) !== GREY,
      ),
      ...panels
        .filter(({ type }) => type === "table")
        .flatMap((panel) =>
          fieldsOf(panel).filter(({ place, unit }) => place.includes(": ") && unit !== undefined),
        )
        .filter(({ mappings }) => colorOfNothing(mappings) !== GREY)
        .map(({ place }) => place),
    ],
  },
  {
    rule: "a query without series says why",
    reason:
      "Without series Grafana shows nothing, `Data does not have a time field`, or noValue, and a dead exporter looks like something that is not configured.",
    violations: (_dashboard, panels) =>
      breaking(panels, [...COLORED, "table"], ({ targets = [] }) => {
        const [first] = targets;
        return !/or on \(\) .*-1002 \* absent\((.|\n)*or on \(\) .*-1001/.test(first?.expr ?? "");
      }),
  },
  {
    rule: "both texts for nothing differ",
    reason: "An operator must see whether the exporter is dead or has nothing to show.",
    violations: (_dashboard, panels) =>
      breaking(panels, COLORED, ({ fieldConfig, targets = [] }) => {
        const mappings = fieldConfig.defaults.mappings;
        const [none, down] = [mapped(mappings, NOT_CONFIGURED), mapped(mappings, NO_EXPORTER)];
        const names = [
          ...(targets[0]?.expr ?? "").matchAll(/or on \(\) label_replace\(.*"\w+", "([^"$]+)", "", ""\)/g),
        ];
        const isNamed = names.length > 0;
        const texts = isNamed ? names.slice(-2).map(([, text]) => text) : [none?.text, down?.text];
        return none === undefined || down === undefined || texts[0] === texts[1];
      }),
  },
  {
    rule: "without an exporter, only panels about exporters are red, and none is green",
    reason: "A dead exporter is one fault, with a tile of its own; about everything else nothing is known.",
    violations: (_dashboard, panels) =>
      panels.flatMap((panel) =>
        fieldsOf(panel)
          .filter(({ mappings }) => mapped(mappings, NO_EXPORTER) !== undefined)
          .filter(({ mappings }) => {
            const color = mapped(mappings, NO_EXPORTER)?.color;
            const isRed = aboutExporters(panel) || panel.title === "What is wrong";
            return color !== (isRed ? "red" : GREY);
          })
          .map(({ place }) => place),
      ),
  },
  {
    rule: "nothing is green only if a query tells that there is something to look at",
    reason: "`no alert is firing` is a lie without rules, and `all were healthy` without targets.",
    violations: (_dashboard, panels) =>
      panels.flatMap((panel) =>
        fieldsOf(panel)
          .filter(({ mappings }) => mapped(mappings, NOT_CONFIGURED)?.color === "green")
          .filter(
            ({ mappings }) =>
              mapped(mappings, OTHERWISE)?.color !== GREY ||
              !/-1001 \* group\(/.test(panel.targets?.[0]?.expr ?? ""),
          )
          .map(({ place }) => place),
      ),
  },
  {
    rule: "tables and timelines have no noValue",
    reason: "It fills each empty cell and the legend: `nothing fires` stood beside a firing alert.",
    violations: (_dashboard, panels) =>
      breaking(
        panels,
        ["table", "state-timeline"],
        ({ fieldConfig }) => fieldConfig.defaults.noValue !== undefined,
      ),
  },
  {
    rule: "graphs and heat maps say in noValue what it means to be empty",
    reason: "`No data` does not tell a missing option from a fault.",
    violations: (_dashboard, panels) =>
      breaking(
        panels,
        ["timeseries", "heatmap"],
        ({ fieldConfig }) => !/.../.test(fieldConfig.defaults.noValue ?? ""),
      ),
  },
  {
    rule: "graphs and timelines have gaps where values are missing",
    reason:
      "A line through a gap invents values while the exporter was dead, and a mapped gap looks like the row that gives the reason.",
    violations: (_dashboard, panels) => [
      ...breaking(
        panels,
        ["state-timeline"],
        ({ fieldConfig }) => colorOfNothing(fieldConfig.defaults.mappings) !== undefined,
      ),
      ...breaking(panels, ["timeseries"], ({ fieldConfig }) => {
        const { spanNulls = false } = fieldConfig.defaults.custom ?? {};
        return spanNulls !== false;
      }),
    ],
  },
  {
    rule: "what is green is about the present",
    reason:
      "A rate or mean over a range still has a value when the exporter is dead: `0 refused requests` was green for an hour.",
    violations: (_dashboard, panels) =>
      breaking(panels, ["stat", "bargauge", "table"], (panel) =>
        fieldsOf(panel).some(({ thresholds, mappings = [], column }) => {
          const colors = [
            ...(thresholds?.steps ?? []).map(({ color }) => color),
            ...mappings
              .flatMap((one) => (one.type === "value" ? Object.values(one.options) : []))
              .map(({ color }) => color),
          ];
          const read = (panel.targets ?? []).filter(
            ({ legendFormat }) => panel.type !== "table" || legendFormat === column,
          );
          return (
            colors.includes("green") &&
            read.some(
              ({ expr }) =>
                OVER_RANGE.test(expr) &&
                !expr.includes("and on (job, instance) heartbeat_exporter_build_info"),
            )
          );
        }),
      ),
  },
  {
    rule: "the first panel of a dashboard is about the exporter",
    reason: "With a dead exporter, all that the other panels say is old or missing.",
    violations: ({ uid }, [first]) => (first !== undefined && aboutExporters(first) ? [] : [uid]),
  },
];
