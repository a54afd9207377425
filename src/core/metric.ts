/** Properties of a metric besides its name, help and labels. */
export interface MetricTraits {
  /** When there is a series, in words for docs/metrics.md. Left out for a series that always exists. */
  readonly when?: string;
  /** True if the metric is a detail of a probe: `/metrics` has it only for targets with `probe_details: true`. */
  readonly detail?: boolean;
  /** The reason to export the metric by default although no rule, dashboard, report or runbook reads it. */
  readonly keptFor?: string;
}

/** A metric as it is declared, once. `Label` is the union of its label names. */
export interface Metric<Label extends string = string> extends MetricTraits {
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
}

/** Declares a gauge: a value that goes up and down. `help` is a sentence without a full stop. */
export const gauge = <const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
  traits: MetricTraits = {},
): Metric<Label> => ({ name, type: "gauge", help, labels, ...traits });

/** Declares a counter: a value that only rises. Its name ends in `_total`. */
export const counter = <const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
  traits: MetricTraits = {},
): Metric<Label> => ({ name, type: "counter", help, labels, ...traits });

/** Declares a histogram with these upper bounds. */
export const histogram = <const Label extends string>(
  name: string,
  help: string,
  labels: readonly Label[],
  buckets: readonly number[],
  traits: MetricTraits = {},
): Metric<Label> => ({ name, type: "histogram", help, labels, buckets, ...traits });

/** Returns the names of `metrics` and of all their series: those of a histogram have suffixes. */
export const namesOf = (metrics: readonly Metric[]): ReadonlySet<string> =>
  new Set(
    metrics.flatMap(({ name, type }) =>
      type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );

/** One value of one series, without the labels that say which target it is about. */
export interface Sample {
  readonly metric: Metric;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Makes a sample. The compiler checks its labels against the metric's declaration. */
export function sample<Label extends string>(
  metric: Metric<Label>,
  value: number,
  ...labels: [Label] extends [never] ? [] : [Readonly<Record<Label, string>>]
): Sample {
  return labels[0] === undefined ? { metric, value } : { metric, value, labels: labels[0] };
}
