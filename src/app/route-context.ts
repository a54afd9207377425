import type { AuthFailures } from "../core/auth-failures.ts";
import { createControlAudit } from "../core/control-audit.ts";
import type { Count } from "../core/count.ts";
import { defined } from "../core/defined.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Refusals } from "../core/refusals.ts";
import type { Target } from "../core/target.ts";
import type { Engine } from "../engine/engine.ts";
import { createProcessStats, type ProbeRates } from "../engine/process-stats.ts";
import type { RecentProbes } from "../engine/recent-probes.ts";
import type { Scheduler } from "../engine/schedule.ts";
import type { Feed } from "../events/feed.ts";
import type { Driver } from "../failover/driver.ts";
import type { Election } from "../leadership/election.ts";
import type { Notifier } from "../notify/notices/notifier.ts";
import { readNotification } from "../notify/notification.ts";
import { createPageHtml } from "../page/html.ts";
import { createRequestLimits } from "../server/request-limits.ts";
import type { ProbedHeartbeat, RouteContext, TargetCondition } from "../server/route-context.ts";
import { conditionOf } from "./condition.ts";
import { forcedEvent } from "./history-entries.ts";
import { createMetricsText, type MeasuredParts } from "./metrics-text.ts";
import type { ShownParts } from "./page/parts.ts";
import { createExporterPage } from "./page/source.ts";
import { createReporting } from "./reporting.ts";
import { openRunbooks } from "./runbooks.ts";

/** The parts of the exporter that routes read or command. */
export interface RoutedParts extends MeasuredParts, ShownParts {
  readonly log: Log;
  readonly authFailures: AuthFailures;
  readonly refusals: Refusals;
  readonly history: History;
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly rates: ProbeRates;
  readonly recentProbes: RecentProbes;
  readonly unknownModules: Count;
  readonly driver: Driver;
  readonly election: Election;
  readonly events: Feed;
  readonly notifier: Notifier;
  readonly names: { has(name: string): boolean };
  readonly ready: () => boolean;
  readonly blockedBy: BlockedBy;
  readonly probedHeartbeats: () => readonly ProbedHeartbeat[];
}

/** Settings of the exporter that routes need. */
export type RouteSettings = Pick<
  RouteContext,
  "version" | "externalUrl" | "routePrefix" | "shardUrl" | "showsPage" | "probesAny" | "reload"
>;

/** Builds what the routes are given. */
export function createRouteContext(
  parts: RoutedParts,
  { version, externalUrl, routePrefix, shardUrl, showsPage, probesAny, reload }: RouteSettings,
): RouteContext {
  const { clock, log, history, index, ask, state, driver, election, alerting } = parts;
  const condition = (target: Target): TargetCondition => conditionOf(parts, target);
  const page = createExporterPage(parts, { condition, otherLeader: () => election.leader() });
  return {
    version,
    ...defined({ externalUrl, shardUrl }),
    routePrefix,
    runbooks: openRunbooks(),
    showsPage,
    probesAny,
    reload,
    ...createReporting({
      clock,
      history,
      targets: () => index.current().targets.values(),
      state,
      ask,
      pushes: parts.pushes,
      probedHeartbeats: parts.probedHeartbeats,
      components: parts.components,
    }),
    clock,
    log,
    authFailures: parts.authFailures,
    refusals: parts.refusals,
    limits: createRequestLimits(clock),
    controlAudit: createControlAudit(parts.memory.namespace("control/audit"), () => page.changed()),
    config: index.current,
    ready: parts.ready,
    settle: () => parts.memory.settle(),
    leader: () => election.leads(),
    otherLeader: () => election.leader(),
    processStats: createProcessStats(clock, parts.engine, parts.scheduler, parts.rates),
    ask,
    recentProbes: parts.recentProbes,
    unknownModules: parts.unknownModules,
    metrics: createMetricsText(parts),
    condition,
    html: createPageHtml({ version, routePrefix, onMissingAssets: (text) => log.warn({}, text) }),
    page,
    tiers: (target) => parts.tiers.outcomes(target),
    command(target, command) {
      const forced = forcedEvent(target, command, clock.now());
      if (forced !== undefined) history.record(forced);
      return driver.command(target, command);
    },
    events: parts.events,
    names: { has: (name) => parts.names.has(name) || parts.routes.find(name) !== undefined },
    health: parts.health,
    components: parts.components,
    routes: parts.routes,
    pushes: parts.pushes,
    probedHeartbeats: parts.probedHeartbeats,
    readNotification,
    relays: alerting.relays,
    notifier: parts.notifier,
    actions: alerting.actions,
    maintenance: parts.maintenance,
    blockedBy: parts.blockedBy,
  };
}
