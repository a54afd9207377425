import type { Config } from "../config/config.ts";
import type { AlertThresholds } from "../core/alert-thresholds.ts";
import { defined } from "../core/defined.ts";
import type { Steps } from "../core/steps.ts";
import { identityOf, type Target } from "../core/target.ts";
import { allowsHost } from "../probers/address-policy.ts";
import { indexByAddress } from "../server/probe-query.ts";
import type { RouteConfig } from "../server/route-context.ts";

/** The configuration in use, indexed for the routes and by the identity of targets. */
export interface IndexedConfig extends RouteConfig {
  readonly byIdentity: ReadonlyMap<string, Target>;
  readonly alertThresholds: AlertThresholds;
}

/** Holds the configuration in use. */
export interface ConfigIndex {
  readonly current: () => IndexedConfig;
  readonly replace: (next: IndexedConfig) => void;
}

/** Holds a configuration until another one replaces it. */
export function createConfigIndex(first: IndexedConfig): ConfigIndex {
  let current = first;
  return {
    current: () => current,
    replace(next) {
      current = next;
    },
  };
}

/** Indexes a configuration. */
export function* indexConfig({
  modules,
  offModules,
  targets,
  groups,
  health,
  pages,
  web,
  lease,
  control,
  components,
  contextApi,
  redacted,
  settingName,
  sharding,
  storage,
  alertThresholds,
}: Config): Steps<IndexedConfig> {
  const byName = new Map<string, Target>();
  const byIdentity = new Map<string, Target>();
  for (const target of targets) {
    byName.set(target.name, target);
    byIdentity.set(identityOf(target), target);
    yield;
  }
  return {
    modules,
    offModules,
    targets: byName,
    targetsAt: yield* indexByAddress(targets),
    namesHost: ({ allowedTargets }, hostname) => allowsHost(allowedTargets, hostname),
    byIdentity,
    alertThresholds,
    groups: new Map(groups.map((group) => [group.name, group])),
    pages,
    web: {
      ...web,
      ...defined({
        advertisedHost: lease?.advertiseUrl === undefined ? undefined : new URL(lease.advertiseUrl).hostname,
      }),
    },
    contextApi,
    durability: storage.durability,
    redacted,
    settingName,
    reloadAccess: control.reload,
    ...defined({
      healthGroup: health.group,
      controlToken: control.token,
      componentsToken: components.token,
      sharding,
    }),
  };
}
