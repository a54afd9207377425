import { defined } from "../core/defined.ts";
import { firstGroups } from "../core/group.ts";
import { namesOf } from "../core/metric.ts";
import { complete, inSlices, type Steps } from "../core/steps.ts";
import type { Config, ConfigDeps, Sections } from "./config.ts";
import { type BuildContext, resolverFor } from "./context.ts";
import type { Environment } from "./document/convert.ts";
import { createRemarks, type Remark } from "./document/remarks.ts";
import { childOf, isMapValue } from "./document/tree.ts";
import { ignoredVariables, warnOfUnknownVariables } from "./env/env.ts";
import type { CheckedConfig } from "./loading/checked-config.ts";
import {
  type ConfigDocument,
  environmentConfig,
  parseConfig,
  redactedConfig,
  redactedEnvironment,
} from "./loading/config-document.ts";
import type { OpenDocument } from "./loading/open-document.ts";
import { buildActions } from "./sections/actions.ts";
import { buildAlertThresholds } from "./sections/alert-thresholds.ts";
import { checkModulePrice } from "./sections/budgets.ts";
import { buildComponents } from "./sections/components.ts";
import { buildContextApi } from "./sections/context-api.ts";
import { buildControl } from "./sections/control.ts";
import { checkDependencyCycles } from "./sections/dependencies.ts";
import { buildGroups } from "./sections/groups.ts";
import { buildHealth } from "./sections/health.ts";
import { buildHeartbeats } from "./sections/heartbeats.ts";
import { buildLease } from "./sections/lease.ts";
import { buildLimits } from "./sections/limits.ts";
import { buildMaintenance } from "./sections/maintenance.ts";
import { buildModules, warnOfCredentials } from "./sections/modules.ts";
import { buildNotify } from "./sections/notify/notify.ts";
import { buildPages } from "./sections/pages.ts";
import { checkPlugins } from "./sections/plugins.ts";
import { buildPrices } from "./sections/prices.ts";
import { buildRelays } from "./sections/relays.ts";
import { buildRoutes } from "./sections/routes.ts";
import { buildStorage } from "./sections/storage.ts";
import { buildTargets } from "./sections/targets.ts";
import { buildWeb } from "./sections/web.ts";
import { buildWebhooks } from "./sections/webhooks.ts";
import { type SettingName, settingOfEnvironment, settingOfFile } from "./setting-name.ts";
import { checkAcrossShards, ownSections } from "./shard.ts";

export type { Config } from "./config.ts";

/** The origin of a configuration: a file or a text with its name, or the environment alone. */
interface Origin {
  /** Relative paths start at the folder of this file. */
  readonly name: string;
  readonly env: Environment;
  /** True for the environment alone, of which no variable is ignored. */
  readonly environmentOnly: boolean;
}

/**
 * Loads a configuration from a document, in slices between which other work runs.
 * @param redacted returns the configuration as YAML without its secrets
 * @returns rejects with ConfigError with every problem
 */
export async function loadConfigDocument(
  document: OpenDocument,
  origin: Origin,
  redacted: Config["redacted"],
  deps: ConfigDeps,
): Promise<Config> {
  const checked = await document.check(deps.probers);
  const { sections, remarks, hints } = await inSlices(buildConfig(checked, origin, deps));
  const warnings = await document.conclude(remarks, hints);
  return { ...sections, redacted, settingName: settingNameOf(origin), warnings: [...hints, ...warnings] };
}

/**
 * Loads a configuration from YAML at once.
 * @param path the file that `text` is from: shown in problems, and relative paths start at its folder
 * @throws ConfigError with every problem
 */
export function loadConfigText(text: string, path: string, env: Environment, deps: ConfigDeps): Config {
  const source = { text, name: path, env };
  const origin = { name: path, env, environmentOnly: false };
  const redacted = async () => redactedConfig(source, deps.probers);
  return loadAtOnce(parseConfig(source, deps.formats), origin, redacted, deps);
}

/**
 * Loads a configuration from environment variables alone, at once: one LLM target, and a module for `/probe`.
 * @throws ConfigError with the problem of every variable
 */
export function loadConfigEnv(env: Environment, deps: ConfigDeps): Config {
  const kinds = deps.probers.map(({ kind }) => kind);
  const origin = { name: "environment", env, environmentOnly: true };
  const redacted = async () => redactedEnvironment(env, deps.probers);
  return loadAtOnce(environmentConfig(env, kinds, deps.formats), origin, redacted, deps);
}

function loadAtOnce(
  document: ConfigDocument,
  origin: Origin,
  redacted: Config["redacted"],
  deps: ConfigDeps,
): Config {
  const checked = document.check(deps.probers);
  const { sections, remarks, hints } = complete(buildConfig(checked, origin, deps));
  const warnings = document.conclude(remarks, hints);
  return { ...sections, redacted, settingName: settingNameOf(origin), warnings: [...hints, ...warnings] };
}

const settingNameOf = ({ environmentOnly }: Origin): SettingName =>
  environmentOnly ? settingOfEnvironment : settingOfFile;

/** A configuration whose problems and warnings are still to be placed. */
interface BuiltConfig {
  readonly sections: Sections & Pick<Config, "sharding">;
  readonly remarks: readonly Remark[];
  /** Unknown variables, which may explain problems. */
  readonly hints: readonly string[];
}

function* buildConfig(
  checked: CheckedConfig,
  { name, env, environmentOnly }: Origin,
  deps: ConfigDeps,
): Steps<BuiltConfig> {
  const { raw, leftEmpty, moduleSources, variables, broken } = checked;
  const problems = createRemarks(broken);
  const all = yield* buildSections(
    {
      probers: deps.probers,
      raw,
      leftEmpty,
      moduleSources,
      problems,
      resolvePath: resolverFor(name),
      environment: env,
      metricNames: namesOf(deps.metrics),
    },
    deps,
  );
  const totalShards = deps.shard?.total ?? deps.totalShards;
  if (totalShards !== undefined) checkAcrossShards(all, totalShards, problems);
  const sections = deps.shard === undefined ? all : ownSections(all, deps.shard);
  const ignored = environmentOnly ? [] : ignoredVariables(env, variables);
  if (ignored.length > 0)
    problems.warn([], `the file is used, so these variables are ignored: ${ignored.join(", ")}`);
  return { sections, remarks: problems.all(), hints: warnOfUnknownVariables(env, variables) };
}

/** Builds every section. Problems are collected, so parts of the result are missing if there are any. */
function* buildSections(context: BuildContext, { plugins }: ConfigDeps): Steps<Sections> {
  const pluginsMissing = checkPlugins(plugins, context);
  const { modules, offModules } = yield* buildModules(context, pluginsMissing);
  const prices = buildPrices(context);
  if (prices !== undefined) for (const module of modules.values()) checkModulePrice(module, prices, context);
  const targets = yield* buildTargets({ modules, offModules, prices }, context);
  const push = yield* buildHeartbeats(context);
  checkModulesPresent(push.configured, context);
  const web = buildWeb(context);
  if (web.probesAny) warnOfCredentials(modules, context);
  const groups = buildGroups(targets, push.heartbeats, context);
  const routes = buildRoutes({ targets, groups, prices: prices ?? new Map() }, context);
  checkDependencyCycles(context);
  const groupOf = firstGroups(groups);
  const inGroup = <Member extends { readonly name: string }>(member: Member) => ({
    ...member,
    ...defined({ group: groupOf.get(member.name) }),
  });
  yield;
  return {
    modules,
    offModules,
    targets: targets.map(inGroup),
    push: { ...push, heartbeats: push.heartbeats.map(inGroup) },
    groups,
    health: buildHealth(groups, targets, context),
    alertThresholds: buildAlertThresholds(context),
    pages: buildPages(groups, context),
    prices: prices ?? new Map(),
    routes,
    relays: buildRelays(context),
    actions: buildActions(context),
    maintenance: buildMaintenance(context),
    webhooks: buildWebhooks(push.registration !== undefined, context),
    notify: buildNotify({ targets, push, groups, routes }, context),
    limits: buildLimits(context),
    ...defined({ lease: buildLease(context) }),
    control: buildControl(context),
    components: buildComponents(context),
    storage: buildStorage(context),
    web,
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
