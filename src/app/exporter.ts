import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { hostname } from "node:os";
import { metrics } from "../catalogue/index.ts";
import type { Config } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { HeartbeatState } from "../core/heartbeat.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import { priceOf } from "../core/money.ts";
import type { Result, Skip } from "../core/result.ts";
import { redactAddress } from "../core/secret.ts";
import { targetStatus } from "../core/status.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import type { Seconds } from "../core/units.ts";
import { createAsker } from "../engine/ask.ts";
import { createEngine } from "../engine/engine.ts";
import { type ProbeRequest, requestFor } from "../engine/probe-request.ts";
import { createProbeRates, createProcessStats } from "../engine/process-stats.ts";
import { createRecentProbes } from "../engine/recent-probes.ts";
import { createScheduler } from "../engine/schedule.ts";
import { createTiers } from "../engine/tiers.ts";
import { createFeed } from "../events/feed.ts";
import { messageOf } from "../events/message.ts";
import { createWatch } from "../events/watch.ts";
import { createDriver } from "../failover/driver.ts";
import { type FailoverEffect, type FailoverState, initialState } from "../failover/machine.ts";
import { createComponents } from "../groups/components.ts";
import { createHealth } from "../groups/health.ts";
import { beatReading, targetReading } from "../groups/reading.ts";
import { createAnnouncer } from "../heartbeats/announce.ts";
import { createRegister } from "../heartbeats/register.ts";
import { createElection } from "../leadership/election.ts";
import { groupsText } from "../metrics/groups.ts";
import { heartbeatsText } from "../metrics/heartbeats.ts";
import { resultText, targetsText } from "../metrics/page.ts";
import { createSelf, type ReloadStatus } from "../metrics/self.ts";
import { createTotals } from "../metrics/totals.ts";
import { createLedger } from "../money/ledger.ts";
import { createTreasury, type Payer } from "../money/treasury.ts";
import { readNotification } from "../notify/notification.ts";
import { machineEvent } from "../notify/webhooks/lunasentri.ts";
import { createWebhooks } from "../notify/webhooks/webhooks.ts";
import { openLeases } from "../probers/kubernetes-lease/api.ts";
import { openNetwork } from "../probers/network/network.ts";
import { createApp } from "../server/app.ts";
import type { Current, ProbedHeartbeat } from "../server/deps.ts";
import type { StoreStatus } from "../store/file.ts";
import { createAlerting } from "./alerting.ts";
import { forcedEvent, heartbeatEvent, toHistoryEntry, toHistoryEvent } from "./history-entries.ts";
import { createReporting } from "./reporting.ts";

/** What an exporter is made of; all of it comes from `main`. */
export interface ExporterOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly config: Config;
  /** What is to survive a restart. */
  readonly memory: Memory;
  /** Results and events of the past. */
  readonly history: History;
  /** How the store is, if there is one. */
  readonly store?: () => StoreStatus;
  /** How many recent probes, and how many failed ones, are kept to be looked at. */
  readonly historyLimit: number;
  /** What is left of a scrape's timeout for the answer to travel. */
  readonly timeoutOffset: Seconds;
  /** Path under which all routes stand, empty or like `/heartbeat`. */
  readonly routePrefix: string;
  readonly externalUrl?: URL;
  /** Loads the configuration anew and calls `apply`; rejects with what is wrong with it. */
  readonly reload: () => Promise<void>;
  readonly reloadStatus: () => ReloadStatus;
}

export interface Exporter {
  readonly listener: RequestListener;
  /** Takes over a configuration; what it does not change goes on undisturbed. */
  apply(config: Config): void;
  /** Aborts all probes and answers those who wait for them; afterwards nothing runs any more. */
  stop(): Promise<void>;
  /** Takes the report of a component, as its route does; returns what is wrong with it. */
  readonly report: (component: string, report: unknown) => string | undefined;
}

/** Wires the parts: configuration -> targets -> engine -> result -> failover and totals -> routes. */
export function createExporter(options: ExporterOptions): Exporter {
  const { clock, log, memory, store } = options;
  let stopping = false;
  let current: Current & { readonly byIdentity: ReadonlyMap<string, Target> };

  const ledger = createLedger(memory.namespace("money/ledger"));
  const treasury = createTreasury(ledger, options.config.prices);
  const payer = ({ key, target, module }: ProbeRequest): Payer => {
    const configured = current.byIdentity.get(key);
    return { module, target, ...defined({ configured }) };
  };

  const engine = createEngine({
    clock,
    memory,
    metricNamed: (name) => metricsByName.get(name),
    limits: options.config.limits,
    network: openNetwork,
    skips(subject) {
      const following = subject.module.prober.costly || subject.tier === true ? election.skip() : undefined;
      if (following !== undefined) return following;
      const paying = payer(subject);
      const skip = treasury.refusal(paying, clock.now());
      if (skip !== undefined) announce(paying.configured?.name, subject.module.name, skip);
      return skip;
    },
    onResult(subject, result) {
      if (subject.tier === true) return;
      const { key, module } = subject;
      const { address } = subject.target;
      const { spent, endedAt } = result;
      const dollars = spent === undefined ? undefined : treasury.book(payer(subject), spent, endedAt);
      // A failed probe is no error of the exporter: whoever wants to see each one turns the level up.
      const { outcome, duration } = result;
      const target = current.byIdentity.get(key);
      const name = target?.name ?? redactAddress(address);
      log.debug({ target: name, module: module.name, duration, ...outcome }, "probe ended");
      rates.record(result);
      recent.add({ target: name, module, result });
      if (target === undefined) return;
      totals.observe(target, result, dollars);
      options.history.append(toHistoryEntry(target, result, dollars));
      if (alerting.isWorkedOn(target.name)) return;
      driver.record(target, result);
      watchTarget(target, result);
    },
    onBug: (module, { address }, error) => {
      log.error(
        { module: module.name, target: redactAddress(address), err: error },
        "a prober failed, which is a bug of the exporter",
      );
    },
  });
  const announce = announcer(log);
  const rates = createProbeRates(clock);
  const recent = createRecentProbes(options.historyLimit);
  const ask = createAsker(engine, clock, options.timeoutOffset);
  const driver = createDriver(
    clock,
    (target, effect) => {
      logEffect(log, target, effect);
      options.history.record(toHistoryEvent(target, effect));
    },
    memory.namespace("failover"),
  );
  const totals = createTotals(memory.namespace("metrics/totals"));
  const scheduler = createScheduler(
    clock,
    (target) => {
      // The one way to reject is the end of the exporter.
      ask.scheduled(target).catch(() => {});
    },
    (target) => ask.rest(target),
  );
  const tiers = createTiers(engine, clock, (target, tier, outcome) => {
    log.info({ target: target.name, tier: tier.name, ...outcome }, "tier changed");
    if (tier.trigger && !outcome.ok) ask.early(target).catch(() => {});
  });
  const announcement = createAnnouncer(log, clock);
  const pushes = createRegister({
    clock,
    log,
    memory,
    report: (push, effect) => alerting.announce(push, effect),
  });
  const election = createElection({
    clock,
    log,
    open: openLeases,
    random: Math.random,
    // Nobody knows how the targets are that were waiting for a leader: they need not wait for their turn as well.
    onLead: () => {
      for (const target of current.targets.values()) {
        if (target.module.prober.costly && target.schedule === "interval") {
          ask.scheduled(target).catch(() => {});
        }
      }
    },
  });
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const policyOf = (name: string) => current.targets.get(name)?.failover;
  const events = createFeed(options.history, log, policyOf);
  const watch = createWatch({
    clock,
    record: (event) => void options.history.record(event),
    groups: () => health.groups().map(({ group, status }) => [group.name, status] as const),
  });
  const watchTarget = (target: Target, latest: Result | undefined): void =>
    watch.target(target.name, targetStatus(target, state(target).health, latest), latest);
  const webhooks = createWebhooks({
    clock,
    log,
    memory,
    history: options.history,
    userAgent: `heartbeat-exporter/${options.version}`,
    random: Math.random,
    bodyOf(event, word) {
      if (word !== "machine.offline" && word !== "machine.online")
        return JSON.stringify(messageOf(event, policyOf));
      const push = pushes.find(event.subject);
      if (push === undefined) return undefined;
      return JSON.stringify(machineEvent(word, push.id, push.heartbeat, push.beat.lastSeen));
    },
  });
  const self = createSelf({
    leads: () => election.leads(),
    version: options.version,
    reload: options.reloadStatus,
    probes: () => engine.counts(),
    eventStreams: () => events.streams(),
    webhooks: () => webhooks.counts(),
    ...(store === undefined ? {} : { store: () => ({ ...store(), downFor: memory.downFor }) }),
  });

  const state = (target: Target): FailoverState => driver.state(target.name) ?? initialState(clock.now());

  const heartbeats = () => Array.from(pushes.list(), ({ heartbeat }) => heartbeat);
  const beat = (name: string): HeartbeatState | undefined => pushes.find(name)?.beat;
  const knowsName = (name: string): boolean =>
    current.targets.has(name) || current.groups.has(name) || pushes.has(name);
  const components = createComponents(memory.namespace("components"), clock, {
    isTaken: knowsName,
    groups: () => [...current.groups.keys()],
  });
  const health = createHealth({
    targets: () => [...current.targets.values()],
    groups: () => current.groups,
    heartbeats,
    target(name) {
      const target = current.targets.get(name);
      if (target === undefined) return undefined;
      return targetReading(target, state(target), ask.latest(target)?.result, clock.now());
    },
    heartbeat(name) {
      const known = beat(name);
      return known === undefined ? undefined : beatReading(known, clock.now());
    },
    components,
  });

  let modulesInUse: ReadonlySet<Module> = new Set();
  const useModules = (modules: ReadonlySet<Module>): void => {
    for (const module of modulesInUse) if (!modules.has(module)) module.prober.dispose?.(module.options);
    modulesInUse = modules;
  };

  const heardBeats = (): readonly ProbedHeartbeat[] =>
    [...current.targets.values()].flatMap((target) =>
      (ask.latest(target)?.result.beats ?? []).map((beat) => ({ target, beat })),
    );

  const alerting = createAlerting({
    ...options,
    ask,
    target: (name) => current.targets.get(name),
    push: (name) => pushes.find(name),
    heard: (name) => heardBeats().find(({ beat: { heartbeat } }) => heartbeat === name),
    announce(push, effect) {
      announcement.effect(push, effect);
      options.history.record(heartbeatEvent(push.heartbeat.name, effect, clock.now()));
    },
  });

  const apply = (config: Config): void => {
    const { modules, targets, groups, control, contextApi, redacted, prices, push, lease } = config;
    const groupsByName = new Map(groups.map((group) => [group.name, group]));
    // First, so that nothing that happens from here on is told to nobody.
    webhooks.configure(config.webhooks);
    alerting.configureMaintenance(config, groupsByName);
    announcement.setup(push);
    pushes.configure(push);
    useModules(new Set(modules.values()));
    current = {
      modules,
      targets: new Map(targets.map((target) => [target.name, target])),
      byIdentity: new Map(targets.map((target) => [identityOf(target), target])),
      groups: groupsByName,
      ...defined({ healthGroup: config.health.group }),
      contextApi,
      redacted,
      ...defined({ controlToken: control.token }),
    };
    engine.setLimits(config.limits);
    engine.retain(new Set(current.byIdentity.keys()));
    driver.setTargets(targets);
    const { modules: byModule, targets: byName } = current;
    ledger.retain(({ kind, name }) => (kind === "module" ? byModule : byName).has(name));
    treasury.setPrices(prices);
    totals.setTargets(targets, (target) => isPriced(target, prices));
    watch.retain(byName);
    for (const target of targets) watchTarget(target, ask.latest(target)?.result);
    scheduler.setTargets(targets);
    tiers.setTargets(targets);
    election.apply(lease === undefined ? undefined : { identity, ...lease });
    alerting.configure(config);
  };
  apply(options.config);
  watch.start();

  const listener = createApp({
    ...options,
    ...createReporting({
      clock,
      history: options.history,
      targets: () => current.targets.values(),
      state,
      ask,
    }),
    current: () => current,
    ask,
    state,
    command(target, command) {
      const forced = forcedEvent(target, command, clock.now());
      if (forced !== undefined) options.history.record(forced);
      return driver.command(target, command);
    },
    ready: () => !stopping,
    leads: () => election.leads(),
    events,
    knowsName,
    health,
    components,
    vitals: createProcessStats(clock, engine, scheduler, rates),
    pastProbes: () => recent.list(),
    pastProbe: (id) => recent.find(id),
    resultText,
    async targetsText(scrapeTimeout) {
      // All are asked side by side; one that does not answer in time is shown with its last result.
      const shown = [...current.targets.values()].map(async (target) => {
        const newest = await ask.targetOrLatest(target, scrapeTimeout);
        return {
          target,
          newest,
          state: state(target),
          tiers: tiers.wellness(target),
          skipped: ask.skip(target),
          remaining: treasury.remaining(payer(requestFor(target)), clock.now()),
        };
      });
      const targets = targetsText(await Promise.all(shown)) + (await totals.text());
      const maintained = alerting.targetsText(current.targets.values());
      return targets + maintained + groupsText(health.groups(), components.list(), components.status);
    },
    selfText: async () => alerting.selfText() + (await self.text()),
    pushes,
    heardBeats,
    heartbeatsText: () =>
      heartbeatsText({
        pushes: pushes.list(),
        heard: heardBeats(),
        now: clock.now(),
        inMaintenance: (name) => alerting.maintenance.covers({ kind: "heartbeat", name }),
      }),
    readNotification,
    relays: alerting.relays,
    actions: alerting.actions,
    maintenance: alerting.maintenance,
  });

  return {
    listener,
    apply(config) {
      apply(config);
      options.history.record({ kind: "reload", at: clock.now(), subject: "", to: "success" });
    },
    report(component, report) {
      const taken = components.report(component, report);
      return "refused" in taken ? taken.refused : undefined;
    },
    async stop() {
      stopping = true;
      scheduler.stop();
      tiers.stop();
      driver.stop();
      pushes.stop();
      watch.stop();
      events.close();
      self.stop();
      // Prompts end before the lease is given up, lest another replica sends its own beside them.
      await Promise.all([engine.shutdown(), webhooks.stop(), alerting.stop()]);
      await election.stop();
      useModules(new Set());
    },
  };
}

const metricsByName = new Map(metrics.map((metric) => [metric.name, metric]));

/** Says once per window that probes are skipped, and not with each of them. */
function announcer(log: Log): (target: string | undefined, module: string, skip: Skip) => void {
  const announced = new Map<string, string>();
  return (target, module, { reason, detail, until }) => {
    const key = JSON.stringify([target, module]);
    const about = `${reason} ${until ?? ""}`;
    if (announced.get(key) === about) return;
    announced.set(key, about);
    log.warn({ module, reason, detail, ...defined({ target }) }, "probes are skipped");
  };
}

/** Whether the cost of a target is known before it is asked. */
function isPriced(target: Target, prices: Config["prices"]): boolean {
  const { prober, options } = target.module;
  const expected = prober.expectedSpend?.(target, options);
  return expected !== undefined && priceOf(prices, expected.requestedModel) !== undefined;
}

function logEffect(log: Log, { name }: Target, effect: FailoverEffect): void {
  switch (effect.kind) {
    case "mode":
      log.warn({ target: name, from: effect.from, to: effect.to, cause: effect.cause }, "mode changed");
      break;
    case "health":
      log.info({ target: name, from: effect.from, to: effect.to }, "health changed");
      break;
    case "force_ended":
      log.info({ target: name }, "mode is no longer forced");
      break;
    case "overdue":
      log.warn({ target: name, since: effect.since }, "fallback lasts longer than its max_duration");
      break;
  }
}
