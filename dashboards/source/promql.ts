import { metricNamed } from "./known-metrics.ts";
import type { State } from "./states.ts";

/** Variables of a dashboard besides job and instance of the exporter. */
export type Choice = "target" | "heartbeat" | "group" | "relay";

/** Returns a selector of a metric, filtered by the dashboard's variables and by `matchers`. */
export type Series = (name: string, matchers?: string) => string;

/** The matchers that select the exporters of a dashboard. */
export const EXPORTER = 'job=~"$job", instance=~"$instance"';

/** Creates selectors for a dashboard with these variables. Each metric is filtered by those variables whose label it has. */
export const seriesWithin =
  (choices: readonly Choice[]): Series =>
  (name, matchers = "") => {
    const { labels } = metricNamed(name);
    const all = [
      EXPORTER,
      ...choices.filter((choice) => labels.includes(choice)).map((label) => `${label}=~"$${label}"`),
      ...(matchers === "" ? [] : [matchers]),
    ];
    return `${name}{${all.join(", ")}}`;
  };

/** Returns the union of expressions; of several series with the same labels, the first one. */
export const union = (...exprs: readonly string[]): string => exprs.join("\nor ");

/** Sets a label to a text, which may contain `$1` if `from` names the label that `matching` captures it from. */
export const withLabel = (expr: string, label: string, text: string, from = "", matching = ""): string =>
  `label_replace(${expr}, ${[label, text, from, matching].map((part) => JSON.stringify(part)).join(", ")})`;

/** Applies {@link withLabel} for each rule, so that later ones win. */
export const withLabels = (
  expr: string,
  rules: readonly (readonly [label: string, text: string, from?: string, matching?: string])[],
): string => rules.reduce((inner, rule) => withLabel(inner, ...rule), expr);

/**
 * Adds the label `name`: the target, else the heartbeat, else the instance. A log or lease of a target has its path as
 * heartbeat, and an address scraped through `/probe` has no target.
 */
export const named = (expr: string): string =>
  withLabels(expr, [
    ["name", "$1", "instance", "(.*)"],
    ["name", "$1", "heartbeat", "(.+)"],
    ["name", "$1", "target", "(.+)"],
  ]);

/** The legend of series with the label `name`. */
export const NAME = "{{name}}";

/**
 * Converts a state set to one number per series, the code of the present state. If exporters disagree, the maximum is the
 * worst state.
 */
export const stateCode = (series: Series, name: string, label: string, states: readonly State[]): string =>
  states
    .map(({ name: state, code }) => `${code} * (${series(name, `${label}="${state}"`)} == 1)`)
    .join("\n  or ");

/**
 * Returns series of the last hour from exporters that are down now: about these things nothing is known, and without
 * them they would vanish from the dashboards.
 */
export const lost = (series: Series, name: string, matchers = ""): string =>
  `(last_over_time(${series(name, matchers)}[1h]) and on (job, instance) ${series("up")} == 0)`;
