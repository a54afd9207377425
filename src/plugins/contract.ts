import type { Metric } from "../core/metric.ts";
import type { Plugin, PluginProber } from "../plugin.ts";

/** What is wrong with a plugin, and what it should be. */
export interface PluginProblem {
  readonly got: string;
  readonly want: string;
}

/** What the exporter has already. */
export interface ReservedNames {
  readonly kinds: ReadonlySet<string>;
  readonly metrics: ReadonlySet<string>;
  /** What is wrong with a JSON Schema, if anything is. */
  readonly schemaProblem: (schema: object) => string | undefined;
}

const KIND = /^[a-z][a-z0-9_]{0,31}$/;
/** Keys of a module, which its options must not be mistaken for. */
const RESERVED_KINDS: ReadonlySet<string> = new Set(["prober", "timeout", "min_interval", "budget"]);
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

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads what a plugin's file exports: a plugin or a prober as its default, or a prober named `prober`.
 * @returns the plugin, or the first thing that is wrong with it
 */
export function readPlugin(
  exports: Readonly<Record<string, unknown>>,
  taken: ReservedNames,
): Plugin | PluginProblem {
  const said = exports["default"] ?? exports["prober"];
  const want = "a prober or a plugin as its default export, as defineProber and definePlugin make them";
  if (!isObject(said)) return { got: said === undefined ? "no export of that kind" : typeof said, want };
  const plugin = "kind" in said ? { probers: [said] } : said;
  if (!("probers" in plugin) && !("start" in plugin)) return { got: "an object that is neither", want };
  const { probers = [], start } = plugin;
  if (start !== undefined && typeof start !== "function")
    return { got: `start: ${typeof start}`, want: "start: a function" };
  if (!Array.isArray(probers)) return { got: `probers: ${typeof probers}`, want: "probers: a list" };
  const kinds = new Set(taken.kinds);
  for (const prober of probers as unknown[]) {
    const wrong = objectionTo(prober, { ...taken, kinds });
    if (wrong !== undefined) return wrong;
    kinds.add((prober as PluginProber).kind);
  }
  return {
    probers: probers as readonly PluginProber[],
    ...(start === undefined ? {} : { start: (host) => (plugin as Plugin).start?.(host) }),
  };
}

function objectionTo(prober: unknown, taken: ReservedNames): PluginProblem | undefined {
  if (!isObject(prober)) return { got: `a prober that is ${typeof prober}`, want: "an object" };
  const { kind, schema, costly, metrics = [] } = prober;
  if (typeof kind !== "string" || !KIND.test(kind) || RESERVED_KINDS.has(kind)) {
    return {
      got: `kind: ${quoted(kind)}`,
      want: "kind: lower-case letters, digits and _, and no key of a module",
    };
  }
  if (taken.kinds.has(kind))
    return { got: `kind: ${quoted(kind)}`, want: "kind: one that no other prober has" };
  const of = (what: string): string => `prober ${kind}: ${what}`;
  if (!isObject(schema)) return { got: of("no schema"), want: of("schema: a JSON Schema of its options") };
  const problem = taken.schemaProblem(schema);
  if (problem !== undefined)
    return { got: of(`a schema that is none: ${problem}`), want: of("schema: a JSON Schema") };
  if (typeof costly !== "boolean")
    return { got: of(`costly: ${quoted(costly)}`), want: of("costly: true or false") };
  for (const name of ["compile", "probe"] as const) {
    if (typeof prober[name] !== "function") return { got: of(`no ${name}`), want: of(`${name}: a function`) };
  }
  for (const name of ["objection", "caution", "expectedSpend", "configuredOnly", "dispose"] as const) {
    if (prober[name] !== undefined && typeof prober[name] !== "function")
      return { got: of(`${name}: ${typeof prober[name]}`), want: of(`${name}: a function`) };
  }
  if (!Array.isArray(metrics) || metrics.length > MOST_METRICS)
    return { got: of("metrics that are none"), want: of(`metrics: a list of at most ${MOST_METRICS}`) };
  return metricsObjection(metrics, kind, taken.metrics);
}

function metricsObjection(
  metrics: readonly unknown[],
  kind: string,
  taken: ReadonlySet<string>,
): PluginProblem | undefined {
  const names = new Set<string>();
  for (const metric of metrics) {
    const { name, type, help, labels } = (isObject(metric) ? metric : {}) as Partial<Metric>;
    const prefix = `probe_${kind}_`;
    if (typeof name !== "string" || !METRIC_NAME.test(name) || !name.startsWith(prefix))
      return { got: `the metric ${quoted(name)}`, want: `a name that begins with ${prefix}` };
    if (taken.has(name) || names.has(name))
      return {
        got: `the metric ${name} a second time`,
        want: "each metric once, and none of the exporter's own",
      };
    names.add(name);
    const of = (what: string): string => `metric ${name}: ${what}`;
    if (type !== "gauge" && type !== "counter")
      return { got: of(`type ${quoted(type)}`), want: "type gauge or counter" };
    if (name.endsWith("_total") !== (type === "counter"))
      return { got: of(`a ${type}`), want: "a name that ends in _total for a counter, and only for one" };
    if (typeof help !== "string" || help === "") return { got: of("no help"), want: "help: what it means" };
    if (!Array.isArray(labels)) return { got: of("no labels"), want: "labels: a list" };
    for (const label of labels as unknown[]) {
      if (typeof label !== "string" || !LABEL_NAME.test(label) || RESERVED_LABELS.has(label))
        return {
          got: of(`the label ${quoted(label)}`),
          want: "labels of lower-case letters, digits and _, and none that a scrape has itself",
        };
    }
  }
  return undefined;
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? typeof value;
