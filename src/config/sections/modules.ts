import { dirname, isAbsolute, resolve } from "node:path";
import { defined } from "../../core/defined.ts";
import type { CompileContext, Prober } from "../../core/prober.ts";
import type { Secret } from "../../core/secret.ts";
import type { Module } from "../../core/target.ts";
import { parseDuration, type Seconds, seconds } from "../../core/units.ts";
import type { Environment, Findings } from "../document/convert.ts";
import { alternatives, nearest } from "../document/describe.ts";
import type { SchemaObject } from "../document/json-schema.ts";
import type { Problems, UnplacedProblem } from "../document/problems.ts";
import { redactedYaml } from "../document/redact.ts";
import { childOf, unknownKeyComplaint } from "../document/schema-errors.ts";
import { fileSecret } from "../document/secrets.ts";
import { lookup, type Node, type Path } from "../document/tree.ts";
import { below, type Validator } from "../document/validate.ts";
import { moduleSchema, type RawModule } from "../schema.ts";
import { budgetsOf } from "./budgets.ts";

/** What every part of the configuration is built with. */
export interface BuildContext {
  readonly probers: readonly Prober[];
  readonly root: Node;
  readonly findings: Findings;
  readonly report: Problems;
  readonly validator: Validator;
  /** Turns a path of the configuration into one for the operating system. */
  readonly resolvePath: (file: string) => string;
  readonly environment: Environment;
  /** A plugin could not be loaded: a kind that nobody knows may be one of its own. */
  readonly pluginsMissing?: boolean;
}

/** Costly modules without a word about it: 0.9 of the usual interval of 30 s, so that two scrapers cost one probe. */
const COSTLY_MIN_INTERVAL = seconds(27);

/** blackbox_exporter's other probers. */
const BLACKBOX_KINDS = new Set(["tcp", "icmp", "dns", "grpc", "unix"]);

/** What a validated duration says. */
export const durationOf = (text: string): Seconds => parseDuration(text) ?? seconds(0);

/** The paths of a configuration are relative to the folder of its file. */
export const resolverFor = (file: string) => {
  const folder = dirname(resolve(file));
  return (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
};

/**
 * The schema of `modules` for one file: each module's own, with the options of the prober that it names. It directs
 * the conversion, which needs to know where texts and secrets are.
 */
export function modulesSchemaFor(root: Node, probers: readonly Prober[]): SchemaObject {
  const modules = lookup(root, ["modules"])?.node;
  if (modules?.kind !== "map") return {};
  const schemas = [...modules.entries].map(([name, { value }]): [string, SchemaObject] => {
    const kind = lookup(value, ["prober"])?.node;
    const prober = probers.find((one) => kind?.kind === "scalar" && one.kind === kind.text);
    const options = prober === undefined ? {} : { [prober.kind]: prober.schema };
    return [
      `^${literal(name)}$`,
      { ...moduleSchema, properties: { ...moduleSchema.properties, ...options } },
    ];
  });
  // As patterns, because a key that is declared by name may be left empty.
  return { patternProperties: Object.fromEntries(schemas) };
}

/** An expression that matches `text` and nothing else. */
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** Builds the modules that are right and reports what is wrong with the others. */
export function buildModules(
  raw: Readonly<Record<string, unknown>>,
  context: BuildContext,
): ReadonlyMap<string, Module> {
  const modules = new Map<string, Module>();
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value !== "object" || value === null) continue;
    const module = buildModule(name, value, context);
    if (module !== undefined) modules.set(name, module);
  }
  return modules;
}

function buildModule(name: string, raw: object, context: BuildContext): Module | undefined {
  const { report } = context;
  const path = ["modules", name];
  const prober = proberOf(childOf(raw, "prober"), path, context);
  if (prober === undefined) return undefined;
  checkKeys(Object.keys(raw), path, prober, context);
  const options = childOf(raw, prober.kind) ?? {};
  const optionsPath = [...path, prober.kind];
  for (const complaint of context.validator.check(prober.schema, options)) {
    report.problem(below(optionsPath, complaint));
  }
  if (report.isBroken(optionsPath)) return undefined;
  const compiled = prober.compile(options, compileContext(optionsPath, context));
  if (report.isBroken(path)) return undefined;
  const { timeout, min_interval, budget } = raw as RawModule;
  const budgets = budgetsOf(budget, [...path, "budget"], prober.costly, context);
  const coldStartAfter = prober.coldStartAfter?.(compiled);
  const usual = prober.costly ? COSTLY_MIN_INTERVAL : seconds(0);
  return {
    name,
    prober,
    options: compiled,
    ...(timeout === undefined ? {} : { timeout: durationOf(timeout) }),
    minInterval: min_interval === undefined ? usual : durationOf(min_interval),
    ...defined({ coldStartAfter, allowedTargets: textsIn(options, "allowed_targets") }),
    ...(budgets.length === 0 ? {} : { budgets }),
    source: redactedYaml(lookup(context.root, path)?.node ?? context.root, context.findings.secrets),
  };
}

/** Returns the list of texts under `key`, if the schema of the prober has one. */
function textsIn(options: object, key: string): readonly string[] | undefined {
  const list: unknown = childOf(options, key);
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : undefined;
}

function proberOf(
  kind: unknown,
  path: Path,
  { probers, report, pluginsMissing = false }: BuildContext,
): Prober | undefined {
  if (typeof kind !== "string" || kind === "") return undefined;
  const prober = probers.find((one) => one.kind === kind);
  if (prober !== undefined) return prober;
  if (pluginsMissing) return undefined;
  const known = probers.map((one) => one.kind);
  const guess = nearest(kind, known);
  const hint = guess === undefined ? "" : ` (did you mean ${guess}?)`;
  const foreign = BLACKBOX_KINDS.has(kind)
    ? ` (this exporter has no ${kind} prober; keep blackbox_exporter for it)`
    : hint;
  report.problem({ path: [...path, "prober"], want: `${alternatives(known)}${foreign}` });
  return undefined;
}

function checkKeys(keys: readonly string[], path: Path, prober: Prober, context: BuildContext): void {
  const known = [...Object.keys(moduleSchema.properties), prober.kind];
  for (const key of keys) {
    if (known.includes(key)) continue;
    const here = [...path, key];
    const ofOther = BLACKBOX_KINDS.has(key) || context.probers.some(({ kind }) => kind === key);
    context.report.problem(
      ofOther
        ? {
            path: here,
            got: `options of the ${key} prober`,
            want: `those of ${prober.kind}, the module's prober`,
            aboutKey: true,
          }
        : unknownKeyComplaint(here, known),
    );
  }
}

function compileContext(at: Path, { report, resolvePath, environment }: BuildContext): CompileContext {
  return {
    problem: (path, got, want) =>
      report.problem({ path: [...at, ...path], got, want, foreign: true } satisfies UnplacedProblem),
    warn: (path, text) => report.warn([...at, ...path], text),
    secretFile: (file, path) => secretFile(resolvePath(file), [...at, ...path], report),
    resolvePath,
    environment,
  };
}

/** A secret from a file, whose problems are reported at `path`. */
export const secretFile = (file: string, path: Path, report: Problems): Secret =>
  fileSecret(file, (problem) => report.problem({ path, ...problem }));
