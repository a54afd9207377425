import type { DashboardRule } from "./rule.ts";

/** The rules of grafana/dashboard-linter, and those about variables and annotations. */
export const linterRules: readonly DashboardRule[] = [
  {
    rule: "template-datasource-rule: the data source is a variable, at first the default one",
    reason: "With two Prometheus sources, the dashboard opened on the first one by name.",
    violations: ({ uid, templating }) => {
      const [first] = templating.list;
      const isRight =
        first?.name === "datasource" &&
        first.type === "datasource" &&
        first.label === "Data source" &&
        first.current?.text === "default" &&
        first.current.value === "default";
      return isRight ? [] : [uid];
    },
  },
  {
    rule: "template-job-rule, template-instance-rule: job and instance are variables called Job and Instance",
    reason: "Every dashboard can be restricted to some exporters, in the same way.",
    violations: ({ templating }) =>
      ["job", "instance"].filter((name) => {
        const found = templating.list.find((one) => one.name === name);
        const { type, label, multi, includeAll, allValue } = found ?? {};
        const capital = name === "job" ? "Job" : "Instance";
        return !(
          type === "query" &&
          label === capital &&
          multi === true &&
          includeAll === true &&
          allValue === ".+"
        );
      }),
  },
  {
    rule: "template-label-promql-rule, template-on-time-change-reload-rule: variables are labels, read on each change of time",
    reason: "Targets that came or went within the time range can be chosen.",
    violations: ({ templating }) =>
      templating.list
        .filter(
          ({ type, refresh, definition = "" }) =>
            type === "query" && !(refresh === 2 && /^label_values\(.+\)$/.test(definition)),
        )
        .map(({ name }) => name),
  },
  {
    rule: "labels of variables start with a capital",
    reason: "They stand above the dashboard as titles.",
    violations: ({ templating }) =>
      templating.list.filter(({ label }) => !/^[A-Z]/.test(label)).map(({ name }) => name),
  },
  {
    rule: "uneditable-dashboard",
    reason: "Provisioned dashboards cannot be saved.",
    violations: ({ uid, editable }) => (editable ? [uid] : []),
  },
  {
    rule: "panel-title-description, panel-units, panel-no-targets",
    reason: "A reader at night sees the panel for the first time.",
    violations: (_dashboard, panels) =>
      panels
        .filter(
          ({ title, description = "", fieldConfig, targets = [] }) =>
            !/^[A-Z0-9]/.test(title) ||
            !/^[A-Z0-9].{30,}\.$/is.test(description) ||
            !fieldConfig.defaults.unit ||
            targets.length === 0,
        )
        .map(({ title }) => title),
  },
  {
    rule: "panel-datasource, target-datasource: only the selected data source",
    reason: "A panel with another source would show other exporters.",
    violations: (_dashboard, panels) =>
      panels
        .filter(({ datasource, targets = [] }) =>
          [datasource, ...targets.map((target) => target.datasource)].some(
            (one) => one?.uid !== "${datasource}",
          ),
        )
        .map(({ title }) => title),
  },
  {
    rule: "target-rate-interval: rates and increases of graphs are over $__rate_interval",
    reason: "A shorter range has no value, and a longer one hides spikes.",
    violations: (_dashboard, panels) =>
      panels.flatMap(({ title, targets = [] }) =>
        targets
          .filter(({ range }) => range === true)
          .filter(({ expr }) =>
            [...expr.matchAll(/\b(?:rate|irate|increase)\([^[]*\[([^\]]+)\]/g)].some(
              ([, over]) => over !== "$__rate_interval",
            ),
          )
          .map(({ refId }) => `${title} / ${refId}`),
      ),
  },
  {
    rule: "annotations are about alerts of a severity, or about the exporter",
    reason: "The watchdog always fires, and each graph was red.",
    violations: ({ annotations }) =>
      annotations.list
        .filter(({ expr }) => expr.includes("ALERTS") && !/severity="critical"/.test(expr))
        .map(({ name }) => name),
  },
  {
    rule: "annotations mark moments",
    reason: "For a series that stays, Grafana shades the graph: a red wall in an outage.",
    violations: ({ annotations }) =>
      annotations.list
        .filter(
          ({ expr, useValueForTime = false }) => !useValueForTime && !/\nunless [^]* offset 1m/.test(expr),
        )
        .map(({ name }) => name),
  },
];
