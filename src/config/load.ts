import { defined } from "../core/defined.ts";
import { namesOf } from "../core/metric.ts";
import type { Config, ConfigDeps, Sections } from "./config.ts";
import { type BuildContext, resolverFor } from "./context.ts";
import { type Environment, type Findings, newFindings } from "./document/convert.ts";
import { FORMATS } from "./document/formats.ts";
import { convertWithVariables, emptyFileError, openDocument } from "./document/open.ts";
import { createProblems, type Problems } from "./document/problems.ts";
import { redactedYaml } from "./document/redact.ts";
import { childOf, isMapValue, type Node } from "./document/tree.ts";
import { createValidator, type Validator } from "./document/validate.ts";
import { environmentTree, ignoredVariables, warnOfUnknownVariables } from "./env/env.ts";
import { variableAt } from "./env/variables.ts";
import { configSchema } from "./schema.ts";
import { buildActions } from "./sections/actions.ts";
import { checkModulePrice } from "./sections/budgets.ts";
import { buildComponents } from "./sections/components.ts";
import { buildContextApi } from "./sections/context-api.ts";
import { buildControl } from "./sections/control.ts";
import { buildGroups } from "./sections/groups.ts";
import { buildHealth } from "./sections/health.ts";
import { buildHeartbeats } from "./sections/heartbeats.ts";
import { buildLease } from "./sections/lease.ts";
import { buildLimits } from "./sections/limits.ts";
import { buildMaintenance } from "./sections/maintenance.ts";
import { buildModules, modulesSchemaFor, withKnownKinds } from "./sections/modules.ts";
import { checkPlugins } from "./sections/plugins.ts";
import { buildPrices } from "./sections/prices.ts";
import { buildRelays } from "./sections/relays.ts";
import { buildStorage } from "./sections/storage.ts";
import { buildTargets } from "./sections/targets.ts";
import { buildWebhooks } from "./sections/webhooks.ts";
import { ownSections } from "./shard.ts";

export type { Config } from "./config.ts";

/**
 * Loads a configuration from YAML.
 * @param path the file that `text` is from: shown in problems, and relative paths start at its folder
 * @throws ConfigError with every problem
 */
export function loadConfigText(text: string, path: string, env: Environment, deps: ConfigDeps): Config {
  const { root, findings, problems } = openDocument(text, path);
  if (root === undefined) {
    const example = "modules: { http_2xx: { prober: http } }";
    throw emptyFileError(path, `modules, heartbeats or another section, for example: ${example}`);
  }
  const config = buildConfig({ root, findings, problems, path, env }, deps);
  const ignored = ignoredVariables(env, findings.variables);
  if (ignored.length === 0) return config;
  problems.warn([], `the file is used, so these variables are ignored: ${ignored.join(", ")}`);
  return { ...config, warnings: [...new Set([...config.warnings, ...problems.warnings()])] };
}

/**
 * Loads a configuration from environment variables alone: one LLM target, and a module for `/probe`.
 * @throws ConfigError with the problem of every variable
 */
export function loadConfigEnv(env: Environment, deps: ConfigDeps): Config {
  const kinds = deps.probers.map(({ kind }) => kind);
  const { root, problems: mistakes } = environmentTree(env, kinds);
  const findings = newFindings();
  const problems = createProblems("environment", root, findings, variableAt);
  for (const { variable, got, want } of mistakes) problems.addAt({ variable }, [], got, want);
  return buildConfig({ root, findings, problems, path: "environment", env }, deps);
}

/** A configuration as a tree, from a file or from the environment. */
interface ConfigTree {
  readonly root: Node;
  readonly findings: Findings;
  readonly problems: Problems;
  readonly path: string;
  readonly env: Environment;
}

function buildConfig(tree: ConfigTree, deps: ConfigDeps): Config {
  const { root, findings, problems, path, env } = tree;
  const { probers } = deps;
  const validator = validatorFor(deps);
  const schemaForConversion = {
    ...configSchema,
    properties: { ...configSchema.properties, modules: modulesSchemaFor(root, probers) },
  };
  const raw = convertWithVariables(root, schemaForConversion, env, tree);
  for (const problem of validator.check(configSchema, raw)) problems.add(withKnownKinds(problem, probers));
  const resolvePath = resolverFor(path);
  const metricNames = namesOf(deps.metrics);
  const context = {
    probers,
    root,
    raw,
    findings,
    problems,
    validator,
    resolvePath,
    environment: env,
    metricNames,
  };
  const all = buildSections(context, deps);
  const sections = deps.shard === undefined ? all : ownSections(all, deps.shard, problems);
  const unknown = warnOfUnknownVariables(env, findings.variables);
  problems.throwIfAny(unknown);
  const warnings = [...unknown, ...problems.warnings()];
  return { ...sections, redacted: redactedYaml(root, findings.secrets), warnings };
}

/** Builds every section. Problems are collected, so parts of the result are missing if there are any. */
function buildSections(context: BuildContext, { plugins }: ConfigDeps): Sections {
  const pluginsMissing = checkPlugins(plugins, context);
  const modules = buildModules(context, pluginsMissing);
  const prices = buildPrices(context);
  if (prices !== undefined) for (const module of modules.values()) checkModulePrice(module, prices, context);
  const targets = buildTargets(modules, prices, context);
  const push = buildHeartbeats(context);
  checkModulesPresent(push.configured, context);
  const groups = buildGroups(targets, push.heartbeats, context);
  return {
    modules,
    targets,
    push,
    groups,
    health: buildHealth(groups, targets, context),
    prices: prices ?? new Map(),
    relays: buildRelays(context),
    actions: buildActions(context),
    maintenance: buildMaintenance(context),
    webhooks: buildWebhooks(push.registration !== undefined, context),
    limits: buildLimits(context),
    ...defined({ lease: buildLease(context) }),
    control: buildControl(context),
    components: buildComponents(context),
    storage: buildStorage(context),
    contextApi: buildContextApi(context),
  };
}

/** Sections with which the exporter has work to do without a module. */
const WITHOUT_MODULES = [
  "heartbeats",
  "heartbeat_registration",
  "groups",
  "relays",
  "actions",
  "control",
  "plugins",
];

/** Reports that there are no modules if targets need some, or if the file describes nothing else to do. */
function checkModulesPresent(expectsPings: boolean, { raw, problems }: BuildContext): void {
  if (!isMapValue(raw) || childOf(raw, "modules") !== undefined) return;
  const isUsed = (section: string): boolean => {
    const value = childOf(raw, section);
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  };
  if (!isUsed("targets") && (expectsPings || WITHOUT_MODULES.some(isUsed))) return;
  problems.add({ path: ["modules"], got: "nothing", want: "a map" });
}

const validators = new WeakMap<ConfigDeps, Validator>();

/** Returns one validator per `deps`, because compiling schemas takes most of the time of a reload. */
function validatorFor(deps: ConfigDeps): Validator {
  const known = validators.get(deps);
  if (known !== undefined) return known;
  const validator = createValidator({ ...FORMATS, ...deps.formats });
  validators.set(deps, validator);
  return validator;
}

/** Returns why a prober's schema cannot be used, for example because of an unknown keyword or format. */
export function schemaProblem(schema: object, deps: ConfigDeps): string | undefined {
  try {
    validatorFor(deps).check(schema, {});
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
