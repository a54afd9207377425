import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { CompileContext, Prober } from "../../core/prober.ts";
import type { Steps } from "../../core/steps.ts";
import type { Module } from "../../core/target.ts";
import { formatDuration, parseSignedDuration, seconds } from "../../core/units.ts";
import { type BuildContext, durationOf, secretFileOfModule } from "../context.ts";
import type { Raw } from "../document/defaults.ts";
import { alternatives, suggestion } from "../document/describe.ts";
import type { SchemaObject } from "../document/json-schema.ts";
import type { UnplacedProblem } from "../document/problems.ts";
import { unknownKeyProblem } from "../document/schema-errors.ts";
import { childOf, isMapValue, lookup, type Node, type Path, pathText } from "../document/tree.ts";
import type { ProberSchema } from "../loading/checked-config.ts";
import { ownAlertThresholds, ownThresholdsOf } from "./alert-thresholds.ts";
import { budgetSchema, budgetsOf } from "./budgets.ts";
import type { ModuleSet } from "./module-set.ts";
import { bool, duration, word } from "./schema-words.ts";
import { defaultSeries, histograms, seriesChoiceOf } from "./series-choice.ts";
import { COSTLY_SHARE, targetSchema } from "./targets.ts";

/** How long the result of a costly probe is reused by default, for addresses without a configured interval. */
const COSTLY_MIN_INTERVAL = seconds(COSTLY_SHARE * durationOf(targetSchema.properties.interval.default));

/** One entry of `modules`, without the prober's options. */
const moduleSchema = {
  type: "object",
  description: "A module is a kind of prober with its options.",
  properties: {
    prober: {
      ...word,
      description: "Kind of prober; its options are written under a key of the same name.",
    },
    timeout: {
      type: "string",
      format: "any_duration",
      description:
        "Longest duration of one probe. Default: the timeout of the scrape; in modules of blackbox_exporter also for 0 and negative durations.",
    },
    min_interval: {
      ...duration,
      description: `How long a result is reused instead of probing again. Default: ${formatDuration(COSTLY_MIN_INTERVAL)} if probes cost money (0.9 × interval for configured targets), else 0s.`,
    },
    budget: {
      ...budgetSchema,
      description:
        "Spending limit of all probes of this module, including probes of addresses through `/probe`. Once it is used up, no prompt is sent until the period ends; this does not count as a failure. One budget, or a list of budgets that all apply.",
    },
    histograms: {
      ...histograms,
      description:
        "Histograms of its targets on `/metrics`: duration of successful probes, failed_duration, first_token and inter_token of models. `[]` for none. Default: duration and first_token if probes cost money, else none.",
    },
    alert_thresholds: {
      ...ownAlertThresholds,
      description:
        "Thresholds of alerts about its targets. Default: those of the section `alert_thresholds`.",
    },
    probe_details: {
      ...bool,
      description:
        "Shows all series of a probe on `/metrics` too, as `/probe` does; otherwise only those that rules read. See [metrics.md](metrics.md). Default: false.",
    },
  },
  required: ["prober"],
} as const satisfies JSONSchema;

/** The section `modules`. */
export const modulesSchema = {
  type: "object",
  additionalProperties: moduleSchema,
  description: "Modules by name.",
} as const satisfies JSONSchema;

/** Kinds of blackbox_exporter, whose modules mean the same here. */
const BLACKBOX_KINDS = new Set(["http", "tcp", "dns", "icmp", "grpc", "unix", "websocket"]);

/**
 * Returns the schema of `modules` for one file: each module's schema with the options of its prober, and of others that it has
 * options of. Conversion needs it to know where texts and secrets are.
 */
export function modulesSchemaFor(root: Node, probers: readonly ProberSchema[]): SchemaObject {
  const modules = lookup(root, ["modules"])?.node;
  if (modules?.kind !== "map") return {};
  const schemas = [...modules.entries].map(([name, { value }]): [string, SchemaObject] => {
    const written = probers.filter((one) => lookup(value, [one.kind]) !== undefined);
    const options = Object.fromEntries(written.map((prober) => [prober.kind, prober.schema]));
    return [
      `^${literal(name)}$`,
      { ...moduleSchema, properties: { ...moduleSchema.properties, ...options } },
    ];
  });
  // Patterns, because a key declared under `properties` may be left empty, which a module may not.
  return { patternProperties: Object.fromEntries(schemas) };
}

/** Returns an expression that matches `text` only. */
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** Returns the problem with the known kinds added, if it is about the kind of a module. */
export function withKnownKinds(problem: UnplacedProblem, probers: readonly ProberSchema[]): UnplacedProblem {
  const [section, , key] = problem.path;
  if (section !== "modules" || key !== "prober") return problem;
  return { ...problem, want: alternatives(probers.map(({ kind }) => kind)) };
}

/**
 * Builds the valid modules and reports the problems of the others.
 * @param pluginsMissing a plugin could not be loaded, so an unknown kind may be one of its own and is not reported
 */
export function* buildModules(context: BuildContext, pluginsMissing: boolean): Steps<ModuleSet> {
  const section = childOf(context.raw, "modules");
  const modules = new Map<string, Module>();
  const offModules = new Map<string, string>();
  for (const [name, value] of isMapValue(section) ? Object.entries(section) : []) {
    if (typeof value !== "object" || value === null) continue;
    const module = buildModule(name, value, context, pluginsMissing);
    if (typeof module === "string") offModules.set(name, module);
    else if (module !== undefined) modules.set(name, module);
    yield;
  }
  return { modules, offModules };
}

/** Builds a module; `undefined` if it has problems. @returns a text if it is off */

function buildModule(
  name: string,
  raw: object,
  context: BuildContext,
  pluginsMissing: boolean,
): Module | string | undefined {
  const { problems, moduleSources } = context;
  const path = ["modules", name];
  const prober = proberOf(childOf(raw, "prober"), path, context, pluginsMissing);
  if (prober === undefined) return undefined;
  checkKeys(raw, path, prober, context);
  const timeout = timeoutOf(childOf(raw, "timeout"), prober.kind, path, context);
  const options = childOf(raw, prober.kind) ?? {};
  const optionsPath = [...path, prober.kind];
  if (problems.isBroken(optionsPath)) return undefined;
  const unsupported: string[] = [];
  const compiled = prober.compile(options, compileContext(optionsPath, context, unsupported));
  if (problems.isBroken(path)) return undefined;
  if (unsupported[0] !== undefined) {
    prober.dispose?.(compiled);
    return unsupported[0];
  }
  const own = raw as Raw<typeof moduleSchema>;
  const { min_interval: minInterval, budget } = own;
  const budgets = budgetsOf(budget, [...path, "budget"], prober.costly, context);
  const defaultMinInterval = prober.costly ? COSTLY_MIN_INTERVAL : seconds(0);
  return {
    name,
    prober,
    options: compiled,
    minInterval: minInterval === undefined ? defaultMinInterval : durationOf(minInterval),
    series: seriesChoiceOf(own, defaultSeries(prober)),
    ...defined({
      timeout,
      allowedTargets: textsIn(options, "allowed_targets"),
      alertThresholds: ownThresholdsOf(own.alert_thresholds),
      coldStartAfter: prober.coldStartAfter?.(compiled),
      budgets: budgets.length === 0 ? undefined : budgets,
    }),
    source: moduleSources.get(name) ?? "",
  };
}

/** Warns of modules whose credentials any client of `/probe` can have sent to an address of its choice. */
export function warnOfCredentials(
  modules: ReadonlyMap<string, Module>,
  { problems }: Pick<BuildContext, "problems">,
): void {
  for (const { name, prober, options, allowedTargets } of modules.values()) {
    if (allowedTargets !== undefined || prober.sendsCredential?.(options) !== true) continue;
    const text =
      "sends its credentials to every address that a client of /probe names: set allowed_targets, or web.enable_probe_any: false";
    problems.warn(["modules", name, prober.kind], text);
  }
}

/** Returns the timeout of a module. For the kinds of blackbox_exporter, 0 and negative ones are none, as there. */
function timeoutOf(text: unknown, kind: string, path: Path, { problems }: BuildContext) {
  const length = typeof text === "string" ? parseSignedDuration(text) : undefined;
  if (length === undefined || length > 0) return length;
  const here = [...path, "timeout"];
  if (BLACKBOX_KINDS.has(kind)) problems.warn(here, "is none: only the timeout of the scrape ends a probe");
  else problems.add({ path: here, want: "> 0" });
  return undefined;
}

/** Returns the list of texts under `key`, if the schema of the prober has one. */
function textsIn(options: object, key: string): readonly string[] | undefined {
  const list: unknown = childOf(options, key);
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : undefined;
}

function proberOf(
  kind: unknown,
  path: Path,
  { probers, problems }: BuildContext,
  pluginsMissing: boolean,
): Prober | undefined {
  if (typeof kind !== "string" || kind === "") return undefined;
  const prober = probers.find((one) => one.kind === kind);
  if (prober !== undefined || pluginsMissing) return prober;
  const known = probers.map((one) => one.kind);
  problems.add({ path: [...path, "prober"], want: `${alternatives(known)}${suggestion(kind, known)}` });
  return undefined;
}

/** Reports keys without a meaning. As in blackbox_exporter, options of another of its probers have none and are no mistake. */
function checkKeys(raw: object, path: Path, prober: Prober, context: BuildContext): void {
  const known = [...Object.keys(moduleSchema.properties), prober.kind];
  for (const [key, value] of Object.entries(raw)) {
    if (known.includes(key)) continue;
    const here = [...path, key];
    const isKind = BLACKBOX_KINDS.has(key) || context.probers.some(({ kind }) => kind === key);
    if (BLACKBOX_KINDS.has(key) && BLACKBOX_KINDS.has(prober.kind)) {
      if (value !== null)
        context.problems.warn(here, `has no effect, because the module's prober is ${prober.kind}`);
      continue;
    }
    const want = `options of ${prober.kind}, the module's prober`;
    context.problems.add(
      isKind
        ? { path: here, got: `options of the ${key} prober`, want, aboutKey: true }
        : unknownKeyProblem(here, known),
    );
  }
}

/** @param unsupported takes a text for each option that is not supported */
function compileContext(at: Path, context: BuildContext, unsupported: string[]): CompileContext {
  const { problems, resolvePath, environment, metricNames } = context;
  return {
    problem: (path, got, want) => problems.add({ path: [...at, ...path], got, want, fromProber: true }),
    warn: (path, text) => problems.warn([...at, ...path], text),
    unsupported(path, why) {
      const here = [...at, ...path];
      problems.warn(here, `${why}, so this module is off: probes of it are refused, and all others run`);
      unsupported.push(`${pathText(here)}: ${why}`);
    },
    secretFile: (file, path) => secretFileOfModule(file, [...at, ...path], context),
    resolvePath,
    environment,
    metricNames,
  };
}
