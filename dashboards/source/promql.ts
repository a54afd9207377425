import { metricNamed } from "./known-metrics.ts";

/** Text of panels without data that read details of probes. */
export const ONLY_WITH_DETAILS = "on /metrics only with probe_details: true";

/** Variables of a dashboard besides job and instance of the exporter. */
export type Choice = "target" | "heartbeat" | "group";

/** Returns a selector of a metric, filtered by the dashboard's variables and by `matchers`. */
export type Series = (name: string, matchers?: string) => string;

/** Creates selectors for a dashboard with these variables. Each metric is filtered by those variables whose label it has. */
export const seriesWithin =
  (choices: readonly Choice[]): Series =>
  (name, matchers = "") => {
    const { labels } = metricNamed(name);
    const variables = ["job", "instance", ...choices.filter((choice) => labels.includes(choice))];
    const all = [
      ...variables.map((label) => `${label}=~"$${label}"`),
      ...(matchers === "" ? [] : [matchers]),
    ];
    return `${name}{${all.join(", ")}}`;
  };

/** A value of a state set, with the number that represents it in a graph; numbers rise from good to bad. */
export interface State {
  readonly name: string;
  readonly code: number;
  readonly color: string;
  readonly text?: string;
}

/**
 * Converts a state set to one number per series, the code of the present state. If exporters disagree, the maximum is the
 * worst state.
 */
export const stateCode = (series: Series, name: string, label: string, states: readonly State[]): string =>
  states
    .map(({ name: state, code }) => `${code} * (${series(name, `${label}="${state}"`)} == 1)`)
    .join("\n  or ");

/** The statuses of targets and groups. Unknown ranks as worse than degraded, because it must not pass as healthy. */
export const STATUSES: readonly State[] = [
  { name: "healthy", code: 1, color: "green" },
  { name: "degraded", code: 2, color: "yellow" },
  { name: "unknown", code: 3, color: "#7b7f87" },
  { name: "unhealthy", code: 4, color: "red" },
];

/** The failover modes of targets. */
export const MODES: readonly State[] = [
  { name: "primary", code: 1, color: "green" },
  { name: "fallback", code: 2, color: "orange" },
];

/** The states of circuit breakers. */
export const CIRCUITS: readonly State[] = [
  { name: "closed", code: 1, color: "green" },
  { name: "half_open", code: 2, color: "yellow", text: "half open" },
  { name: "open", code: 3, color: "red" },
];

/** The states of a metric whose values are 1 and 0. */
export const yesNo = (
  yes: string,
  no: string,
  [good, bad]: readonly [string, string] = ["green", "red"],
): readonly State[] => [
  { name: yes, code: 1, color: good },
  { name: no, code: 0, color: bad },
];

/** Adds the label `name`: the target, or the instance for addresses scraped through `/probe`, which have no target. */
export const named = (expr: string): string =>
  `label_replace(label_replace(\n  ${expr},\n  "name", "$1", "instance", "(.*)"), "name", "$1", "target", "(.+)")`;

/** The legend of series with the label `name`. */
export const NAME = "{{name}}";
