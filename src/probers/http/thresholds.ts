import { defined } from "../../core/defined.ts";
import type { Sample } from "../../core/metric.ts";
import type { Degradation } from "../../core/prober.ts";
import type { ValueOptions } from "./schema.ts";
import { type Failure, failure } from "./transport/steps.ts";

/** The thresholds that a value exceeds, by their consequence. */
export interface Breaches {
  readonly failure?: Failure;
  readonly degraded?: Degradation;
}

/** Compares the samples of one entry with its thresholds. */
export type Thresholds = (samples: readonly Sample[]) => Breaches;

/** The numbers between which values are accepted. */
interface Range {
  readonly above: number | undefined;
  readonly below: number | undefined;
}

/** Compiles the thresholds of an entry, and reports those that no value can meet, or that have no effect. */
export function compileThresholds(
  entry: ValueOptions,
  problem: (key: string, got: string, want: string) => void,
): Thresholds {
  const { warn_above, warn_below, fail_above, fail_below, states, allow_missing } = entry;
  const warn: Range = { above: warn_above, below: warn_below };
  const fail: Range = { above: fail_above, below: fail_below };
  const first = (["warn_above", "warn_below", "fail_above", "fail_below"] as const).find(
    (key) => entry[key] !== undefined,
  );
  if (first === undefined) {
    if (allow_missing !== undefined)
      problem("allow_missing", String(allow_missing), "a threshold as well, such as warn_above");
    return () => ({});
  }
  if (states !== undefined)
    problem(first, "a threshold for states", "no states, because only numbers have thresholds");
  checkOrder(entry, problem);
  const excess = (samples: readonly Sample[], range: Range): string | undefined => {
    if (range.above === undefined && range.below === undefined) return undefined;
    if (samples.length === 0) {
      return allow_missing === true ? undefined : `the response has no number for ${entry.name}`;
    }
    for (const sample of samples) {
      const mismatch = excessOf(sample, range);
      if (mismatch !== undefined) return mismatch;
    }
    return undefined;
  };
  return (samples) => {
    const failed = excess(samples, fail);
    const warned = excess(samples, warn);
    const reason = entry.header === undefined ? "body_mismatch" : "header_mismatch";
    return defined({
      failure: failed === undefined ? undefined : failure(reason, failed),
      degraded: warned === undefined ? undefined : { reason: "threshold" as const, detail: warned },
    });
  };
}

/** Reports thresholds in the wrong order. */
function checkOrder(entry: ValueOptions, problem: (key: string, got: string, want: string) => void): void {
  for (const [low, high, text] of [
    ["warn_above", "fail_above", "at most fail_above"],
    ["fail_below", "warn_below", "at most warn_below"],
    ["warn_below", "warn_above", "at most warn_above"],
    ["fail_below", "fail_above", "at most fail_above"],
    ["fail_below", "warn_above", "at most warn_above"],
    ["warn_below", "fail_above", "at most fail_above"],
  ] as const) {
    const [lower, upper] = [entry[low], entry[high]];
    if (lower === undefined || upper === undefined || lower <= upper) continue;
    return problem(low, String(lower), `${text}, ${upper}`);
  }
}

function excessOf({ metric, value, labels = {} }: Sample, { above, below }: Range): string | undefined {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
  const series = pairs.length === 0 ? metric.name : `${metric.name}{${pairs.join(",")}}`;
  if (above !== undefined && value > above) return `${series} is ${value}, want at most ${above}`;
  if (below !== undefined && value < below) return `${series} is ${value}, want at least ${below}`;
  return undefined;
}
