import type { AuthFailures } from "../core/auth-failures.ts";
import { defined } from "../core/defined.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "../engine/engine.ts";
import { createProcessStats, type ProbeRates } from "../engine/process-stats.ts";
import type { RecentProbes } from "../engine/recent-probes.ts";
import type { Scheduler } from "../engine/schedule.ts";
import type { Feed } from "../events/feed.ts";
import type { Driver } from "../failover/driver.ts";
import type { Election } from "../leadership/election.ts";
import { readNotification } from "../notify/notification.ts";
import type { ProbedHeartbeat, RouteContext } from "../server/route-context.ts";
import { conditionOf } from "./condition.ts";
import { forcedEvent } from "./history-entries.ts";
import { createMetricsText, type MeasuredParts } from "./metrics-text.ts";
import { createReporting } from "./reporting.ts";

/** The parts of the exporter that routes read or command. */
export interface RoutedParts extends MeasuredParts {
  readonly log: Log;
  readonly authFailures: AuthFailures;
  readonly history: History;
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly rates: ProbeRates;
  readonly recentProbes: RecentProbes;
  readonly driver: Driver;
  readonly election: Election;
  readonly events: Feed;
  readonly names: { has(name: string): boolean };
  readonly ready: () => boolean;
  readonly blockedBy: BlockedBy;
  readonly probedHeartbeats: () => readonly ProbedHeartbeat[];
}

/** Settings of the exporter that routes need. */
export type RouteSettings = Pick<
  RouteContext,
  "version" | "externalUrl" | "routePrefix" | "shardUrl" | "reload"
>;

/** Builds what the routes are given. */
export function createRouteContext(
  parts: RoutedParts,
  { version, externalUrl, routePrefix, shardUrl, reload }: RouteSettings,
): RouteContext {
  const { clock, log, history, index, ask, state, driver, election, alerting } = parts;
  return {
    version,
    ...defined({ externalUrl, shardUrl }),
    routePrefix,
    reload,
    ...createReporting({ clock, history, targets: () => index.current().targets.values(), state, ask }),
    clock,
    log,
    authFailures: parts.authFailures,
    config: index.current,
    ready: parts.ready,
    leader: () => election.leads(),
    otherLeader: () => election.leader(),
    processStats: createProcessStats(clock, parts.engine, parts.scheduler, parts.rates),
    ask,
    recentProbes: parts.recentProbes,
    metrics: createMetricsText(parts),
    condition: (target) => conditionOf(parts, target),
    tiers: (target) => parts.tiers.outcomes(target),
    command(target, command) {
      const forced = forcedEvent(target, command, clock.now());
      if (forced !== undefined) history.record(forced);
      return driver.command(target, command);
    },
    events: parts.events,
    names: parts.names,
    health: parts.health,
    components: parts.components,
    pushes: parts.pushes,
    probedHeartbeats: parts.probedHeartbeats,
    readNotification,
    relays: alerting.relays,
    actions: alerting.actions,
    maintenance: parts.maintenance,
    blockedBy: parts.blockedBy,
  };
}
