import { catalogue } from "../catalogue/index.ts";
import { createMemory, retainKeys, type StateStore } from "../core/memory.ts";
import type { Metric } from "../core/metric.ts";
import { ENGINE_REASONS, FAILURE_REASONS, type FailureReason } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { escapeHelp } from "./exposition.ts";
import { count, newTally, readTally, type Tally } from "./tallies.ts";
import { TALLY_FAMILIES } from "./tally-text.ts";
import { type TargetLabels, targetLabels } from "./targets.ts";

/** Counters and histograms over all results of configured targets. */
export interface Totals {
  /** @param dollars what the probe cost, where that is known */
  observe(target: Target, result: Result, dollars?: number): void;
  /**
   * Starts the counters of new targets at 0, or where they were before a restart, and drops the series of those that are
   * gone.
   * @param priced whether what a target costs is known
   */
  setTargets(targets: readonly Target[], priced?: (target: Target) => boolean): void;
  /** The series in the text format. */
  text(): Promise<string>;
}

/** What is counted of a target, and its lines: most targets do not change between two scrapes, most counters never. */
interface TargetTotals {
  readonly labels: TargetLabels;
  tally: Tally;
  /** By metric; absent where something was counted since. */
  readonly lines: Map<Metric, string>;
}

/** @param shelf where everything is kept over a restart */
export function createTotals(shelf: StateStore = createMemory().namespace("totals")): Totals {
  let known = new Map<string, TargetTotals>();

  const begin = (key: string, target: Target): TargetTotals => {
    const reasons = reasonsOf(target);
    return {
      labels: targetLabels(target),
      tally: readTally(shelf.get(key), reasons) ?? newTally(reasons),
      lines: new Map(),
    };
  };

  return {
    observe(target, result, dollars) {
      const key = keyOf(target);
      const counted = known.get(key);
      if (counted === undefined) return;
      const { next, changed } = count(counted.tally, result, dollars);
      counted.tally = next;
      for (const metric of changed) counted.lines.delete(metric);
      shelf.put(key, next);
    },
    setTargets(targets, priced = () => false) {
      known = new Map(
        targets.map((target) => {
          const key = keyOf(target);
          return [key, known.get(key) ?? begin(key, target)];
        }),
      );
      for (const target of targets) {
        const counted = known.get(keyOf(target));
        if (counted === undefined || counted.tally.dollars !== undefined || !priced(target)) continue;
        counted.tally = { ...counted.tally, dollars: 0 };
        counted.lines.delete(catalogue.llmCost);
      }
      retainKeys(shelf, known);
    },
    async text() {
      let out = "";
      for (const { metric, lines } of TALLY_FAMILIES) {
        let family = "";
        for (const counted of known.values()) {
          let own = counted.lines.get(metric);
          if (own === undefined) {
            own = lines(counted.tally, counted.labels);
            counted.lines.set(metric, own);
          }
          family += own;
        }
        if (family === "") continue;
        const { name, help, type } = metric;
        out += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${family}`;
      }
      return out;
    },
  };
}

/** The reasons with which probes of a target can fail, in the order of the list of all. */
function reasonsOf({ module }: Target): readonly FailureReason[] {
  const possible = new Set<FailureReason>([...module.prober.reasons, ...ENGINE_REASONS]);
  return FAILURE_REASONS.filter((reason) => possible.has(reason));
}

const keyOf = (target: Target): string => JSON.stringify([target.name, target.module.name]);
