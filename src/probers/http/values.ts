import { defined } from "../../core/defined.ts";
import type { Metric, Sample } from "../../core/metric.ts";
import type { CompileContext } from "../../core/prober.ts";
import { truncate } from "../../core/truncate.ts";
import { type RawHeaders, valuesOf } from "../http-headers.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import type { ValueOptions } from "./schema.ts";
import { type Breaches, compileThresholds, type Thresholds } from "./thresholds.ts";

/** The compiled `metrics` of a module: values of responses to export. */
export interface BodyValues {
  /** True if any value is in the body. */
  readonly needsBody: boolean;
  /**
   * Reads the values of one response, without those that are missing or not a number, boolean or known state.
   * @param body decompressed; `undefined` if it is incomplete
   * @param json returns the parsed body; `undefined` if it is not JSON: only the rules of the module decide if that is a failure
   */
  take(headers: RawHeaders, body: string | undefined, json: () => unknown): TakenValues;
}

/** The values of one response, and the first thresholds that they exceed. */
export interface TakenValues extends Breaches {
  readonly samples: readonly Sample[];
}

/** Limit of series per metric and response, because a body could contain any number of labels. */
const MOST_SERIES = 1000;

/** Longest label value taken from a response, in characters. */
const LONGEST_LABEL = 200;

type Labels = Readonly<Record<string, string>>;
type SampleExtractor = (headers: RawHeaders, body: string | undefined, json: () => unknown) => Sample[];

/** Compiles `metrics`, and reports reserved names and entries without exactly one location. */
export function compileValues(
  entries: readonly ValueOptions[],
  context: Pick<CompileContext, "problem" | "metricNames">,
): BodyValues {
  const seen = new Map<string, string>();
  const values: { readonly take: SampleExtractor; readonly breachesOf: Thresholds }[] = [];
  for (const [i, entry] of entries.entries()) {
    const problem = (key: string, got: string, want: string): void =>
      context.problem(["metrics", i, key], got, want);
    if (isTaken(entry.name, context.metricNames))
      problem("name", JSON.stringify(entry.name), "a name that neither the exporter nor Prometheus uses");
    const help = seen.get(entry.name);
    if (help !== undefined && help !== entry.help)
      problem("help", "two texts for one name", JSON.stringify(help));
    seen.set(entry.name, help ?? entry.help);
    const take = compileEntry(entry, problem);
    const breachesOf = compileThresholds(entry, problem);
    if (take !== undefined) values.push({ take, breachesOf });
  }
  return {
    needsBody: entries.some(({ header }) => header === undefined),
    take(headers, body, json) {
      const all = values.map(({ take, breachesOf }) => {
        const samples = take(headers, body, json);
        return { samples, ...breachesOf(samples) };
      });
      return {
        samples: withoutDuplicates(all.flatMap(({ samples }) => samples.slice(0, MOST_SERIES))),
        ...defined({
          failure: all.find(({ failure }) => failure !== undefined)?.failure,
          degraded: all.find(({ degraded }) => degraded !== undefined)?.degraded,
        }),
      };
    },
  };
}

/** Keeps the first sample of each series: Prometheus would reject the second one, or the scrape. */
function withoutDuplicates(samples: readonly Sample[]): Sample[] {
  const bySeries = new Map<string, Sample>();
  for (const sample of samples) {
    const series = JSON.stringify([
      sample.metric.name,
      Object.entries(sample.labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]);
    if (!bySeries.has(series)) bySeries.set(series, sample);
  }
  return [...bySeries.values()];
}

/** Labels that the exporter adds to every series, or that have a meaning in Prometheus. */
const RESERVED_LABEL = /^(target|module|instance|job|le|quantile|__.*)$/;

/** Names that Prometheus adds to each scrape, and those that the exporter has or may come to have about itself. */
const RESERVED_NAME = /^(up|ALERTS|ALERTS_FOR_STATE)$|^(scrape|process|nodejs|heartbeat_exporter)_/;

const isTaken = (name: string, metricNames: ReadonlySet<string>): boolean =>
  RESERVED_NAME.test(name) || metricNames.has(name);

function compileEntry(
  entry: ValueOptions,
  problem: (key: string, got: string, want: string) => void,
): SampleExtractor | undefined {
  const { json, header, regexp, labels = {}, states, step_labels: stepLabels = [] } = entry;
  const expression = regexp === undefined ? undefined : safeCompile(regexp);
  const names = [
    ...Object.keys(labels),
    ...stepLabels,
    ...(expression?.groupNames ?? []),
    ...(states === undefined ? [] : ["state"]),
  ];
  const taken = names.find((name, i) => RESERVED_LABEL.test(name) || names.indexOf(name) !== i);
  if (taken !== undefined)
    problem(
      "labels",
      `a label ${taken}`,
      "other names than target, module, instance, job, le, quantile, __*, and each once",
    );
  if (
    (json === undefined) === (header === undefined && regexp === undefined) ||
    (json !== undefined && regexp !== undefined)
  ) {
    problem("name", "no single location", "json, or header, or regexp, or header and regexp");
    return undefined;
  }
  if (json !== undefined) return jsonExtractor(entry, json, stepLabels, problem);
  if (expression !== undefined && !expression.groupNames.includes("value")) {
    problem("regexp", JSON.stringify(regexp), "an expression with a group named value: (?P<value>...)");
    return undefined;
  }
  return textExtractor(entry, header, expression);
}

function jsonExtractor(
  entry: ValueOptions,
  json: string,
  stepLabels: readonly string[],
  problem: (key: string, got: string, want: string) => void,
): SampleExtractor | undefined {
  const path = parsePath(json);
  const stars = path.filter((step) => step === "*").length;
  if (stepLabels.length !== stars) {
    problem("step_labels", `${stepLabels.length} names`, `${stars}, one for each * in ${json}`);
    return undefined;
  }
  const toSamples = sampler(entry);
  return (_headers, _body, parsed) =>
    findInJson(parsed(), path).flatMap(({ value, steps }: JsonMatch) =>
      toSamples(value, Object.fromEntries(stepLabels.map((name, i) => [name, steps[i] ?? ""]))),
    );
}

function textExtractor(
  entry: ValueOptions,
  header: string | undefined,
  expression: Regexp | undefined,
): SampleExtractor {
  const toSamples = sampler(entry);
  return (headers, body) => {
    const text = header === undefined ? body : headerText(headers, header);
    if (text === undefined) return [];
    if (expression === undefined) return toSamples(text.trim(), {});
    const groups = expression.groups(text);
    if (groups === undefined) return [];
    const { value, ...labels } = groups;
    return toSamples(value, labels);
  };
}

/** Compiles an expression. The schema has already reported one that is invalid. */
function safeCompile(source: string): Regexp | undefined {
  try {
    return compileRegexp(source);
  } catch {
    return undefined;
  }
}

/** Returns the function that makes the samples of a value: one, or one per state. */
function sampler({
  name,
  help,
  labels = {},
  states,
  factor = 1,
}: ValueOptions): (value: unknown, found: Labels) => Sample[] {
  const metric: Metric = { name, help, type: "gauge", labels: [] };
  return (value, found) => {
    const all = { ...bounded(found), ...labels };
    if (states !== undefined) {
      if (typeof value !== "string" || !states.includes(value)) return [];
      return states.map((state) => ({ metric, value: Number(state === value), labels: { ...all, state } }));
    }
    const number = numberOf(value);
    return number === undefined ? [] : [{ metric, value: number * factor, labels: all }];
  };
}

const bounded = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, truncate(value, LONGEST_LABEL)]));

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return undefined;
  if (/^(true|false)$/i.test(value)) return Number(/^t/i.test(value));
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : undefined;
}

function headerText(headers: RawHeaders, name: string): string | undefined {
  const values = valuesOf(headers, name.toLowerCase());
  return values.length === 0 ? undefined : values.join(", ");
}

/** A value in JSON, with the key or index that each `*` of the path matched. */
export interface JsonMatch {
  readonly value: unknown;
  readonly steps: readonly string[];
}

/**
 * Parses a JSON pointer (RFC 6901, with a leading slash) or a path with dots. In both, `*` matches every key of an object or
 * element of an array.
 */
export function parsePath(text: string): readonly string[] {
  if (!text.startsWith("/")) return text.split(".");
  return text
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Returns every value at `path`, in document order. */
export function findInJson(root: unknown, path: readonly string[]): readonly JsonMatch[] {
  let found: readonly JsonMatch[] = [{ value: root, steps: [] }];
  for (const step of path) {
    found = found.flatMap(({ value, steps }) => {
      if (typeof value !== "object" || value === null) return [];
      if (step === "*")
        return Object.entries(value).map(([key, inner]) => ({ value: inner, steps: [...steps, key] }));
      if (!Object.hasOwn(value, step)) return [];
      return [{ value: (value as Readonly<Record<string, unknown>>)[step], steps }];
    });
  }
  return found;
}
