import { isObject } from "../core/json-object.ts";
import type { Metric } from "../core/metric.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import type { Plugin, PluginProber } from "../plugin.ts";

/** A problem of a plugin's file, in the words of a problem of the configuration. */
export interface PluginProblem {
  readonly got: string;
  readonly want: string;
}

/** Names that a plugin must not use. */
export interface ReservedNames {
  /** Kinds of other probers. */
  readonly kinds: ReadonlySet<string>;
  /** Names of other metrics. */
  readonly metrics: ReadonlySet<string>;
  /** Returns what is wrong with a JSON Schema; `undefined` if it is valid. */
  readonly schemaProblem: (schema: object) => string | undefined;
}

const KIND = /^[a-z][a-z0-9_]{0,31}$/;
/** Keys of a module, which the key for a prober's options must differ from. */
const RESERVED_KINDS: ReadonlySet<string> = new Set([
  "prober",
  "timeout",
  "min_interval",
  "budget",
  "histograms",
  "probe_details",
]);
const METRIC_NAME = /^[a-z][a-z0-9_]{0,127}$/;
const LABEL_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  "target",
  "module",
  "instance",
  "job",
  "le",
  "quantile",
]);
const MOST_METRICS = 100;

/** Functions that a prober may leave out. */
const OPTIONAL_FUNCTIONS = [
  "objection",
  "caution",
  "expectedSpend",
  "allowsModel",
  "configuredOnly",
  "dispose",
] as const;

/**
 * Reads the exports of a plugin's file: a plugin or a prober as the default export, or a prober named `prober`.
 * @returns the plugin, or its first problem
 */
export function readPlugin(
  exports: Readonly<Record<string, unknown>>,
  reserved: ReservedNames,
): Plugin | PluginProblem {
  const exported = exports["default"] ?? exports["prober"];
  const want = "a default export made by defineProber or definePlugin";
  if (!isObject(exported))
    return { got: exported === undefined ? "no default export" : typeof exported, want };
  const plugin = "kind" in exported ? { probers: [exported] } : exported;
  if (!("probers" in plugin) && !("start" in plugin))
    return { got: "an object without kind, probers or start", want };
  const { probers = [], start } = plugin;
  if (start !== undefined && typeof start !== "function")
    return { got: `start: ${typeof start}`, want: "start: a function" };
  if (!Array.isArray(probers)) return { got: `probers: ${typeof probers}`, want: "probers: a list" };
  const kinds = new Set(reserved.kinds);
  for (const prober of probers as unknown[]) {
    const problem = problemOfProber(prober, { ...reserved, kinds });
    if (problem !== undefined) return problem;
    kinds.add((prober as PluginProber).kind);
  }
  return {
    probers: probers as readonly PluginProber[],
    ...(start === undefined ? {} : { start: (host) => (plugin as Plugin).start?.(host) }),
  };
}

function problemOfProber(prober: unknown, reserved: ReservedNames): PluginProblem | undefined {
  if (!isObject(prober)) return { got: `a prober that is ${typeof prober}`, want: "an object" };
  const { kind, schema, costly, metrics = [], reasons = [] } = prober;
  if (typeof kind !== "string" || !KIND.test(kind) || RESERVED_KINDS.has(kind)) {
    return {
      got: `kind: ${quoted(kind)}`,
      want: "kind: lower-case letters, digits and _, and not a key of a module",
    };
  }
  if (reserved.kinds.has(kind))
    return { got: `kind: ${quoted(kind)}`, want: "kind: a name that no other prober has" };
  const of = (what: string): string => `prober ${kind}: ${what}`;
  if (!isObject(schema)) return { got: of("no schema"), want: of("schema: a JSON Schema of its options") };
  const schemaProblem = reserved.schemaProblem(schema);
  if (schemaProblem !== undefined)
    return { got: of(`an invalid schema: ${schemaProblem}`), want: of("schema: a JSON Schema") };
  if (typeof costly !== "boolean")
    return { got: of(`costly: ${quoted(costly)}`), want: of("costly: true or false") };
  for (const name of ["compile", "probe"] as const) {
    if (typeof prober[name] !== "function") return { got: of(`no ${name}`), want: of(`${name}: a function`) };
  }
  for (const name of OPTIONAL_FUNCTIONS) {
    if (prober[name] !== undefined && typeof prober[name] !== "function")
      return { got: of(`${name}: ${typeof prober[name]}`), want: of(`${name}: a function`) };
  }
  if (!Array.isArray(metrics) || metrics.length > MOST_METRICS)
    return { got: of("invalid metrics"), want: of(`metrics: a list of at most ${MOST_METRICS}`) };
  if (!Array.isArray(reasons))
    return { got: of(`reasons: ${typeof reasons}`), want: of("reasons: a list from FAILURE_REASONS") };
  const unknown = (reasons as unknown[]).find((reason) => !FAILURE_REASONS.some((one) => one === reason));
  if (unknown !== undefined)
    return { got: of(`the reason ${quoted(unknown)}`), want: of("reasons: a list from FAILURE_REASONS") };
  return problemOfMetrics(metrics, kind, reserved.metrics);
}

function problemOfMetrics(
  metrics: readonly unknown[],
  kind: string,
  reserved: ReadonlySet<string>,
): PluginProblem | undefined {
  const names = new Set<string>();
  for (const metric of metrics) {
    const { name, type, help, labels } = (isObject(metric) ? metric : {}) as Partial<Metric>;
    const prefix = `probe_${kind}_`;
    if (typeof name !== "string" || !METRIC_NAME.test(name) || !name.startsWith(prefix))
      return { got: `the metric ${quoted(name)}`, want: `a name that begins with ${prefix}` };
    if (reserved.has(name) || names.has(name))
      return {
        got: `the metric ${name} a second time`,
        want: "each metric once, and none of the exporter's own",
      };
    names.add(name);
    const of = (what: string): string => `metric ${name}: ${what}`;
    if (type !== "gauge" && type !== "counter")
      return { got: of(`type ${quoted(type)}`), want: "type gauge or counter" };
    if (name.endsWith("_total") !== (type === "counter"))
      return {
        got: of(`a ${type}`),
        want: "a name that ends in _total for a counter, and only for a counter",
      };
    if (typeof help !== "string" || help === "")
      return { got: of("no help"), want: "help: the meaning of the metric" };
    if (!Array.isArray(labels)) return { got: of("no labels"), want: "labels: a list" };
    for (const label of labels as unknown[]) {
      if (typeof label !== "string" || !LABEL_NAME.test(label) || RESERVED_LABELS.has(label))
        return {
          got: of(`the label ${quoted(label)}`),
          want: `labels of lower-case letters, digits and _, other than ${[...RESERVED_LABELS].join(", ")}`,
        };
    }
  }
  return undefined;
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? typeof value;
