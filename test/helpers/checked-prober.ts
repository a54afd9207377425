import type { Metric } from "../../src/core/metric.ts";
import type { Prober } from "../../src/core/prober.ts";

/**
 * Wraps a prober so that a probe rejects if it fails for a reason, or has a sample of a metric, that the prober does not
 * list, or a sample without the labels of its metric.
 * @param userDefined whether users name this metric in a configuration
 */
export function checkedProber<Options, Module>(
  prober: Prober<Options, Module>,
  userDefined: (metric: Metric) => boolean = () => false,
): Prober<Options, Module> {
  const listed = new Set(prober.metrics);
  return {
    ...prober,
    async probe(target, module, context) {
      const result = await prober.probe(target, module, context);
      const { outcome, samples } = result;
      if (!outcome.ok && !prober.reasons.includes(outcome.reason))
        throw new Error(`prober ${prober.kind} failed with ${outcome.reason}, which it does not list`);
      for (const { metric, labels = {} } of samples) {
        if (!listed.has(metric) && !userDefined(metric))
          throw new Error(`prober ${prober.kind} has a sample of ${metric.name}, which it does not list`);
        if (!userDefined(metric) && Object.keys(labels).toSorted().join() !== metric.labels.toSorted().join())
          throw new Error(`${metric.name} has the labels ${Object.keys(labels).join()}`);
      }
      return result;
    },
  };
}
