/** A metric as the catalogue declares it. `Label` is the union of its label names. */
export interface Metric<Label extends string = string> {
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
  /** Which part of the exporter emits it, and so where it can be seen. */
  readonly emitter: Emitter;
}

/** `heartbeat`: about something that reports by itself; of a log or a lease where its probe is seen, of pushes on `/metrics`. `probe`: on `/probe` and, with target and module, on `/metrics`. `state`: per configured target on `/metrics`. `group`: about groups and components on `/metrics`. `notify`: about relays, actions and maintenance, on `/metrics`. `exporter`: about the exporter itself. */
export type Emitter = "probe" | "http" | "llm" | "heartbeat" | "state" | "group" | "notify" | "exporter";

/** One value of one series, without the labels that say which target it is about. */
export interface Sample {
  readonly metric: Metric;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A sample whose labels are held against the metric's declaration by the compiler. */
export function sample<Label extends string>(
  metric: Metric<Label>,
  value: number,
  ...labels: [Label] extends [never] ? [] : [Readonly<Record<Label, string>>]
): Sample {
  return labels[0] === undefined ? { metric, value } : { metric, value, labels: labels[0] };
}
