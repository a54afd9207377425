import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import { type AuthFailures, createAuthFailures } from "../core/auth-failures.ts";
import type { Clock } from "../core/clock.ts";
import { createCount } from "../core/count.ts";
import { defined } from "../core/defined.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import { createPresence } from "../core/presence.ts";
import { createRefusals } from "../core/refusals.ts";
import type { Result } from "../core/result.ts";
import { redactAddress } from "../core/secret.ts";
import { complete, inSlices } from "../core/steps.ts";
import type { Target } from "../core/target.ts";
import { truncate } from "../core/truncate.ts";
import type { Seconds } from "../core/units.ts";
import { createAsker } from "../engine/ask.ts";
import { createEngine } from "../engine/engine.ts";
import type { ProbeRequest } from "../engine/probe-request.ts";
import { createProbeRates } from "../engine/process-stats.ts";
import { createRecentProbes } from "../engine/recent-probes.ts";
import { createScheduler } from "../engine/schedule.ts";
import { createTiers } from "../engine/tiers.ts";
import { createConditions } from "../events/conditions.ts";
import { createFeed } from "../events/feed.ts";
import { createDriver, isLed } from "../failover/driver.ts";
import { type FailoverState, initialState } from "../failover/machine.ts";
import { hangingOperations } from "../files/files.ts";
import { createAnnouncer } from "../heartbeats/announce.ts";
import type { PushEffect } from "../heartbeats/push-state.ts";
import { createRegister } from "../heartbeats/register.ts";
import type { PushView } from "../heartbeats/view.ts";
import { createElection } from "../leadership/election.ts";
import { createMaintenance } from "../maintenance/maintenance.ts";
import type { ReloadStatus } from "../metrics/reload-status.ts";
import { createSelf } from "../metrics/self.ts";
import { createTotals } from "../metrics/totals.ts";
import { createLedger } from "../money/ledger.ts";
import { createTreasury } from "../money/treasury.ts";
import { createWebhooks } from "../notify/webhooks/webhooks.ts";
import { openLeases } from "../probers/kubernetes-lease/api.ts";
import { openNetwork } from "../probers/network/network.ts";
import { createApp } from "../server/app.ts";
import type { GuessLimit } from "../server/guess-limit.ts";
import { createOwnCredentials } from "../server/own-credentials.ts";
import type { ProbedHeartbeat } from "../server/route-context.ts";
import type { StoreStatus } from "../store/file.ts";
import { createAlerting } from "./alerting.ts";
import { applyConfig, createModulesInUse } from "./apply-config.ts";
import { withBlockedBy } from "./blocked-events.ts";
import { createBudgets } from "./budgets.ts";
import { createConfigIndex, indexConfig } from "./config-index.ts";
import { createDependencies } from "./dependencies.ts";
import { failoverRecorder, pushRecorder } from "./effects.ts";
import { logGap, probedBeats } from "./gaps.ts";
import { lateCallback } from "./late-callback.ts";
import type { ProbeLog } from "./log-probe.ts";
import { logTier } from "./log-tier.ts";
import { createNotifying } from "./notifying.ts";
import { observeHeartbeats } from "./page/observe-heartbeats.ts";
import { createHeldHandler, createResultHandler } from "./results.ts";
import { createRouteContext, type RouteSettings } from "./route-context.ts";
import { createRouting } from "./routing.ts";
import { createWatching } from "./watching.ts";
import { webhookBodies } from "./webhook-bodies.ts";

/** Settings and services of an exporter. */
export interface ExporterOptions extends RouteSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** Without it, probes are logged in `log` at debug. */
  readonly probeLog?: ProbeLog;
  /** The URL of the exporter for links in alerts, without a slash at its end. */
  readonly url: string;
  readonly config: Config;
  /** State that survives restarts. */
  readonly memory: Memory;
  /** Past results and events. */
  readonly history: History;
  /** Status of the store; absent without one. */
  readonly store?: () => StoreStatus;
  /** Number of recent probes kept for people to look at, and as many failed ones. */
  readonly historyLimit: number;
  /** Part of a scrape's timeout reserved for the response. */
  readonly timeoutOffset: Seconds;
  readonly reloadStatus: () => ReloadStatus;
  /** True to show the metrics that blackbox_exporter has about itself. */
  readonly blackboxMetrics?: boolean;
}

/** A running exporter, without the server that it listens on. */
export interface Exporter {
  readonly listener: RequestListener;
  /** Reports whether the listener itself authenticates a request, by a token or password of its route. */
  readonly hasOwnCredentials: (request: IncomingMessage) => boolean;
  readonly authFailures: AuthFailures;
  /** Limits guesses of the control token. */
  readonly controlTokens: GuessLimit;
  /** Applies a new configuration. What it does not change goes on undisturbed. Calls must not overlap. */
  apply(config: Config): Promise<void>;
  /** Aborts all probes, answers the requests that wait for them, and stops every part. */
  stop(): Promise<void>;
  /** Stores the report of a component, as its route does. Returns an error text if it is invalid. */
  readonly report: (component: string, report: unknown) => string | undefined;
}

/** Runs a probe whose result goes through the stages of all results. It rejects only at shutdown. */
const inBackground = (probe: Promise<void>): void => void probe.catch(() => {});

/** Reports whether the exporter's own schedule, rather than a scrape, sends prompts to the target. */
const isPromptedOnSchedule = ({ module, schedule }: Target): boolean =>
  module.prober.costly && schedule === "interval";

/**
 * Builds the parts of the exporter in the order in which they depend on each other: probes, targets, heartbeats, groups,
 * alerts, events, routes.
 */
export function createExporter(options: ExporterOptions): Exporter {
  const { clock, log, memory, store, config } = options;
  // Events name the dependency that is down, and its state comes from the parts that record them.
  const blockedBy = lateCallback<Parameters<BlockedBy>, string | undefined>("blockedBy");
  const history = withBlockedBy(options.history, blockedBy.call);
  const index = createConfigIndex(complete(indexConfig(config)));
  const targetNamed = (name: string): Target | undefined => index.current().targets.get(name);
  const targets = (): readonly Target[] => [...index.current().targets.values()];
  const presence = createPresence(clock);
  presence.onGap((gap) => logGap(log, gap));

  // Probes. Three callbacks come late: results and held probes go to parts that depend on the engine, and a new leader probes by it.
  const ledger = createLedger(memory.namespace("money/ledger"), () =>
    log.warn(
      {},
      "the stored spending of a budget cannot be read and is left out, so that its window begins again",
    ),
  );
  const treasury = createTreasury(ledger, config.prices);
  const conditions = createConditions({
    now: () => clock.now(),
    store: memory.namespace("conditions"),
    record: (event) => void history.record(event),
  });
  const budgets = createBudgets({
    clock,
    log,
    index,
    treasury,
    onSkip: (target, skip) => conditions.budget(target, skip),
  });
  const onLead = lateCallback<[]>("onLead");
  const onConditionChange = lateCallback<[]>("onConditionChange");
  const tell = lateCallback<[], string>("tell");
  const learn = lateCallback<[string | undefined]>("learn");
  const election = createElection({
    clock,
    log,
    open: openLeases,
    random: Math.random,
    onLead: onLead.call,
    onLeaderChange: onConditionChange.call,
    knowledge: { tell: tell.call, learn: learn.call },
  });
  const onResult = lateCallback<[ProbeRequest, Result]>("onResult");
  const onHeld = lateCallback<[ProbeRequest, Result]>("onHeld");
  const engine = createEngine({
    clock,
    memory,
    limits: config.limits,
    network: openNetwork,
    skips(request) {
      const leaderOnly = request.module.prober.costly || request.tier === true;
      return (leaderOnly ? election.skip() : undefined) ?? budgets.skip(request);
    },
    onResult: onResult.call,
    onHeld: onHeld.call,
    onBug(module, { address }, error) {
      const fields = { module: module.name, target: redactAddress(address), err: error };
      log.error(fields, "a prober failed, which is a bug of the exporter");
    },
  });
  const ask = createAsker(engine, clock, options.timeoutOffset);
  const probe = (target: Target): void => inBackground(ask.scheduled(target));
  const scheduler = createScheduler(clock, probe, (target) => ask.firstDelay(target));
  const tiers = createTiers(engine, clock, (check) => {
    logTier(log, check);
    const { target, tier, outcome, previous } = check;
    if (tier.trigger && previous?.ok === true && !outcome.ok) inBackground(ask.early(target));
  });

  // Targets.
  const rates = createProbeRates(clock);
  const recentProbes = createRecentProbes(options.historyLimit);
  const totals = createTotals(memory.namespace("metrics/totals"), clock);
  const recordFailover = failoverRecorder(log, history);
  const driver = createDriver(
    clock,
    (target, effect, state) => {
      recordFailover(target, effect, state);
      // The next leader finds out by itself that a target is well.
      const isNews = effect.kind !== "health" || effect.from !== "unknown" || effect.to !== "healthy";
      if (isNews && isLed(target)) election.share();
    },
    memory.namespace("failover"),
    presence,
    () => election.leads() === false,
    ({ name }) =>
      log.warn({ target: name }, "the stored mode and streaks of a target cannot be read and are left out"),
  );
  tell.set(() => driver.tell());
  learn.set((knowledge) => {
    driver.learn(knowledge);
    onConditionChange.call();
  });
  const state = (target: Target): FailoverState => driver.state(target.name) ?? initialState(clock.now());

  // Heartbeats. Their callback comes late: alerting announces their effects, and depends on them.
  const announcer = createAnnouncer(log, clock);
  const onPushEffect = lateCallback<[PushView, PushEffect]>("onPushEffect");
  const pushes = createRegister({ clock, presence, log, memory, onEffect: onPushEffect.call });
  const maintenance = createMaintenance(
    clock,
    memory.namespace("maintenance"),
    memory.namespace("maintenance-ended"),
    (name, end) => pushes.firstChance(name, end),
    (id) => log.warn({ id: truncate(id, 128) }, "a stored maintenance window cannot be read and was deleted"),
  );
  const beatsOf = (target: Target): readonly ProbedHeartbeat[] =>
    probedBeats(target, ask.latest(target)?.result, presence);
  const probedHeartbeats = (): readonly ProbedHeartbeat[] => targets().flatMap(beatsOf);

  // Groups and components, and the watch over the status of everything.
  const { watch, standings, statuses, ...groups } = createWatching({
    clock,
    presence,
    log,
    memory,
    history,
    index,
    ask,
    state,
    pushes,
    onStale: onConditionChange.call,
    blockedBy: blockedBy.call,
  });
  const dependencies = createDependencies({
    clock,
    memory,
    history,
    index,
    ask,
    state,
    pushes,
    health: groups.health,
    maintenance,
  });
  blockedBy.set((kind, name) => dependencies.blockedBy(kind, name));

  // Routes, which choose by all of these.
  const routes = createRouting({
    clock,
    log,
    memory,
    history,
    presence,
    index,
    ask,
    state,
    election,
    health: groups.health,
  });

  // Alerts.
  const alerting = createAlerting({
    clock,
    log,
    memory,
    maintenance,
    presence,
    ask,
    target: targetNamed,
    push: (name) => pushes.find(name),
    probedHeartbeat: (name) => probedHeartbeats().find(({ beat }) => beat.heartbeat === name),
    announce: pushRecorder(announcer, history, clock),
  });
  onPushEffect.set((push, effect) => alerting.announce(push, effect));

  // Events.
  const policyOf = (name: string) => targetNamed(name)?.failover;
  const events = createFeed(history, log, policyOf);
  onConditionChange.set(() => events.refresh());
  const webhooks = createWebhooks({
    clock,
    log,
    memory,
    history: dependencies.notices,
    random: Math.random,
    bodyOf: webhookBodies(pushes, policyOf),
    sends: () => election.delivers(),
  });

  onLead.set(() => {
    // Without a leader these targets were not probed, so a new leader does not wait for their schedule.
    targets().filter(isPromptedOnSchedule).forEach(probe);
    webhooks.takeOver();
  });

  const notifier = createNotifying({
    clock,
    log,
    memory,
    history,
    ...defined({ externalUrl: options.externalUrl }),
    index,
    ask,
    state,
    pushes,
    ...groups,
    maintenance,
    routes,
    blockedBy: (kind, name) => dependencies.blocker(kind, name)?.name,
    leads: () => election.delivers(),
  });

  const authFailures = createAuthFailures(clock, log);
  const refusals = createRefusals(clock, log);
  const unknownModules = createCount();
  const self = createSelf({
    version: options.version,
    authFailures: () => authFailures.counts(),
    refusals: () => refusals.counts(),
    reload: options.reloadStatus,
    leads: () => election.leads(),
    absence: () => presence.absence(),
    stalled: () => clock.stalled(),
    hangingFileOperations: hangingOperations,
    probes: () => engine.counts(),
    eventStreams: () => events.streams(),
    webhooks: () => webhooks.counts(),
    channels: () => notifier.list(),
    ...defined({ shard: config.sharding?.shard }),
    ...(options.blackboxMetrics === true ? { unknownModules: () => unknownModules.value() } : {}),
    ...(store === undefined ? {} : { store: () => ({ ...store(), downFor: memory.downFor }) }),
  });

  // Results, configuration, routes.
  let stopping = false;
  const modules = createModulesInUse();
  const parts = {
    url: options.url,
    identity: `${hostname()}_${randomUUID().slice(0, 8)}`,
    ready: () => !stopping,
    clock,
    log,
    probeLog: options.probeLog ?? { log, failures: "debug" as const },
    authFailures,
    refusals,
    history,
    index,
    modules,
    ledger,
    treasury,
    budgets,
    election,
    engine,
    ask,
    scheduler,
    tiers,
    presence,
    rates,
    recentProbes,
    unknownModules,
    totals,
    maintenance,
    driver,
    state,
    announcer,
    pushes,
    beatsOf,
    probedHeartbeats,
    ...groups,
    watch,
    standings,
    routes,
    statuses,
    memory,
    dependencies,
    blockedBy: blockedBy.call,
    alerting,
    events,
    webhooks,
    notifier,
    conditions,
    self,
  };
  onResult.set(createResultHandler(parts));
  onHeld.set(createHeldHandler(parts));
  complete(applyConfig(parts, config));
  watch.start();
  const stopObserving = observeHeartbeats(parts);

  const routeContext = createRouteContext(parts, options);
  return {
    listener: createApp(routeContext),
    hasOwnCredentials: createOwnCredentials(routeContext),
    authFailures,
    controlTokens: routeContext.limits.controlTokens,
    async apply(next) {
      await inSlices(applyConfig(parts, next));
      history.record({ kind: "reload", at: clock.now(), subject: "", to: "success" });
    },
    report(name, report) {
      const component = groups.components.report(name, report);
      return "refused" in component ? component.refused : undefined;
    },
    async stop() {
      stopping = true;
      stopObserving();
      for (const part of [scheduler, tiers, driver, pushes, watch, routes, dependencies, presence, self])
        part.stop();
      events.close();
      // Prompts in flight end before the lease is released, so that no other replica sends prompts beside them.
      await Promise.all([engine.shutdown(), webhooks.stop(), notifier.stop(), alerting.stop()]);
      await election.stop();
      modules.replace(new Set());
    },
  };
}
