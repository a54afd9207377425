import { catalogue } from "../catalogue/index.ts";
import type { ExpositionFormat } from "../core/exposition-format.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Outcome } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import type { FailoverState } from "../failover/machine.ts";
import { createExposition, type Exposition } from "./exposition.ts";
import { type Exemplar, type LineWriter, renderPairs, writerOf } from "./format.ts";
import { beatSamples } from "./heartbeats.ts";
import type { Tally } from "./tallies.ts";
import { type TallyRow, tallyParts } from "./tally-text.ts";
import {
  configuredSamples,
  remainingSamples,
  stateSamples,
  targetLabels,
  tierSamples,
  withoutDetails,
} from "./targets.ts";

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

/** Renders the response to `/probe`: one result, without labels for its target, or the reason why there is none. */
export function resultText(shown: AgedResult | Skip, format?: ExpositionFormat): string {
  const exposition = createExposition();
  let exemplar: Exemplar | undefined;
  if ("result" in shown) {
    const { result, age } = shown;
    exposition.add(resultSamples(result, age));
    for (const beat of result.beats ?? []) exposition.add(beatSamples(beat, after(result.endedAt, age)));
    // Other results are restored, or stand for a missing one.
    if (result.id > 0) exemplar = { traceId: result.id, value: 1, at: result.endedAt };
  }
  exposition.add(skipSamples("result" in shown ? shown.skipped : shown));
  return exposition.text(format, exemplar) + writerOf(format).end;
}

/** All targets for a page. */
export interface TargetsPart {
  readonly targets: readonly TargetSnapshot[];
  readonly now: Timestamp;
  /** Returns the recent results of a target whose logs are kept, newest first. */
  readonly recent: (target: Target) => readonly Result[];
}

/** Number of targets whose samples are collected between two parts. */
const PER_PART = 20;

/**
 * Renders the section of `/metrics` about configured targets in parts, metric by metric. Heartbeats that they read are in the
 * section of heartbeats.
 */
export function* targetParts({ targets, now, recent }: TargetsPart, writer: LineWriter): Generator<string> {
  /** Renders metrics that no other pass has. The samples of one pass exist at a time. */
  function* pass(add: (exposition: Exposition, snapshot: TargetSnapshot) => void): Generator<string> {
    const exposition = createExposition();
    for (const [i, snapshot] of targets.entries()) {
      add(exposition, snapshot);
      if (i % PER_PART === 0) yield "";
    }
    yield* exposition.parts(writer);
  }

  yield* pass((exposition, { target, newest, skipped }) => {
    const labels = targetLabels(target);
    if (newest !== undefined)
      exposition.add(withoutDetails(target, resultSamples(newest.result, newest.age)), labels);
    exposition.add(skipSamples(skipped), labels);
  });
  yield* pass((exposition, snapshot) => {
    exposition.add(remainingSamples(snapshot.target, snapshot.remaining));
    if (!isOutdated(snapshot)) exposition.add(tierSamples(snapshot.target, snapshot.tiers));
  });
  yield* pass((exposition, snapshot) => {
    const { target, state, newest } = snapshot;
    if (!isOutdated(snapshot)) exposition.add(stateSamples(target, state, newest?.result, now));
  });
  yield* pass((exposition, { target }) => exposition.add(configuredSamples(target)));

  const rows: TallyRow[] = [];
  for (const { target, tally } of targets) {
    if (tally === undefined) continue;
    rows.push({ labels: renderPairs(targetLabels(target)), tally, recent: recent(target) });
    if (rows.length % PER_PART === 0) yield "";
  }
  yield* tallyParts(rows, writer);

  yield* pass((exposition, { target, inMaintenance }) => {
    if (inMaintenance === undefined) return;
    exposition.add([sample(catalogue.targetMaintenance, Number(inMaintenance), targetLabels(target))]);
  });
}

/** Reports whether the leader knows the state of the target: the last state of this replica could contradict it. */
const isOutdated = ({ skipped, newest }: TargetSnapshot): boolean =>
  skipped?.reason === "not_leader" && newest === undefined;

/** Makes the samples of one result of age `age`: those of every result, then the prober's. Its heartbeats are separate. */
export function* resultSamples(
  { outcome, degraded, duration, timeout, samples, coldStart }: Result,
  age: Seconds,
): Generator<Sample> {
  yield sample(catalogue.probeSuccess, outcome.ok ? 1 : 0);
  yield sample(catalogue.probeDuration, duration);
  yield sample(catalogue.probeTimeout, timeout);
  yield sample(catalogue.probeResultAge, age);
  if (!outcome.ok) yield sample(catalogue.probeFailureReason, 1, { reason: outcome.reason });
  else if (degraded !== undefined)
    yield sample(catalogue.probeDegradedReason, 1, { reason: degraded.reason });
  if (coldStart !== undefined) yield sample(catalogue.coldStart, Number(coldStart));
  yield* samples;
}

/** Makes the sample that marks a result as the last one while probes are skipped. */
const skipSamples = (skip: Skip | undefined): readonly Sample[] =>
  skip === undefined ? [] : [sample(catalogue.probeSkipped, 1, { reason: skip.reason })];
