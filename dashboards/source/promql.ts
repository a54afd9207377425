import { metricNamed } from "./known-metrics.ts";

/** What a dashboard lets its reader choose, besides job and instance of the exporter. */
export type Choice = "target" | "heartbeat" | "group";

/** A selector of a metric within what is chosen on the dashboard; `matchers` narrow it further. */
export type Series = (name: string, matchers?: string) => string;

/** Writes selectors for a dashboard with these variables: each metric is matched by those whose label it has. */
export const seriesWithin =
  (choices: readonly Choice[]): Series =>
  (name, matchers = "") => {
    const { labels } = metricNamed(name);
    const chosen = ["job", "instance", ...choices.filter((choice) => labels.includes(choice))];
    const all = [...chosen.map((label) => `${label}=~"$${label}"`), ...(matchers === "" ? [] : [matchers])];
    return `${name}{${all.join(", ")}}`;
  };

/** A value of a state set with the number by which it is drawn, from good to bad. */
export interface State {
  readonly name: string;
  readonly code: number;
  readonly color: string;
  readonly text?: string;
}

/**
 * A state set as one number per series: the code of the state that holds. Of several exporters that disagree, the
 * worst word counts when the caller takes the maximum.
 */
export const stateCode = (series: Series, name: string, label: string, states: readonly State[]): string =>
  states
    .map(({ name: state, code }) => `${code} * (${series(name, `${label}="${state}"`)} == 1)`)
    .join("\n  or ");

/** Of targets and groups. What is not known is never healthy. */
export const STATUSES: readonly State[] = [
  { name: "healthy", code: 1, color: "green" },
  { name: "degraded", code: 2, color: "yellow" },
  { name: "unknown", code: 3, color: "#7b7f87" },
  { name: "unhealthy", code: 4, color: "red" },
];

export const MODES: readonly State[] = [
  { name: "primary", code: 1, color: "green" },
  { name: "fallback", code: 2, color: "orange" },
];

export const CIRCUITS: readonly State[] = [
  { name: "closed", code: 1, color: "green" },
  { name: "half_open", code: 2, color: "yellow", text: "half open" },
  { name: "open", code: 3, color: "red" },
];

/** The two values of a yes-or-no metric. */
export const yesNo = (
  yes: string,
  no: string,
  [good, bad]: readonly [string, string] = ["green", "red"],
): readonly State[] => [
  { name: yes, code: 1, color: good },
  { name: no, code: 0, color: bad },
];

/**
 * Gives series of targets the label `name`: the target, or where addresses are scraped through `/probe` and there is none,
 * the instance.
 */
export const named = (expr: string): string =>
  `label_replace(label_replace(\n  ${expr},\n  "name", "$1", "instance", "(.*)"), "name", "$1", "target", "(.+)")`;

/** What series with such a label are called. */
export const NAME = "{{name}}";
