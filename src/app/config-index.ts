import type { Config } from "../config/config.ts";
import { defined } from "../core/defined.ts";
import { identityOf, type Target } from "../core/target.ts";
import type { RouteConfig } from "../server/route-context.ts";

/** The configuration in use, indexed for the routes and by the identity of targets. */
export interface IndexedConfig extends RouteConfig {
  readonly byIdentity: ReadonlyMap<string, Target>;
}

/** Holds the configuration in use. */
export interface ConfigIndex {
  readonly current: () => IndexedConfig;
  readonly replace: (config: Config) => void;
}

/** Indexes a configuration until another one replaces it. */
export function createConfigIndex(config: Config): ConfigIndex {
  let current = indexed(config);
  return {
    current: () => current,
    replace(next) {
      current = indexed(next);
    },
  };
}

function indexed({
  modules,
  targets,
  groups,
  health,
  control,
  components,
  contextApi,
  redacted,
  sharding,
}: Config): IndexedConfig {
  return {
    modules,
    targets: new Map(targets.map((target) => [target.name, target])),
    byIdentity: new Map(targets.map((target) => [identityOf(target), target])),
    groups: new Map(groups.map((group) => [group.name, group])),
    contextApi,
    redacted,
    ...defined({
      healthGroup: health.group,
      controlToken: control.token,
      componentsToken: components.token,
      sharding,
    }),
  };
}
