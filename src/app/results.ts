import { defined } from "../core/defined.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Presence } from "../core/presence.ts";
import type { Result } from "../core/result.ts";
import { redactAddress } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import { seconds, timestamp } from "../core/units.ts";
import type { ProbeRequest } from "../engine/probe-request.ts";
import type { ProbeRates } from "../engine/process-stats.ts";
import type { RecentProbes } from "../engine/recent-probes.ts";
import type { Conditions } from "../events/conditions.ts";
import type { Watch } from "../events/watch.ts";
import type { Driver } from "../failover/driver.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import type { Totals } from "../metrics/totals.ts";
import { certificateMetrics } from "../probers/certificates.ts";
import type { Routes } from "../routing/routes.ts";
import type { Budgets } from "./budgets.ts";
import type { ConfigIndex } from "./config-index.ts";
import { toHistoryEntry } from "./history-entries.ts";
import { logProbe, type ProbeLog } from "./log-probe.ts";

/** A result on its way through the stages. */
export interface ResultContext {
  readonly request: ProbeRequest;
  readonly result: Result;
  /** Absent for an address that is not configured. */
  readonly target?: Target;
  /** Name of the target, or the address without its password. */
  readonly name: string;
  /** Cost of the probe, if it is known. */
  readonly dollars?: number;
}

/** Handles a result and returns it for the next stage, or returns `undefined` if no later stage should see it. */
export type Stage = (context: ResultContext) => ResultContext | undefined;

/** The parts of the exporter that handle results. */
export interface ResultParts {
  readonly log: Log;
  readonly probeLog: ProbeLog;
  readonly index: ConfigIndex;
  readonly history: History;
  readonly budgets: Budgets;
  readonly rates: ProbeRates;
  readonly recentProbes: RecentProbes;
  readonly totals: Totals;
  readonly maintenance: Maintenance;
  readonly presence: Pick<Presence, "absenceSince">;
  readonly driver: Driver;
  readonly watch: Pick<Watch, "target">;
  readonly routes: Pick<Routes, "evaluate">;
  readonly conditions: Pick<Conditions, "certificate">;
}

/** Tiers are logged before they are dropped. */
const logTiers = (parts: ResultParts): Stage =>
  passing((context) => {
    if (context.request.tier === true) logProbe(parts.probeLog, context);
  });

/** The result of a tier is not one of its target. */
const dropTiers = (): Stage => (context) => (context.request.tier === true ? undefined : context);

const charge =
  ({ budgets }: ResultParts): Stage =>
  (context) => ({ ...context, ...defined({ dollars: budgets.charge(context.request, context.result) }) });

const log = (parts: ResultParts): Stage => passing((context) => logProbe(parts.probeLog, context));

/** Most warnings that are remembered as logged. Beyond that all may be logged again. */
const MOST_WARNINGS = 10_000;

/** Logs each warning about a target once, because a prober returns it with each result. */
const warnOnce = (parts: ResultParts): Stage => {
  const logged = new Set<string>();
  return passing(({ name, request, result: { warnings = [] } }) => {
    for (const { topic, message } of warnings) {
      const key = JSON.stringify([request.module.name, name, topic]);
      if (logged.has(key)) continue;
      if (logged.size >= MOST_WARNINGS) logged.clear();
      logged.add(key);
      parts.log.warn({ target: name, module: request.module.name }, message);
    }
  });
};

const remember = ({ rates, recentProbes }: ResultParts): Stage =>
  passing(({ name, request, result }) => {
    rates.record(result);
    recentProbes.add({ target: name, module: request.module, result });
  });

const total = ({ totals }: ResultParts): Stage =>
  forTargets((target, { result, dollars }) => totals.observe(target, result, dollars));

const append = ({ history }: ResultParts): Stage =>
  forTargets((target, { result, dollars }) => history.append(toHistoryEntry(target, result, dollars)));

/** A probe that fails while the exporter does not run, by its deadline for instance, has measured the exporter and not its target. */
const stopIfAbsent =
  ({ presence }: ResultParts): Stage =>
  (context) => {
    const { outcome, startedAt } = context.result;
    return !outcome.ok && presence.absenceSince(startedAt) > 0 ? undefined : context;
  };

/** Failures are expected during maintenance, so they affect neither streaks nor mode. */
const stopInMaintenance =
  ({ maintenance }: ResultParts): Stage =>
  (context) =>
    maintenance.covers({ kind: "target", name: context.name }) === true ? undefined : context;

const failover = ({ driver }: ResultParts): Stage =>
  forTargets((target, { result }) => driver.record(target, result));

const watchTarget = ({ watch }: ResultParts): Stage => forTargets(({ name }) => watch.target(name));

const chooseRoutes = ({ routes }: ResultParts): Stage => forTargets(() => routes.evaluate());

/** The warning comes as early as the alert HeartbeatCertificateExpiring. */
const watchCertificate = ({ conditions, index }: ResultParts): Stage =>
  forTargets(({ name, alertThresholds }, { result: { samples } }) => {
    const expiry = samples.find(
      ({ metric }) => metric.name === certificateMetrics.sslEarliestCertExpiry.name,
    );
    if (expiry === undefined) return;
    const warning = alertThresholds?.certificate_expiry ?? index.current().alertThresholds.certificate_expiry;
    conditions.certificate(name, timestamp(expiry.value), seconds(warning));
  });

/** The stages of each result, in order. Those after `remember` see results of configured targets only. */
const STAGES: readonly ((parts: ResultParts) => Stage)[] = [
  logTiers,
  dropTiers,
  charge,
  log,
  warnOnce,
  remember,
  total,
  append,
  stopIfAbsent,
  stopInMaintenance,
  failover,
  watchTarget,
  chooseRoutes,
  watchCertificate,
];

/** Returns the handler of results, which passes each through the stages. */
export function createResultHandler(parts: ResultParts): (request: ProbeRequest, result: Result) => void {
  const stages = STAGES.map((stage) => stage(parts));
  return (request, result) => {
    const target = parts.index.current().byIdentity.get(request.key);
    const name = target?.name ?? redactAddress(request.target.address);
    let context: ResultContext | undefined = { request, result, name, ...defined({ target }) };
    for (const stage of stages) {
      context = stage(context);
      if (context === undefined) return;
    }
  };
}

/** Returns the handler of probes that were due and that `Retry-After` of the target's last result holds back. */
export function createHeldHandler({
  index,
  maintenance,
  driver,
  watch,
}: ResultParts): (request: ProbeRequest, last: Result) => void {
  return (request, last) => {
    const target = request.tier === true ? undefined : index.current().byIdentity.get(request.key);
    if (target === undefined || maintenance.covers({ kind: "target", name: target.name }) === true) return;
    driver.hold(target, last);
    watch.target(target.name);
  };
}

/** Makes a stage that passes every result on. */
function passing(handle: (context: ResultContext) => void): Stage {
  return (context) => {
    handle(context);
    return context;
  };
}

/** Makes a stage that passes on only the results of configured targets. */
function forTargets(handle: (target: Target, context: ResultContext) => void): Stage {
  return (context) => {
    if (context.target === undefined) return undefined;
    handle(context.target, context);
    return context;
  };
}
