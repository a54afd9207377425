import { catalogue } from "../catalogue/index.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Outcome } from "../core/prober.ts";
import type { AgedResult, Skip } from "../core/result.ts";
import { isStale, MODES, TARGET_STATUSES, type TargetStatus, targetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { FailoverState } from "../failover/machine.ts";
import { type Family, labelled, type Row, single } from "./families.ts";
import { renderPairs } from "./format.ts";
import type { Tally } from "./tallies.ts";

/** The labels of every series about a configured target on `/metrics`. */
export interface TargetLabels extends Readonly<Record<string, string>> {
  readonly target: string;
  readonly module: string;
}

/** Returns the labels of a target's series. */
export const targetLabels = ({ name, module }: Target): TargetLabels => ({
  target: name,
  module: module.name,
});

/** A configured target at one moment: its newest result, if there is one, and its state. */
export interface TargetSnapshot {
  readonly target: Target;
  readonly newest: AgedResult | undefined;
  readonly state: FailoverState;
  /** Set while it is not probed. */
  readonly skipped?: Skip | undefined;
  /** Remainder of its budgets. */
  readonly remaining: RemainingBudget;
  /** Outcome of the last check of each tier, by name. */
  readonly tiers: ReadonlyMap<string, Outcome>;
  readonly tally: Tally | undefined;
  /** True if a maintenance window is open; `undefined` for a target without one. */
  readonly inMaintenance: boolean | undefined;
}

/** A target at one moment, ready to be rendered. */
export interface TargetRow extends Row {
  readonly snapshot: TargetSnapshot;
  /** True if its last result is too old to tell its health. */
  readonly stale: boolean;
  readonly status: TargetStatus;
}

/** Makes the row of a target. */
export function targetRow(snapshot: TargetSnapshot, now: Timestamp): TargetRow {
  const { target, state, newest } = snapshot;
  return {
    labels: renderPairs(targetLabels(target)),
    snapshot,
    stale: isStale(target, state, now),
    status: targetStatus(target, state, newest?.result, now),
  };
}

/** Reports whether this replica knows the state of a target. If only the leader does, the last state here could contradict it. */
export const hasState = ({ snapshot: { skipped, newest } }: TargetRow): boolean =>
  skipped?.reason !== "not_leader" || newest !== undefined;

type TargetFamily = Family<TargetRow>;

/** Makes a family of targets with failover. */
const ofFailover = ({ metric, lines }: TargetFamily): TargetFamily => ({
  metric,
  lines: (row, writer) => (row.snapshot.target.failover === undefined ? "" : lines(row, writer)),
});

/** The metrics of a target's budgets. */
export const BUDGET_FAMILIES: readonly TargetFamily[] = [
  single(catalogue.llmBudgetTokens, ({ snapshot }) => snapshot.remaining.tokens),
  single(catalogue.llmBudgetDollars, ({ snapshot }) => snapshot.remaining.dollars),
];

/** The metrics of a target's state. */
export const STATE_FAMILIES: readonly TargetFamily[] = [
  labelled(catalogue.llmTier, "tier", function* tierValues({ snapshot }) {
    for (const [tier, { ok }] of snapshot.tiers) yield [tier, Number(ok)];
  }),
  single(catalogue.consecutiveFailures, ({ snapshot }) => snapshot.state.consecutiveFailures),
  single(catalogue.consecutiveSuccesses, ({ snapshot }) => snapshot.state.consecutiveSuccesses),
  single(catalogue.modelAvailable, ({ snapshot: { state }, stale }) =>
    state.modelAvailable === undefined || stale ? undefined : Number(state.modelAvailable),
  ),
  single(catalogue.targetHealthy, ({ snapshot: { state }, stale }) =>
    state.health === "unknown" || stale ? undefined : Number(state.health === "healthy"),
  ),
  labelled(catalogue.targetStatus, "status", ({ status }) =>
    TARGET_STATUSES.map((one) => [one, Number(one === status)]),
  ),
  single(catalogue.lastProbe, ({ snapshot }) => snapshot.state.lastProbeAt),
  single(catalogue.lastSuccess, ({ snapshot }) => snapshot.state.lastSuccessAt),
  labelled(catalogue.lastFailure, "reason", ({ snapshot: { state } }) =>
    state.lastFailure === undefined ? [] : [[state.lastFailure.reason, state.lastFailure.at]],
  ),
  ofFailover(
    labelled(catalogue.currentMode, "mode", ({ snapshot }) =>
      MODES.map((mode) => [mode, Number(mode === snapshot.state.mode)]),
    ),
  ),
  ofFailover(single(catalogue.modeSince, ({ snapshot }) => snapshot.state.modeSince)),
  ofFailover(single(catalogue.modeForced, ({ snapshot }) => Number(snapshot.state.forced !== undefined))),
  ofFailover(
    labelled(catalogue.failoverEvents, "type", ({ snapshot: { state } }) => [
      ["triggered", state.triggered],
      ["recovered", state.recovered],
    ]),
  ),
];

/** The metrics of a target's configuration. */
export const CONFIGURED_FAMILIES: readonly TargetFamily[] = [
  single(catalogue.interval, ({ snapshot }) => snapshot.target.interval),
  single(catalogue.failureThreshold, ({ snapshot }) => snapshot.target.thresholds.failures),
  single(catalogue.healthyThreshold, ({ snapshot: { target } }) =>
    target.series.details ? target.thresholds.successes : undefined,
  ),
  single(catalogue.expectedDuration, ({ snapshot }) => snapshot.target.expectedDuration),
  single(catalogue.sloObjective, ({ snapshot }) => snapshot.target.sloObjective),
  single(catalogue.failoverMaxDuration, ({ snapshot }) => snapshot.target.failover?.maxDuration),
  {
    metric: catalogue.targetInfo,
    lines({ snapshot: { target } }, writer) {
      const facts = { critical: String(target.critical), kind: target.module.prober.kind };
      const labels = { ...target.labels, ...targetLabels(target), ...facts };
      return writer.line(catalogue.targetInfo.name, renderPairs(labels), 1);
    },
  },
];

/** The metrics of a target's maintenance windows. */
export const MAINTENANCE_FAMILIES: readonly TargetFamily[] = [
  single(catalogue.targetMaintenance, ({ snapshot: { inMaintenance } }) =>
    inMaintenance === undefined ? undefined : Number(inMaintenance),
  ),
];
