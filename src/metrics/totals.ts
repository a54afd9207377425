import { Counter, Histogram, Registry } from "prom-client";
import { catalogue } from "../catalogue.ts";
import type { Metric } from "../core/metric.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { type TargetLabels, targetLabels } from "./targets.ts";

/** Counters and histograms over all results of configured targets. */
export interface Totals {
  /** @param dollars what the probe cost, where that is known */
  observe(target: Target, result: Result, dollars?: number): void;
  /**
   * Starts the counters of new targets at 0 and drops the series of those that are gone.
   * @param priced whether what a target costs is known
   */
  setTargets(targets: readonly Target[], priced?: (target: Target) => boolean): void;
  /** The series in the text format. */
  text(): Promise<string>;
}

export function createTotals(): Totals {
  const registry = new Registry();
  const counter = (metric: Metric) =>
    new Counter({
      name: metric.name,
      help: metric.help,
      labelNames: [...metric.labels],
      registers: [registry],
    });
  const histogram = (metric: Metric) =>
    new Histogram({
      name: metric.name,
      help: metric.help,
      labelNames: [...metric.labels],
      buckets: [...(metric.buckets ?? [])],
      registers: [registry],
    });

  const probes = counter(catalogue.healthChecks);
  const durations = histogram(catalogue.healthCheckDuration);
  const failures = counter(catalogue.failures);
  const tokens = counter(catalogue.llmTokensTotal);
  const cost = counter(catalogue.llmCost);
  const firstToken = histogram(catalogue.llmFirstTokenHistogram);
  const interToken = histogram(catalogue.llmInterTokenHistogram);

  /** What a prober reports per probe and is summed up here. */
  const summed = new Map<Metric, (value: number, labels: TargetLabels & Record<string, string>) => void>([
    [catalogue.llmTokens, (value, labels) => tokens.inc(labels, value)],
    [catalogue.llmFirstToken, (value, labels) => firstToken.observe(labels, value)],
    [catalogue.llmInterToken, (value, labels) => interToken.observe(labels, value)],
  ]);

  let known = new Map<string, TargetLabels>();

  return {
    observe(target, { outcome, duration, samples, coldStart = false }, dollars) {
      const labels = targetLabels(target);
      const status = outcome.ok ? "success" : "failure";
      probes.inc({ ...labels, status });
      if (!coldStart) durations.observe({ ...labels, status }, duration);
      if (!outcome.ok) failures.inc({ ...labels, reason: outcome.reason });
      if (dollars !== undefined) cost.inc(labels, dollars);
      for (const { metric, value, labels: own } of samples) {
        // How long a model takes to wake up says nothing of how fast it is.
        if (!coldStart || (metric !== catalogue.llmFirstToken && metric !== catalogue.llmInterToken))
          summed.get(metric)?.(value, { ...labels, ...own });
      }
    },
    setTargets(targets, priced = () => false) {
      const before = known;
      known = new Map(targets.map((target) => [JSON.stringify(targetLabels(target)), targetLabels(target)]));
      for (const [key, labels] of known) {
        if (before.has(key)) continue;
        for (const status of ["success", "failure"]) {
          probes.inc({ ...labels, status }, 0);
          durations.zero({ ...labels, status });
        }
        for (const reason of FAILURE_REASONS) failures.inc({ ...labels, reason }, 0);
      }
      for (const target of targets) if (priced(target)) cost.inc(targetLabels(target), 0);
      const gone = [...before].filter(([key]) => !known.has(key)).map(([, labels]) => labels);
      if (gone.length > 0)
        for (const metric of [probes, durations, failures, tokens, cost, firstToken, interToken])
          void drop(metric, gone);
    },
    text: () => registry.metrics(),
  };
}

/** prom-client removes single label sets only, so the ones of a target have to be looked up. */
async function drop(metric: Counter | Histogram, targets: readonly TargetLabels[]): Promise<void> {
  const gone = new Set(targets.map(({ target, module }) => JSON.stringify([target, module])));
  const { values } = await metric.get();
  for (const { labels } of values) {
    const { le: _le, ...own } = labels as Record<string, string>;
    if (gone.has(JSON.stringify([own["target"], own["module"]]))) metric.remove(own);
  }
}
