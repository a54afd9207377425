import { type Clock, systemClock } from "../core/clock.ts";
import { createMemory, retainKeys, type StateStore } from "../core/memory.ts";
import type { Prober } from "../core/prober.ts";
import { ALERTED_REASONS, ENGINE_REASONS, type FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { count, newTally, readTally, type Tally, type TallyPlan } from "./tallies.ts";

/** Counters and histograms over all results of configured targets. */
export interface Totals {
  /**
   * Counts a result.
   * @param dollars the cost of the probe, if known
   */
  observe(target: Target, result: Result, dollars?: number): void;
  /**
   * Replaces the list of targets: starts the counters of new targets at 0, or at their values before a restart, and drops
   * those of removed targets.
   * @param priced whether the cost of a target's probes is known
   */
  setTargets(targets: readonly Target[], priced?: (target: Target) => boolean): void;
  /** Returns the tally of a target; `undefined` if it is not configured. */
  tally(target: Target): Tally | undefined;
}

/** The tally of a target with a prober, whose reasons it counts. */
interface TargetTotals {
  readonly prober: Prober;
  readonly plan: TallyPlan;
  tally: Tally;
}

/** @param store keeps tallies over a restart */
export function createTotals(
  store: StateStore = createMemory().namespace("totals"),
  clock: Pick<Clock, "now"> = systemClock,
): Totals {
  let known = new Map<string, TargetTotals>();

  const totalsOf = (key: string, target: Target): TargetTotals => {
    const plan: TallyPlan = { reasons: startingReasons(target), histograms: target.series.histograms };
    return {
      prober: target.module.prober,
      plan,
      tally: readTally(store.get(key), plan) ?? newTally(plan, clock.now()),
    };
  };

  return {
    observe(target, result, dollars) {
      const key = keyOf(target);
      const totals = known.get(key);
      if (totals === undefined) return;
      totals.tally = count(totals.tally, result, totals.plan.histograms, dollars);
      store.put(key, totals.tally);
    },
    setTargets(targets, priced = () => false) {
      const next = new Map<string, TargetTotals>();
      for (const target of targets) {
        const key = keyOf(target);
        const before = known.get(key);
        const totals = before !== undefined && isSame(before, target) ? before : totalsOf(key, target);
        next.set(key, totals);
        if (totals.tally.dollars === undefined && priced(target))
          totals.tally = { ...totals.tally, dollars: 0 };
      }
      known = next;
      retainKeys(store, known);
    },
    tally: (target) => known.get(keyOf(target))?.tally,
  };
}

/** Returns true if a target still counts the same: another prober has other reasons. */
const isSame = ({ prober, plan }: TargetTotals, { module, series }: Target): boolean =>
  prober === module.prober && plan.histograms.join() === series.histograms.join();

/** Returns the reasons that alerts read, if probes of a target can fail for them. */
function startingReasons({ module }: Target): readonly FailureReason[] {
  const possible = new Set<FailureReason>([...module.prober.reasons, ...ENGINE_REASONS]);
  return ALERTED_REASONS.filter((reason) => possible.has(reason));
}

const keys = new WeakMap<Target, string>();

function keyOf(target: Target): string {
  const known = keys.get(target);
  if (known !== undefined) return known;
  const key = JSON.stringify([target.name, target.module.name]);
  keys.set(target, key);
  return key;
}
