import { type ExpositionFormat, TEXT_FORMAT } from "../../src/core/exposition-format.ts";
import type { Result } from "../../src/core/result.ts";
import type { Target } from "../../src/core/target.ts";
import { renderPairs, writerOf } from "../../src/metrics/format.ts";
import { tallyParts } from "../../src/metrics/tally-text.ts";
import { targetLabels } from "../../src/metrics/targets.ts";
import type { Totals } from "../../src/metrics/totals.ts";

/**
 * Renders the counters and histograms of targets.
 * @param recent the results with which OpenMetrics illustrates them
 */
export function totalsText(
  totals: Totals,
  targets: readonly Target[],
  format: ExpositionFormat = TEXT_FORMAT,
  recent: readonly Result[] = [],
): string {
  const rows = targets.flatMap((target) => {
    const tally = totals.tally(target);
    return tally === undefined ? [] : [{ labels: renderPairs(targetLabels(target)), tally, recent }];
  });
  return [...tallyParts(rows, writerOf(format))].join("");
}
