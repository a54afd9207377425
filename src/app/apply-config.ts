import type { Config } from "../config/config.ts";
import { priceOf } from "../core/money.ts";
import type { Steps } from "../core/steps.ts";
import type { Module, Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { Engine } from "../engine/engine.ts";
import type { Scheduler } from "../engine/schedule.ts";
import type { Tiers } from "../engine/tiers.ts";
import type { Conditions } from "../events/conditions.ts";
import type { Watch } from "../events/watch.ts";
import type { Driver } from "../failover/driver.ts";
import type { Announcer } from "../heartbeats/announce.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Election } from "../leadership/election.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import type { Totals } from "../metrics/totals.ts";
import type { Ledger } from "../money/ledger.ts";
import type { Treasury } from "../money/treasury.ts";
import type { Notifier } from "../notify/notices/notifier.ts";
import type { Webhooks } from "../notify/webhooks/webhooks.ts";
import { responseMemory } from "../probers/response-memory.ts";
import type { Routes } from "../routing/routes.ts";
import type { Alerting } from "./alerting.ts";
import { type ConfigIndex, type IndexedConfig, indexConfig } from "./config-index.ts";
import type { TargetStandings } from "./standings.ts";

/** The parts of the exporter that a configuration changes. */
export interface ConfigurableParts {
  /** Name of this replica in an election. */
  readonly identity: string;
  readonly index: ConfigIndex;
  readonly modules: ModulesInUse;
  readonly webhooks: Webhooks;
  readonly notifier: Notifier;
  readonly conditions: Conditions;
  readonly maintenance: Maintenance;
  readonly announcer: Announcer;
  readonly pushes: Register;
  readonly engine: Engine;
  readonly ask: Asker;
  readonly driver: Driver;
  readonly ledger: Ledger;
  readonly treasury: Treasury;
  readonly totals: Totals;
  readonly watch: Watch;
  readonly standings: TargetStandings;
  readonly scheduler: Scheduler;
  readonly tiers: Tiers;
  readonly election: Election;
  readonly alerting: Alerting;
  readonly routes: Routes;
}

/**
 * Applies a configuration, the first one or that of a reload: each part takes over what concerns it, in the order of
 * this function, and all of them in one step, so that no request sees a mixture. What does not change goes on undisturbed.
 */
export function* applyConfig(parts: ConfigurableParts, config: Config): Steps<void> {
  const next = yield* indexConfig(config);
  takeOver(parts, config, next);
  yield* parts.watch.retain(next.targets, next.groups);
  // Another threshold may mean another status. Targets that the step has added are compared already.
  for (const { name } of config.targets) {
    parts.watch.target(name);
    yield;
  }
}

function takeOver(parts: ConfigurableParts, config: Config, next: IndexedConfig): void {
  const { index, ledger, totals, watch } = parts;
  const { modules, targets, groups, prices, push, lease } = config;

  // Receivers first: every event from here on must find its webhook and its channels.
  parts.webhooks.configure(config.webhooks);
  parts.notifier.configure(config.notify);
  // Before heartbeats and targets, whose first notices and results must already find their windows.
  parts.maintenance.configure(config.maintenance, new Map(groups.map((group) => [group.name, group])));
  parts.announcer.setup(push);
  parts.pushes.configure(push);

  parts.modules.replace(new Set(modules.values()));
  const before = index.current().byIdentity;
  index.replace(next);
  const { byIdentity, targets: byName } = next;

  parts.engine.setLimits(config.limits);
  responseMemory.setTotal(config.limits.responseMemory);
  parts.engine.retain(byIdentity);
  parts.driver.setTargets(byName);
  ledger.retain(({ kind, name }) => (kind === "module" ? modules : byName).has(name));
  parts.treasury.setPrices(prices);
  totals.setTargets(targets, (target) => isPriced(target, prices));
  parts.conditions.retain(byName);
  parts.standings.retain(byIdentity);
  parts.routes.configure(config.routes);
  // Before their first result, which is then a change of status.
  for (const [identity, { name }] of byIdentity) if (!before.has(identity)) watch.target(name);

  // Last, the parts that start probes: the scheduler, the leader, and actions that a restart interrupted.
  parts.scheduler.setTargets(targets);
  parts.tiers.setTargets(targets);
  parts.election.apply(lease === undefined ? undefined : { identity: parts.identity, ...lease });
  parts.alerting.configure(config);
}

/** Reports whether the cost of a target's probes is known in advance. */
function isPriced(target: Target, prices: Config["prices"]): boolean {
  const { prober, options } = target.module;
  const expected = prober.expectedSpend?.(target, options);
  return expected !== undefined && priceOf(prices, expected.requestedModel) !== undefined;
}

/** The modules in use, each of which may hold resources, such as connections. */
export interface ModulesInUse {
  /** Disposes of the modules that are no longer in use. */
  replace(modules: ReadonlySet<Module>): void;
}

/** Starts without modules. */
export function createModulesInUse(): ModulesInUse {
  let inUse: ReadonlySet<Module> = new Set();
  return {
    replace(modules) {
      for (const module of inUse) if (!modules.has(module)) module.prober.dispose?.(module.options);
      inUse = modules;
    },
  };
}
