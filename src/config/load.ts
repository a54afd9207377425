import { readFileSync } from "node:fs";
import type { ActionSetup } from "../core/action.ts";
import { defined } from "../core/defined.ts";
import type { MaintenanceWindow } from "../core/maintenance.ts";
import { namesOf } from "../core/metric.ts";
import { isName } from "../core/names.ts";
import type { Relay } from "../core/relay.ts";
import type { Target } from "../core/target.ts";
import { parseDuration } from "../core/units.ts";
import type { Config, ConfigDeps } from "./config.ts";
import { convert, type Environment, type Findings, noFindings } from "./document/convert.ts";
import { alternatives } from "./document/describe.ts";
import type { SchemaObject } from "./document/json-schema.ts";
import { ConfigError, createProblems, type Problems } from "./document/problems.ts";
import { redactedYaml } from "./document/redact.ts";
import { childOf } from "./document/schema-errors.ts";
import { reasonOf } from "./document/secrets.ts";
import type { Node } from "./document/tree.ts";
import { createValidator, type Formats, type Validator } from "./document/validate.ts";
import { parseYaml } from "./document/yaml.ts";
import { environmentTree, ignoredVariables } from "./env/env.ts";
import { configSchema, type RawConfig } from "./schema.ts";
import { buildActions } from "./sections/actions.ts";
import { checkModulePrice, pricesOf } from "./sections/budgets.ts";
import { buildGroups, healthGroup, namesIn } from "./sections/groups.ts";
import { buildHeartbeats } from "./sections/heartbeats.ts";
import { buildLease } from "./sections/lease.ts";
import { buildMaintenance, TIME_FORMATS } from "./sections/maintenance.ts";
import {
  type BuildContext,
  buildModules,
  modulesSchemaFor,
  resolverFor,
  secretFile,
} from "./sections/modules.ts";
import { checkPlugins } from "./sections/plugins.ts";
import { buildRelays } from "./sections/relays.ts";
import { isStoreSize, storageOf } from "./sections/storage.ts";
import { buildTargets } from "./sections/targets.ts";
import { buildWebhooks } from "./sections/webhooks.ts";

export type { Config } from "./config.ts";

/**
 * The content of a configuration file.
 * @throws ConfigError when it cannot be read
 */
export function readConfigFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const problem = { place: path, path: "", got: reasonOf(error), want: "a readable YAML file" };
    throw new ConfigError([problem], { cause: error });
  }
}

const EMPTY = "at least a module, for example: modules: { http_2xx: { prober: http } }";

/**
 * Loads YAML that has been read already.
 * @param path where it is from: shown in problems, and relative paths start at its folder
 * @throws ConfigError naming everything that is wrong
 */
export function loadConfigText(text: string, path: string, env: Environment, deps: ConfigDeps): Config {
  const findings = noFindings();
  const early: Parameters<Problems["problemAt"]>[] = [];
  const root = parseYaml(text, (...problem) => early.push(problem));
  const report = createProblems(path, root, findings);
  for (const problem of early) report.problemAt(...problem);
  if (root === undefined && early.length === 0) {
    report.problemAt({ line: 1, column: 1 }, [], "an empty file", EMPTY);
  }
  if (root === undefined) return settled(report);
  const config = buildConfig(root, path, env, deps, findings, report);
  const ignored = ignoredVariables(env, findings.variables);
  if (ignored.length > 0) {
    report.warn([], `the file is used, and so these variables are ignored: ${ignored.join(", ")}`);
  }
  return { ...config, warnings: report.warnings() };
}

/** Ends with the problems that were reported: for the ways on which there was one for certain. */
function settled(report: Problems): never {
  report.settle();
  throw new Error("no configuration and no problem either");
}

/**
 * Makes a configuration of environment variables alone: one LLM target, and a module for `/probe`.
 * @throws ConfigError naming every variable that is wrong
 */
export function loadConfigEnv(env: Environment, deps: ConfigDeps): Config {
  const findings = noFindings();
  const { root, problems, warnings } = environmentTree(env, kindsOf(deps));
  const report = createProblems("environment", root, findings);
  for (const { variable, got, want } of problems) report.problemAt({ variable }, [], got, want);
  const config = buildConfig(root, "environment", env, deps, findings, report);
  return { ...config, warnings: [...warnings, ...config.warnings] };
}

function buildConfig(
  root: Node,
  path: string,
  env: Environment,
  deps: ConfigDeps,
  findings: Findings,
  report: Problems,
): Config {
  const validator = validatorFor(deps);
  const resolvePath = resolverFor(path);
  const context: BuildContext = {
    probers: deps.probers,
    root,
    findings,
    report,
    validator,
    resolvePath,
    environment: env,
    metricNames: namesOf(deps.metrics),
  };
  const directing: SchemaObject = {
    ...configSchema,
    properties: { ...configSchema.properties, modules: modulesSchemaFor(root, deps.probers) },
  };
  const raw = convert(root, directing, {
    env,
    findings,
    unset: (at, variable) =>
      report.problem({
        path: at,
        got: `\${${variable}}, which is not set`,
        want: `the environment variable ${variable}`,
      }),
  });
  for (const complaint of validator.check(configSchema, raw)) {
    const [first, , key] = complaint.path;
    const aboutProber = first === "modules" && key === "prober";
    report.problem(aboutProber ? { ...complaint, want: alternatives(kindsOf(deps)) } : complaint);
  }

  const rawModules = childOf(raw, "modules");
  const pluginsMissing = checkPlugins(childOf(raw, "plugins"), deps.plugins, context);
  const modules = buildModules(isMap(rawModules) ? rawModules : {}, { ...context, pluginsMissing });
  const prices = report.isBroken(["prices"])
    ? undefined
    : pricesOf(childOf(raw, "prices") as RawConfig["prices"]);
  if (prices !== undefined) for (const module of modules.values()) checkModulePrice(module, prices, context);
  const rawTargets = childOf(raw, "targets");
  const names = isMap(rawModules) ? Object.keys(rawModules) : [];
  const targets = buildTargets(Array.isArray(rawTargets) ? rawTargets : [], modules, names, prices, context);
  const push = buildHeartbeats(raw, context);
  if (rawModules === undefined && !push.configured && isMap(raw)) {
    report.problem({ path: ["modules"], got: "nothing", want: "a map" });
  }
  const groups = buildGroups(
    raw,
    targets,
    { targets: namesIn(rawTargets), heartbeats: push.heartbeats },
    context,
  );
  const subjects = [rawTargets, childOf(raw, "groups"), childOf(raw, "heartbeats")].flatMap(namesIn);
  const webhooks = buildWebhooks(
    childOf(raw, "webhooks"),
    // Heartbeats that register themselves may have any name.
    { has: (name) => subjects.includes(name) || push.registration !== undefined, known: subjects },
    context,
  );
  const health = healthGroup(raw, groups, targets, context);
  const tokenPath = ["control", "token_file"];
  const tokenFile = childOf(childOf(raw, "control"), "token_file");
  const usable = typeof tokenFile === "string" && !report.isBroken(tokenPath);
  const token = usable ? secretFile(resolvePath(tokenFile), tokenPath, report) : undefined;
  const lease = buildLease(childOf(raw, "lease"), context);
  const notify = buildNotify(raw, targets, context);
  report.settle();

  const { limits, context_api: api, storage } = raw as RawConfig;
  return {
    modules,
    targets,
    groups,
    health: health === undefined ? {} : { group: health },
    prices: prices ?? new Map(),
    push,
    ...notify,
    limits: {
      maxConcurrentProbes: limits?.max_concurrent_probes ?? 500,
      maxConcurrentProbesPerHost: limits?.max_concurrent_probes_per_host,
    },
    control: token === undefined ? {} : { token },
    ...defined({ lease }),
    webhooks,
    storage: storageOf(storage, resolvePath),
    contextApi: { enabled: api?.enabled ?? true, metricsEnabled: api?.metrics_enabled ?? true },
    redacted: redactedYaml(root, findings.secrets),
    warnings: report.warnings(),
  };
}

const kindsOf = ({ probers }: ConfigDeps): readonly string[] => probers.map(({ kind }) => kind);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const validators = new WeakMap<ConfigDeps, Validator>();

/** One per `deps`, because compiling schemas is what takes the time of a reload. */
function validatorFor(deps: ConfigDeps): Validator {
  const known = validators.get(deps);
  if (known !== undefined) return known;
  const validator = createValidator({ ...OWN_FORMATS, ...deps.formats });
  validators.set(deps, validator);
  return validator;
}

/** What is wrong with a schema of a prober, if anything is: that it uses a keyword or a format that there is not, for example. */
export function schemaProblem(schema: object, deps: ConfigDeps): string | undefined {
  try {
    validatorFor(deps).check(schema, {});
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const OWN_FORMATS: Formats = {
  duration: (text) => parseDuration(text) !== undefined,
  positive_duration: (text) => (parseDuration(text) ?? 0) > 0,
  store_size: isStoreSize,
  module_name: (text) => text !== "",
  address: (text) => text !== "",
  heartbeat_kind: (text) => /^[a-z][a-z0-9_-]{0,31}$/i.test(text),
  target_name: isName,
  label_name: (text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text),
  header_name: (text) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text),
  header_value: (text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
  ...TIME_FORMATS,
};

/** What is done about alerts, and when nothing is. */
export interface NotifySetup {
  readonly relays: readonly Relay[];
  readonly actions: ActionSetup;
  readonly maintenance: readonly MaintenanceWindow[];
}

const PER_HOUR = 12;

/** Builds relays, actions and windows of maintenance, and reports what is wrong with them. */
export function buildNotify(raw: unknown, targets: readonly Target[], context: BuildContext): NotifySetup {
  const perHour = childOf(childOf(raw, "limits"), "actions_per_hour");
  const names = { targets: targets.map(({ name }) => name) };
  return {
    relays: buildRelays(childOf(raw, "relays"), context),
    actions: {
      actions: buildActions(childOf(raw, "actions"), context),
      perHour: typeof perHour === "number" ? perHour : PER_HOUR,
    },
    maintenance: buildMaintenance(childOf(raw, "maintenance"), names, context),
  };
}
